"""The driver port over acsylla, the C++ driver, and cassandra-driver for what that one cannot do.

https://github.com/acsylla/acsylla, https://docs.datastax.com/en/developer/cpp-driver/. It gives all
it sends the time of this machine (its setting `server_side` raises), which orders nothing where a
statement is a read, is conditional, or has a time of its own; the rest must have the node's, and
goes the other way. The README of this package has the whole table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import acsylla
from acsylla.errors import (
    CassErrorLibNoHostsAvailable,
    CassErrorLibRequestTimedOut,
    CassException,
)

from ...errors import StoreUnavailable
from .cpp_errors import fault
from .python_driver import PythonDriver
from .session import Consistency, DriverFault, NotSent, Result, Statement, Value
from .url import Address

_LEVELS = {level: acsylla.Consistency[level.value] for level in Consistency}
# CASS_SSL_VERIFY_PEER_CERT and CASS_SSL_VERIFY_PEER_IDENTITY of cassandra.h: the first alone takes
# any certificate of the authority, the second any that names the address, whoever made it. In
# acsylla's SSLVerifyFlags both are 1.
_VERIFY = 1 | 2
_LOCAL_DATACENTER = Statement("SELECT data_center FROM system.local", Consistency.LOCAL_ONE)


class Fast:
    """A statement that acsylla executes. `twin`: the same for cassandra-driver."""

    __slots__ = ("columns", "parameters", "prepared", "session", "twin")

    def __init__(self, statement: Statement, session: Any, prepared: Any) -> None:
        self.session = session
        self.prepared = prepared
        self.parameters = statement.cql.count("?")
        # Names by their number: of a conditional statement they are one or all.
        self.columns: dict[int, tuple[str, ...]] = {}
        self.twin = Statement(
            statement.cql, statement.consistency, conditional=statement.conditional
        )

    def result(self, found: Any) -> Result:
        count = found.column_count()
        columns = self.columns.get(count)
        if columns is None:
            columns = self.columns[count] = tuple(found.columns_names())
        return Result(columns, [row.as_tuple() for row in found])


class CppDriver(PythonDriver):
    """`password` belongs to the address's user."""

    # After a request without an answer: this driver would ask the same node again.
    suspect_seconds: ClassVar[float] = 10.0

    def __init__(self, address: Address, password: str | None) -> None:
        super().__init__(address, password)
        self._fast_cluster: Any = None
        self._fast: Any = None
        self._suspect_until = 0.0

    async def open(self, seconds: float) -> None:
        await super().open(seconds)
        try:
            datacenter = self._address.local_dc
            if datacenter is None:
                found = await super().execute(_LOCAL_DATACENTER, (), seconds)
                datacenter = found.rows[0][0]
            cluster = configured(self._address, self._password, datacenter, seconds)
            self._fast = await connected(cluster, self._address)
        except (DriverFault, StoreUnavailable) as exc:
            await super().close()
            raise StoreUnavailable(str(exc)) from exc
        self._fast_cluster = cluster

    async def close(self) -> None:
        session, self._fast = self._fast, None
        try:
            if session is not None:
                with suppress(CassException):
                    await session.close()
                    # Its sockets to the event loop would stay. Not of one that is still in use.
                    self._fast_cluster.destroy()
        finally:
            await super().close()

    async def execute(
        self, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Result:
        session = self._fast
        fast = statement.prepared
        if fast.__class__ is not Fast or fast.session is not session:
            if session is None or not suits(statement):
                return await super().execute(statement, values, seconds)
            loop = asyncio.get_running_loop()
            end = loop.time() + seconds
            fast = await self._prepare_fast(session, statement, seconds)
            seconds = end - loop.time()
        if self._suspect_until:
            if asyncio.get_running_loop().time() < self._suspect_until:
                return await super().execute(fast.twin, values, seconds)
            self._suspect_until = 0.0
        if len(values) != fast.parameters:
            # What is left unset would keep its value.
            raise ValueError(f"{len(values)} values for {statement}")
        # None would be no limit at all.
        bound = fast.prepared.bind(tuple(values), timeout=max(seconds, 0.001))
        try:
            found = await session.execute(bound)
        except CassException as exc:
            if isinstance(exc, CassErrorLibRequestTimedOut):
                now = asyncio.get_running_loop().time()
                self._suspect_until = now + self.suspect_seconds
            elif isinstance(exc, CassErrorLibNoHostsAvailable):
                # Perhaps a node has forgotten it and cannot prepare it again: it can tell why.
                statement.prepared = None
            raise fault(exc, statement) from exc
        return fast.result(found)

    async def _prepare_fast(self, session: Any, statement: Statement, seconds: float) -> Fast:
        level = _LEVELS[statement.consistency]
        try:
            async with asyncio.timeout(seconds):
                prepared = await session.create_prepared(
                    statement.cql,
                    consistency=level,
                    serial_consistency=acsylla.Consistency.LOCAL_SERIAL,
                )
        except TimeoutError:
            raise NotSent(f"the statement was not prepared in {seconds:.1f} s") from None
        except CassException as exc:
            raise fault(exc, None) from exc
        fast = statement.prepared = Fast(statement, session, prepared)
        return fast


def suits(statement: Statement) -> bool:
    """Whether acsylla does the same with it as cassandra-driver."""
    if statement.raw:
        # It knows decimals, dates and times only as values, and not all of them.
        return False
    cql = statement.cql
    return statement.conditional or cql.startswith("SELECT ") or " USING TIMESTAMP ?" in cql


def configured(address: Address, password: str | None, datacenter: str, seconds: float) -> Any:
    """An acsylla.Cluster. Raises StoreUnavailable."""
    authority = None if address.ca is None else _authority(address.ca)
    cluster = acsylla.create_cluster(
        [host for host, _ in address.contact_points],
        port=address.contact_points[0][1],
        username=address.user,
        password=password,
        protocol_version=4,
        connect_timeout=seconds,
        request_timeout=seconds,
        resolve_timeout=seconds,
        log_level="disabled",
        load_balance_dc_aware=datacenter,
        # One coordinator for each key, as `routing` says.
        token_aware_routing_shuffle_replicas=False,
        retry_policy="fallthrough",
        exponential_reconnect_base_delay_ms=200,
        exponential_reconnect_max_delay_ms=2000,
        heartbeat_interval_sec=4,
        idle_timeout_sec=8,
        prepare_on_all_hosts=False,
        application_name="dynaspan",
    )
    if authority is not None:
        cluster.set_ssl(True, None, None, "", authority, _VERIFY)
    return cluster


async def connected(cluster: Any, address: Address) -> Any:
    """An acsylla.Session. Raises StoreUnavailable."""
    try:
        return await cluster.create_session()
    except CassException as exc:
        cluster.destroy()
        raise StoreUnavailable(
            f"the C++ driver finds no Cassandra node at {address}: {type(exc).__name__}: {exc}"
        ) from exc


def _authority(ca: Path) -> str:
    """Raises StoreUnavailable."""
    try:
        text = ca.read_text()
    except OSError as exc:
        raise StoreUnavailable(f"{ca} cannot be read: {exc}") from exc
    if text.count("BEGIN CERTIFICATE") != 1:
        raise StoreUnavailable(f"driver=cpp takes one authority, and {ca} does not hold just one")
    return text
