"""The driver port over cassandra-driver, https://docs.datastax.com/en/developer/python-driver/.

Its one libev thread hands each answer to the event loop. Timeouts are the loop's: the driver's own
timers wake its thread twice more for each request. Protocol v4: v5 frames are checksummed in
Python, 15 to 30 microseconds a request.
"""

from __future__ import annotations

import asyncio
import copy
import ssl
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from cassandra import AuthenticationFailed, ConsistencyLevel, UnresolvableContactPoints
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import (
    EXEC_PROFILE_DEFAULT,
    Cluster,
    ExecutionProfile,
    NoHostAvailable,
    ResponseFuture,
)
from cassandra.cluster import Session as DriverSession
from cassandra.policies import (
    DCAwareRoundRobinPolicy,
    ExponentialReconnectionPolicy,
    FallthroughRetryPolicy,
    TokenAwarePolicy,
)
from cassandra.pool import Host
from cassandra.query import PreparedStatement, SimpleStatement

from ...errors import StoreUnavailable
from .errors import VERDICTS, fault
from .session import (
    Consistency,
    NotSent,
    OutcomeUnknown,
    Result,
    Statement,
    Value,
)
from .url import Address

# Beyond its 32,768 streams a connection blocks the calling thread, here the event loop.
MAX_IN_FLIGHT = 8192
# A node that let a request time out is asked last for so long.
_SUSPECT_SECONDS = 10.0
_FAULTS: tuple[type[BaseException], ...] = tuple(VERDICTS)
_CONNECT_FAULTS: tuple[type[BaseException], ...] = (*_FAULTS, OSError)
_NO_ROWS = Result((), ())
_LEVELS = {level: getattr(ConsistencyLevel, level.value) for level in Consistency}


class PythonDriver:
    """`password` belongs to the address's user."""

    def __init__(self, address: Address, password: str | None) -> None:
        self._address = address
        self._password = password
        self._cluster: Cluster | None = None
        self._session: DriverSession = None
        self._policy = _Replicas(DCAwareRoundRobinPolicy(address.local_dc or ""))
        self._loop: asyncio.AbstractEventLoop
        self._preparing: dict[str, asyncio.Task[PreparedStatement]] = {}
        self._in_flight = 0

    async def open(self, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._cluster = cluster = self._configured(seconds)
        try:
            self._session = await asyncio.to_thread(cluster.connect)
        except _CONNECT_FAULTS as exc:
            await asyncio.to_thread(cluster.shutdown)
            self._cluster = None
            raise StoreUnavailable(self._sentence(exc)) from exc
        self._session.use_client_timestamp = False

    async def close(self) -> None:
        if self._cluster is not None:
            cluster, self._cluster = self._cluster, None
            await asyncio.to_thread(cluster.shutdown)

    async def execute(
        self, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Result:
        prepared = statement.prepared
        if prepared is None:
            prepared = await self._prepare(statement)
        return await self._send(statement, prepared, values, seconds)

    async def execute_ddl(self, cql: str, seconds: float) -> None:
        end = self._loop.time() + seconds
        statement = Statement(cql, Consistency.LOCAL_QUORUM)
        await self._send(statement, SimpleStatement(cql, fetch_size=None), (), seconds)
        left = max(end - self._loop.time(), 0.1)
        control = self._connected.control_connection
        try:
            agreed = await asyncio.to_thread(control.wait_for_schema_agreement, wait_time=left)
        except _FAULTS as exc:
            raise OutcomeUnknown(f"while waiting for schema agreement: {exc}") from exc
        if not agreed:
            raise OutcomeUnknown("the nodes do not agree on the schema")

    async def refresh_keyspace(self, keyspace: str) -> None:
        try:
            await asyncio.to_thread(self._connected.refresh_keyspace_metadata, keyspace)
        except _FAULTS as exc:
            raise NotSent(str(exc)) from exc

    def datacenters(self) -> dict[str, int]:
        return Counter(host.datacenter for host in self._connected.metadata.all_hosts())

    # -- connecting -------------------------------------------------------------------------

    @property
    def _connected(self) -> Cluster:
        if self._cluster is None:
            raise NotSent("the connection to Cassandra is closed")
        return self._cluster

    def _configured(self, seconds: float) -> Cluster:
        address = self._address
        profile = ExecutionProfile(
            load_balancing_policy=self._policy,
            retry_policy=FallthroughRetryPolicy(),
            serial_consistency_level=ConsistencyLevel.LOCAL_SERIAL,
            row_factory=Result,
        )
        auth = None
        if address.user is not None:
            auth = PlainTextAuthProvider(address.user, self._password)
        context = None
        if address.ca is not None:
            context = ssl.create_default_context(cafile=str(address.ca))
        return Cluster(
            list(address.contact_points),
            port=address.contact_points[-1][1],
            protocol_version=4,
            auth_provider=auth,
            ssl_context=context,
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
            max_schema_agreement_wait=0,
            # A statement unknown to a node is prepared there when it is first sent there.
            prepare_on_all_hosts=False,
            reprepare_on_up=False,
            monitor_reporting_enabled=False,
            executor_threads=2,
        )

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

    # -- statements -------------------------------------------------------------------------

    async def _prepare(self, statement: Statement) -> PreparedStatement:
        # Several tasks may want the same statement at once, and one of them may be cancelled.
        task = self._preparing.get(statement.cql)
        if task is None:
            task = asyncio.create_task(self._ask_to_prepare(statement.cql))
            self._preparing[statement.cql] = task
            task.add_done_callback(lambda _: self._preparing.pop(statement.cql, None))
        prepared = copy.copy(await asyncio.shield(task))
        prepared.consistency_level = _LEVELS[statement.consistency]
        prepared.fetch_size = None
        statement.prepared = prepared
        return prepared

    async def _ask_to_prepare(self, cql: str) -> PreparedStatement:
        try:
            return await asyncio.to_thread(self._session.prepare, cql)
        except _FAULTS as exc:
            raise fault(exc, None) from exc

    async def _send(
        self,
        statement: Statement,
        prepared: PreparedStatement | SimpleStatement,
        values: Sequence[Value],
        seconds: float,
    ) -> Result:
        if self._cluster is None:
            raise NotSent("the connection to Cassandra is closed")
        if self._in_flight >= MAX_IN_FLIGHT:
            raise NotSent(f"more than {MAX_IN_FLIGHT} statements are under way")
        answer: asyncio.Future[Result] = self._loop.create_future()
        self._in_flight += 1
        timer = None
        try:
            request = self._session.execute_async(prepared, values or None, timeout=None)
            timer = self._loop.call_later(seconds, self._expire, answer, request, seconds)
            request.add_callbacks(
                self._on_answer, self._on_fault, callback_args=(answer,), errback_args=(answer,)
            )
            return await answer
        except _FAULTS as exc:
            raise fault(exc, statement) from exc
        finally:
            self._in_flight -= 1
            if timer is not None:
                timer.cancel()

    # These two run in the driver's thread.
    def _on_answer(self, result: Result | None, answer: asyncio.Future[Result]) -> None:
        self._loop.call_soon_threadsafe(_resolve, answer, result or _NO_ROWS)

    def _on_fault(self, exc: BaseException, answer: asyncio.Future[Result]) -> None:
        self._loop.call_soon_threadsafe(_reject, answer, exc)

    def _expire(
        self, answer: asyncio.Future[Result], request: ResponseFuture, seconds: float
    ) -> None:
        if answer.done():
            return
        node = request.attempted_hosts[-1] if request.attempted_hosts else None
        if node is not None:
            self._policy.suspect(node)
        answer.set_exception(OutcomeUnknown(f"no answer from {node} in {seconds:.1f} s"))


def _resolve(answer: asyncio.Future[Result], result: Result) -> None:
    if not answer.done():
        answer.set_result(result)


def _reject(answer: asyncio.Future[Result], exc: BaseException) -> None:
    if not answer.done():
        answer.set_exception(exc)


class _Replicas(TokenAwarePolicy):  # type: ignore[misc]
    """Replicas of the key first and always in the same order, nodes that hang last.

    One coordinator for each key keeps Paxos rounds from preempting each other (CASSANDRA-15746).
    """

    def __init__(self, child: DCAwareRoundRobinPolicy) -> None:
        super().__init__(child, shuffle_replicas=False)
        self._suspects: dict[Any, float] = {}

    def suspect(self, node: Host) -> None:
        self._suspects[node] = time.monotonic() + _SUSPECT_SECONDS

    def make_query_plan(
        self, working_keyspace: str | None = None, query: Any = None
    ) -> Iterator[Host]:
        plan = super().make_query_plan(working_keyspace, query)
        if not self._suspects:
            return plan  # type: ignore[no-any-return]
        now = time.monotonic()
        suspects = {node for node, until in list(self._suspects.items()) if until > now}
        if not suspects:
            self._suspects.clear()
        return iter(sorted(plan, key=suspects.__contains__))
