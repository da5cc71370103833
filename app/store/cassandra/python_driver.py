"""The driver port over cassandra-driver, https://docs.datastax.com/en/developer/python-driver/.

The driver connects, follows the cluster and prepares, in threads of its own; its sockets are served
by the store's event loop (`loop_connection`), and statements go over them without its
ResponseFuture (`exchange`). Protocol v4: v5 frames are checksummed in Python, 15 to 30 microseconds
a request.
"""

from __future__ import annotations

import asyncio
import copy
import ssl
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from threading import get_ident
from typing import Any, ClassVar

from cassandra import AuthenticationFailed, ConsistencyLevel, UnresolvableContactPoints
from cassandra.auth import AuthProvider, PlainTextAuthProvider
from cassandra.cluster import (
    EXEC_PROFILE_DEFAULT,
    Cluster,
    ExecutionProfile,
    NoHostAvailable,
)
from cassandra.cluster import Session as DriverSession
from cassandra.connection import Connection
from cassandra.policies import ExponentialReconnectionPolicy, FallthroughRetryPolicy, HostDistance
from cassandra.pool import Host
from cassandra.query import PreparedStatement

from ...errors import StoreUnavailable
from .errors import VERDICTS
from .exchange import Exchange, Prepared
from .frames import PROTOCOL
from .loop_connection import on_loop
from .routing import Replicas
from .session import Consistency, DriverFault, NotSent, OutcomeUnknown, Result, Statement, Value
from .url import Address

_FAULTS: tuple[type[BaseException], ...] = tuple(VERDICTS)
_LEARN_SECONDS = 0.5
_CONNECT_FAULTS: tuple[type[BaseException], ...] = (*_FAULTS, OSError)


class PythonDriver:
    """`password` belongs to the address's user."""

    levels: ClassVar[Mapping[Consistency, int]] = {
        level: getattr(ConsistencyLevel, level.value) for level in Consistency
    }
    serial_level: int | None = ConsistencyLevel.LOCAL_SERIAL
    token_aware = True

    def __init__(self, address: Address, password: str | None) -> None:
        self._address = address
        self._password = password
        self._cluster: Cluster | None = None
        self._policy: Replicas
        self._session: DriverSession = None
        self._exchange: Exchange | None = None
        self._preparing: dict[str, asyncio.Task[PreparedStatement]] = {}

    async def open(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        policy = self._policy = Replicas(self._address.local_dc)
        connection_class = on_loop(loop, get_ident())
        cluster = None
        try:
            # In threads: all of it waits for names and sockets.
            cluster = await asyncio.to_thread(self._configured, policy, connection_class, seconds)
            self._session = await asyncio.to_thread(cluster.connect)
        except _CONNECT_FAULTS as exc:
            if cluster is not None:
                await asyncio.to_thread(cluster.shutdown)
            raise StoreUnavailable(self._sentence(exc)) from exc
        self._session.use_client_timestamp = False
        self._cluster = cluster
        self._exchange = Exchange(loop, self._session, policy)

    async def close(self) -> None:
        self._exchange = None
        if self._cluster is not None:
            cluster, self._cluster = self._cluster, None
            await asyncio.to_thread(cluster.shutdown)
            # The threads have asked the loop to close the sockets; it does so now.
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    def execute(
        self, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Coroutine[Any, Any, Result]:
        exchange = self._exchange
        if exchange is None:
            raise NotSent("the connection to Cassandra is closed")
        prepared = statement.prepared
        # In a process with both adapters it may be the other one's.
        if prepared.__class__ is Prepared:
            return exchange.execute(statement, prepared, values, seconds)
        return self._prepare_and_execute(exchange, statement, values, seconds)

    async def _prepare_and_execute(
        self, exchange: Exchange, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Result:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        prepared = await self._prepare(exchange, statement, seconds)
        return await exchange.execute(statement, prepared, values, max(end - loop.time(), 0.0))

    async def ask_each(self, cql: str, seconds: float) -> dict[str, Result | DriverFault]:
        cluster = self._connected
        nodes = [
            host
            for host in cluster.metadata.all_hosts()
            if self._policy.distance(host) == HostDistance.LOCAL
        ]

        def ask(node: Host) -> Result | DriverFault:
            try:
                answer = self._session.execute(cql, host=node, timeout=seconds)
            except _FAULTS as exc:
                return NotSent(f"{type(exc).__name__}: {exc}")
            # The row factory makes a Result of rows; a list without any has not even columns.
            rows = answer.current_rows
            return rows if isinstance(rows, Result) else Result((), ())

        answers = await asyncio.gather(*(asyncio.to_thread(ask, node) for node in nodes))
        names = [f"{node.address}:{node.endpoint.port}" for node in nodes]
        return dict(zip(names, answers, strict=True))

    async def execute_ddl(self, cql: str, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        connection = await self.change_schema(cql, seconds)
        left = max(end - loop.time(), 0.1)
        wait = self._connected.control_connection.wait_for_schema_agreement
        try:
            agreed = await asyncio.to_thread(wait, connection, wait_time=left)
        except _FAULTS as exc:
            raise OutcomeUnknown(f"while waiting for schema agreement: {exc}") from exc
        if not agreed:
            raise OutcomeUnknown("the nodes do not agree on the schema")

    async def change_schema(self, cql: str, seconds: float) -> Connection | None:
        """Sends it, no more. Returns a connection to the node that has the change, the one to ask
        for agreement: the others still agree on what was before. Raises DriverFault."""
        exchange = self._exchange
        if exchange is None:
            raise NotSent("the connection to Cassandra is closed")
        node = await exchange.execute_text(Statement(cql, Consistency.LOCAL_QUORUM), seconds)
        return exchange.connection_to(node)

    async def refresh_keyspace(self, keyspace: str) -> None:
        try:
            await asyncio.to_thread(self._connected.refresh_keyspace_metadata, keyspace)
        except _FAULTS as exc:
            raise NotSent(str(exc)) from exc

    async def datacenters(self) -> dict[str, int]:
        cluster = self._connected
        try:
            await asyncio.to_thread(cluster.refresh_nodes)
        except _FAULTS as exc:
            raise NotSent(str(exc)) from exc
        return Counter(host.datacenter for host in cluster.metadata.all_hosts())

    @property
    def _connected(self) -> Cluster:
        if self._cluster is None:
            raise NotSent("the connection to Cassandra is closed")
        return self._cluster

    # -- connecting -------------------------------------------------------------------------

    def _configured(self, policy: Replicas, connection_class: type, seconds: float) -> Cluster:
        address = self._address
        profile = ExecutionProfile(
            load_balancing_policy=policy,
            retry_policy=FallthroughRetryPolicy(),
            serial_consistency_level=self.serial_level,
            row_factory=Result,
        )
        return Cluster(
            list(address.contact_points),
            port=address.contact_points[-1][1],
            protocol_version=PROTOCOL,
            connection_class=connection_class,
            auth_provider=self._credentials(),
            ssl_context=self._tls(),
            ssl_options=self._tls_options(),
            compression=False,
            execution_profiles={EXEC_PROFILE_DEFAULT: profile},
            connect_timeout=seconds,
            control_connection_timeout=seconds,
            reconnection_policy=ExponentialReconnectionPolicy(0.2, 2.0, max_attempts=None),
            # A node that hangs without closing its connections is found out in 8 s.
            idle_heartbeat_interval=4,
            idle_heartbeat_timeout=4,
            # One SELECT on the schema tables for each change of any table, ours or not, otherwise.
            schema_metadata_enabled=False,
            token_metadata_enabled=self.token_aware,
            max_schema_agreement_wait=0,
            # A statement unknown to a node is prepared there when it is first sent there.
            prepare_on_all_hosts=False,
            reprepare_on_up=False,
            monitor_reporting_enabled=False,
            executor_threads=2,
        )

    def _credentials(self) -> AuthProvider | None:
        user = self._address.user
        return None if user is None else PlainTextAuthProvider(user, self._password)

    def _tls(self) -> ssl.SSLContext | None:
        ca = self._address.ca
        return None if ca is None else ssl.create_default_context(cafile=ca)

    def _tls_options(self) -> dict[str, str] | None:
        """The name in the node's certificate, where that is not its host name."""
        return None

    def _sentence(self, exc: BaseException) -> str:
        reasons = [exc]
        if isinstance(exc, NoHostAvailable) and isinstance(exc.errors, dict):
            reasons = list(exc.errors.values()) or reasons
        for reason in reasons:
            if isinstance(reason, AuthenticationFailed):
                return f"Cassandra at {self._address} refuses user {self._address.user}: {reason}"
        if isinstance(exc, UnresolvableContactPoints):
            return f"no host name of cassandra://{self._address} can be resolved"
        where = f" in datacentre {self._address.local_dc}" if self._address.local_dc else ""
        return f"no Cassandra node{where} answers at {self._address}: {reasons[0]}"

    # -- preparing --------------------------------------------------------------------------

    async def _prepare(self, exchange: Exchange, statement: Statement, seconds: float) -> Prepared:
        # Several tasks may want the same statement at once, and one of them may be cancelled.
        task = self._preparing.get(statement.cql)
        if task is None:
            task = asyncio.create_task(exchange.prepare(statement.cql, seconds))
            self._preparing[statement.cql] = task
            task.add_done_callback(lambda done: self._prepared(statement.cql, done))
        try:
            async with asyncio.timeout(seconds):
                copied = copy.copy(await asyncio.shield(task))
        except TimeoutError:
            raise NotSent(f"the statement was not prepared in {seconds:.1f} s") from None
        copied.consistency_level = self.levels[statement.consistency]
        copied.serial_consistency_level = self.serial_level
        copied.fetch_size = None
        prepared = statement.prepared = Prepared(copied, raw=statement.raw)
        await self._learn(prepared.keyspace)
        return prepared

    async def _learn(self, keyspace: str | None) -> None:
        """Where a keyspace keeps its rows, once. Without that any node is asked."""
        if self.token_aware and keyspace and keyspace not in self._connected.metadata.keyspaces:
            with suppress(DriverFault, TimeoutError):
                async with asyncio.timeout(_LEARN_SECONDS):
                    await self.refresh_keyspace(keyspace)

    def _prepared(self, cql: str, done: asyncio.Task[PreparedStatement]) -> None:
        self._preparing.pop(cql, None)
        if not done.cancelled():
            # Who waited for it may be gone, and then nobody else asks.
            done.exception()
