"""The store over Amazon Keyspaces: `keyspaces://REGION?endpoint=…&ca=…&keyspace=…&sessions=…`

The same store as on Apache Cassandra, in the dialect of `keyspaces_statements`, through connections
of its own kind. KEYSPACES.md says what has been tried, and what has not.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

import boto3
from cassandra import AuthenticationFailed, ConsistencyLevel
from cassandra.auth import Authenticator, AuthProvider
from cassandra.cluster import NoHostAvailable
from cassandra_sigv4.auth import SigV4Authenticator

from ...clock import Clock
from ...config import ConfigError
from ...errors import StoreUnavailable
from ...faults import NO_FAULTS, Faults
from ...metrics import Metrics
from .. import base
from .keyspaces_statements import ACTIVE, Keyspaces
from .preflight import skew
from .python_driver import PythonDriver
from .session import Consistency, DriverFault, OutcomeUnknown, Result, Session, Statement, Value
from .store import TAKE_OVER_SECONDS, CassandraStore
from .url import Address, driver_name, flag, keyspace_name, parse_bounds

PORT = 9142
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_KEY = re.compile(r"arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/[\w-]+")
_MOST_SESSIONS = 64
# Of times given by writers two days are taken; an hour is for clocks that differ.
# https://docs.aws.amazon.com/keyspaces/latest/devguide/client-side-timestamps.html
OLDEST_SECONDS = 47 * 3600
_MOST_SKEW_SECONDS = 1.0
_MADE = re.compile(r"(CREATE|DROP) (KEYSPACE|TABLE) IF (?:NOT )?EXISTS ([\w.]+)")
_POLL_SECONDS = 0.05
_LONGEST_POLL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Region:
    """What a URL says. server_name: in the certificate. sessions: of this process; a node takes
    3,000 statements a second on one connection, and a session has one to each node. key: the ARN
    of the KMS key that tables are made with; None is a key of AWS's."""

    name: str
    address: Address
    server_name: str
    sessions: int = 3
    recovery: bool = False
    key: str | None = None


def parse(url: str) -> Region:
    """Raises ConfigError."""
    try:
        return _parse(url)
    except ValueError as fault:
        raise ConfigError(f"store: {fault}") from None


def _parse(url: str) -> Region:
    parts = urlsplit(url)
    if not _REGION.fullmatch(parts.netloc) or parts.path.strip("/"):
        raise ValueError(f"a Keyspaces store URL is keyspaces://REGION, not {url.split('?')[0]}")
    region = parts.netloc
    options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    name = f"cassandra.{region}.{domain}"
    endpoint = urlsplit("//" + options.pop("endpoint", name))
    if not endpoint.hostname:
        raise ValueError("endpoint is HOST or HOST:PORT")
    host = endpoint.hostname
    ca = options.pop("ca", None)
    sessions = options.pop("sessions", "3")
    if not sessions.isdigit() or not 1 <= int(sessions) <= _MOST_SESSIONS:
        raise ValueError(f"sessions is a number from 1 to {_MOST_SESSIONS}, not {sessions!r}")
    address = Address(
        contact_points=((host, endpoint.port or PORT),),
        ca=None if ca is None else Path(ca),
        keyspace=keyspace_name(options.pop("keyspace", "dynaspan")),
        allow_paxos_v1=True,
        bounds=parse_bounds(options),
    )
    # A name is the one to be proved; an address is that of a tunnel to the region's endpoint.
    by_address = host.replace(".", "").isdigit() or ":" in host
    found = Region(
        name=region,
        address=address,
        server_name=name if by_address else host,
        sessions=int(sessions),
        recovery=flag("recovery", options.pop("recovery", "false")),
        key=_key(options.pop("key", None)),
    )
    if driver_name(options.pop("driver", "auto")) == "cpp":
        raise ValueError("driver=cpp cannot sign in to Amazon Keyspaces: use driver=python")
    if options:
        raise ValueError(f"a Keyspaces store URL has no parameter {', '.join(sorted(options))}")
    return found


def _key(arn: str | None) -> str | None:
    # It becomes a part of statements.
    if arn is not None and not _KEY.fullmatch(arn):
        raise ValueError(f"key is the ARN of a KMS key, not {arn!r}")
    return arn


class KeyspacesStore(CassandraStore):
    """`url` as above, all else as for CassandraStore. Credentials are those that boto3 finds."""

    capabilities = replace(
        CassandraStore.capabilities, batches=False, streams=False, transactions=False
    )

    def __init__(
        self,
        url: str,
        *,
        clock: Clock,
        metrics: Metrics,
        faults: Faults = NO_FAULTS,
        deadline: float = 5.0,
        session: Session | None = None,
        patience: float = TAKE_OVER_SECONDS,
    ) -> None:
        region = parse(url)
        super().__init__(
            region.address,
            clock=clock,
            metrics=metrics,
            faults=faults,
            deadline=deadline,
            session=session or KeyspacesSession(region, clock),
            patience=patience,
            dialect=Keyspaces(recovery=region.recovery, key=region.key),
        )

    async def examine(self) -> list[base.Finding]:
        seconds = await skew(self._patient, self._clock)
        sentence = f"this machine's clock and that of Amazon Keyspaces differ by {seconds:.1f} s"
        remedy = "synchronize this machine's clock" if seconds > _MOST_SKEW_SECONDS else None
        return [base.Finding("clock", sentence, remedy)]


class KeyspacesSession:
    """Several sessions taken in turn, each with a connection to every node: a Session."""

    def __init__(self, region: Region, clock: Clock) -> None:
        self._clock = clock
        self._drivers = [KeyspacesDriver(region) for _ in range(region.sessions)]
        self._turn = count()

    async def open(self, seconds: float) -> None:
        # All or none: a session that is open twice would leave its first connections behind.
        opening = (driver.open(seconds) for driver in self._drivers)
        failed = [
            fault
            for fault in await asyncio.gather(*opening, return_exceptions=True)
            if fault is not None
        ]
        if failed:
            await self.close()
            raise failed[0]

    async def close(self) -> None:
        await asyncio.gather(*(driver.close() for driver in self._drivers))

    async def execute(
        self, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Result:
        driver = self._drivers[next(self._turn) % len(self._drivers)]
        if "USING TIMESTAMP ?" in statement.cql:
            oldest = int((self._clock.time() - OLDEST_SECONDS) * 1_000_000)
            values = not_before(oldest, statement.cql, values)
        return await driver.execute(statement, values, seconds)

    async def ask_each(self, cql: str, seconds: float) -> dict[str, Result | DriverFault]:
        return await self._drivers[0].ask_each(cql, seconds)

    async def execute_ddl(self, cql: str, seconds: float) -> None:
        """The service says yes at once and does it later: it is asked until it is done.

        https://docs.aws.amazon.com/keyspaces/latest/devguide/tables-create.html
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        await self._drivers[0].change_schema(cql, seconds)
        found = _MADE.match(cql)
        if found is None:
            raise ValueError(f"no change of the schema that this dialect makes: {cql}")
        verb, kind, name = found.groups()
        pause = _POLL_SECONDS
        while await self._status(kind, name, end - loop.time()) != (
            ACTIVE if verb == "CREATE" else None
        ):
            if loop.time() + pause >= end:
                raise OutcomeUnknown(f"{verb} {kind} {name} is not done yet")
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_POLL_SECONDS)

    async def refresh_keyspace(self, keyspace: str) -> None:
        """The nodes are load balancers: none is a better one for a key."""

    async def datacenters(self) -> dict[str, int]:
        return {}

    async def _status(self, kind: str, name: str, seconds: float) -> str | None:
        """None if there is no such thing. A keyspace is visible when it may be used."""
        keyspace, _, table = name.partition(".")
        if kind == "KEYSPACE":
            rows = (await self.execute(_KEYSPACE, (keyspace,), max(seconds, 0.1))).rows
            return ACTIVE if rows else None
        rows = (await self.execute(_TABLE, (keyspace, table), max(seconds, 0.1))).rows
        return rows[0][0] if rows else None


def not_before(oldest: int, cql: str, values: Sequence[Value]) -> Sequence[Value]:
    """`values` of a write USING TIMESTAMP ? with a time that the service takes.

    An old one is that of an item long written, given by the sweeper: what it must lose against has
    been written since the item was read, so it may as well be `oldest`.
    """
    at = 0 if cql.startswith("DELETE") else len(values) - 1
    time = values[at]
    if not isinstance(time, int) or time >= oldest:
        return values
    return (*values[:at], oldest, *values[at + 1 :])


_KEYSPACE = Statement(
    "SELECT keyspace_name FROM system_schema_mcs.keyspaces WHERE keyspace_name = ?",
    Consistency.LOCAL_QUORUM,
)
_TABLE = Statement(
    "SELECT status FROM system_schema_mcs.tables WHERE keyspace_name = ? AND table_name = ?",
    Consistency.LOCAL_QUORUM,
)


class KeyspacesDriver(PythonDriver):
    # A serial level is refused, and what was decided is shown at LOCAL_QUORUM.
    # https://docs.aws.amazon.com/keyspaces/latest/devguide/consistency.html
    levels: ClassVar[Mapping[Consistency, int]] = {
        **PythonDriver.levels,
        Consistency.LOCAL_SERIAL: ConsistencyLevel.LOCAL_QUORUM,
    }
    serial_level = None
    token_aware = False

    def __init__(self, region: Region) -> None:
        super().__init__(region.address, None)
        self._region = region

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._address.ca)

    def _tls_options(self) -> dict[str, str]:
        return {"server_hostname": self._region.server_name}

    def _credentials(self) -> AuthProvider:
        session = boto3.Session(region_name=self._region.name)
        if session.get_credentials() is None:
            raise StoreUnavailable("no AWS credentials were found to sign in to Amazon Keyspaces")
        return _Signing(session)

    def _sentence(self, exc: BaseException) -> str:
        reasons = [exc]
        if isinstance(exc, NoHostAvailable) and isinstance(exc.errors, dict):
            reasons = list(exc.errors.values()) or reasons
        refused = [reason for reason in reasons if isinstance(reason, AuthenticationFailed)]
        if refused:
            return f"Amazon Keyspaces at {self._address} refuses the credentials: {refused[0]}"
        return f"Amazon Keyspaces does not answer at {self._address}: {reasons[0]}"


class _Signing(AuthProvider):  # type: ignore[misc]
    def __init__(self, session: boto3.Session) -> None:
        self._session = session

    def new_authenticator(self, host: str) -> Authenticator:
        # In a thread of the driver's: credentials that have run out are fetched here, so that
        # answering the challenge, on the event loop, finds them fresh.
        credentials = self._session.get_credentials()
        if credentials is not None:
            credentials.get_frozen_credentials()
        return _Answering(self._session)


class _Answering(SigV4Authenticator):  # type: ignore[misc]
    def evaluate_challenge(self, challenge: bytes) -> str:
        # In the last half millisecond of a second the plugin writes "1000" of 999 milliseconds.
        while ".1000Z" in (answer := str(super().evaluate_challenge(challenge))):
            continue
        return answer
