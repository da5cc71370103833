"""One statement to one node and its answer.

It takes the place of the driver's ResponseFuture for prepared statements: locks, events, timers and
retries of that one are of no use on an event loop and cost 20 to 35 microseconds a request. Of the
driver's insides it needs `HostConnection.borrow_connection` and `return_connection` and
`Connection.send_msg`. What is rare goes through the driver as usual.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from threading import get_ident
from typing import Any

from cassandra.cluster import ResponseFuture
from cassandra.cluster import Session as DriverSession
from cassandra.connection import Connection
from cassandra.pool import Host, HostConnection
from cassandra.protocol import ErrorMessage, PreparedQueryNotFound, PrepareMessage, ResultMessage
from cassandra.query import PreparedStatement, SimpleStatement

from .errors import VERDICTS, fault
from .frames import NO_ROWS, PROTOCOL, Execute, Rows
from .loop_connection import Waiting
from .routing import ANY_NODE, Replicas, Route
from .session import NotSent, OutcomeUnknown, Result, Statement, Value

# A connection has 32,768 streams; those of requests that timed out come back late.
MAX_IN_FLIGHT = 8192
# So much later than they should, statements may run out of time.
SWEEP_SECONDS = 0.02
_FAULTS: tuple[type[BaseException], ...] = tuple(VERDICTS)


class Prepared:
    """A statement of the driver's, and what of it is needed for each request."""

    __slots__ = ("execute", "keyspace", "rows", "statement")

    def __init__(self, statement: PreparedStatement, *, raw: bool = False) -> None:
        self.statement = statement
        self.execute = Execute(statement, raw=raw)
        self.rows = Rows(statement, raw=raw)
        columns = statement.column_metadata
        self.keyspace = columns[0].keyspace_name if columns else None


class Exchange:
    """For use on `loop`, which runs in this thread. Raises DriverFault."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, session: DriverSession, policy: Replicas
    ) -> None:
        self._loop = loop
        self._thread = get_ident()
        self._session = session
        self._policy = policy
        self._waiting: set[Waiting] = set()
        self._sweeping = False

    async def execute(
        self, statement: Statement, prepared: Prepared, values: Sequence[Value], seconds: float
    ) -> Result:
        body, key = prepared.execute.body(values)
        answer: asyncio.Future[Any] = self._loop.create_future()

        def forgotten() -> None:
            # Not executed. The driver prepares it on a node and sends it again.
            if statement.raw:
                statement.prepared = None
                _reject(answer, NotSent("the node has forgotten the statement"))
            elif not answer.done():
                self._by_driver(prepared.statement, values, answer)

        waiting = Waiting(answer, prepared.rows, partial(self._receive, answer, forgotten))
        try:
            self._begin(Route(prepared.keyspace, key), body, waiting, seconds)
            response = await answer
        except _FAULTS as exc:
            raise fault(exc, statement) from exc
        finally:
            self._waiting.discard(waiting)
        return response if isinstance(response, Result) else NO_ROWS

    async def prepare(self, cql: str, seconds: float) -> PreparedStatement:
        answer: asyncio.Future[Any] = self._loop.create_future()
        waiting = Waiting(answer, None, partial(self._receive, answer, _nothing))
        try:
            self._begin(ANY_NODE, PrepareMessage(query=cql), waiting, seconds)
            response = await answer
        except _FAULTS as exc:
            raise fault(exc, None) from exc
        except OutcomeUnknown as exc:
            raise NotSent(f"not prepared: {exc}") from exc
        finally:
            self._waiting.discard(waiting)
        return PreparedStatement.from_message(
            response.query_id,
            response.bind_metadata,
            response.pk_indexes,
            self._session.cluster.metadata,
            cql,
            None,
            PROTOCOL,
            response.column_metadata,
            response.result_metadata_id,
        )

    async def execute_text(self, statement: Statement, seconds: float) -> Host:
        """Without preparing it: for changes of the schema. Returns the node that did it."""
        answer: asyncio.Future[Any] = self._loop.create_future()
        timer = self._loop.call_later(seconds, self._expire, answer, None)
        text = SimpleStatement(statement.cql, fetch_size=None)
        try:
            request = self._by_driver(text, None, answer)
            await answer
            return request.coordinator_host
        except _FAULTS as exc:
            raise fault(exc, statement) from exc
        finally:
            timer.cancel()

    def _begin(
        self, route: Route, request: bytes | PrepareMessage, waiting: Waiting, seconds: float
    ) -> None:
        """`request`: the body of an EXECUTE, or a message. Raises NotSent."""
        if len(self._waiting) >= MAX_IN_FLIGHT:
            raise NotSent(f"more than {MAX_IN_FLIGHT} statements are under way")
        waiting.until = self._loop.time() + seconds
        waiting.node = self._send(route, request, waiting)
        self._waiting.add(waiting)
        if not self._sweeping:
            self._sweeping = True
            self._loop.call_later(SWEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        """One timer for all that wait: one for each costs 3 microseconds."""
        now = self._loop.time()
        for waiting in self._waiting:
            if waiting.until <= now:
                self._expire(waiting.answer, waiting.node)
        self._sweeping = bool(self._waiting)
        if self._sweeping:
            self._loop.call_later(SWEEP_SECONDS, self._sweep)

    def _send(self, route: Route, request: bytes | PrepareMessage, waiting: Waiting) -> Host:
        """To the first node of the plan that takes it. Raises NotSent."""
        reasons: list[str] = []
        first = self._policy.first(*route)
        if first is not None and self._sent(first, request, waiting, reasons):
            return first
        for node in self._policy.make_query_plan(None, route):
            if node is not first and self._sent(node, request, waiting, reasons):
                return node
        raise NotSent("; ".join(reasons) or "no node is up")

    def _sent(
        self, node: Host, request: bytes | PrepareMessage, waiting: Waiting, reasons: list[str]
    ) -> bool:
        # The driver's own requests find their pool in the same way.
        pool: HostConnection | None = self._session._pools.get(node)
        if pool is None:
            return False
        try:
            connection, stream = pool.borrow_connection(timeout=0)
        except _FAULTS as exc:
            reasons.append(f"{node}: {exc}")
            return False
        waiting.pool, waiting.connection = pool, connection
        try:
            if isinstance(request, bytes):
                connection.send(stream, request, waiting)
            else:
                connection.send_msg(request, stream, cb=waiting, result_metadata=[])
        except _FAULTS as exc:
            # Nothing has been written: the connection is closed or its buffer full.
            reasons.append(f"{node}: {exc}")
            with connection.lock:
                connection.request_ids.append(stream)
            pool.return_connection(connection)
            return False
        return True

    def _receive(
        self, answer: asyncio.Future[Any], forgotten: Callable[[], None], response: object
    ) -> None:
        """A message of the driver's: on the loop, or on a thread when a connection fails."""
        if isinstance(response, Result | ResultMessage):
            self._on_loop(_resolve, answer, response)
        elif isinstance(response, PreparedQueryNotFound):
            self._on_loop(forgotten)
        elif isinstance(response, ErrorMessage):
            self._on_loop(_reject, answer, response.to_exception())
        else:
            self._on_loop(_reject, answer, response)

    def _by_driver(
        self,
        statement: PreparedStatement | SimpleStatement,
        values: Sequence[Value] | None,
        answer: asyncio.Future[Any],
    ) -> ResponseFuture:
        request: ResponseFuture = self._session.execute_async(statement, values, timeout=None)
        request.add_callbacks(
            lambda result: self._on_loop(_resolve, answer, result),
            lambda exc: self._on_loop(_reject, answer, exc),
        )
        return request

    def connection_to(self, node: Host) -> Connection | None:
        """One that is open, or None: then any will do."""
        pool: HostConnection | None = self._session._pools.get(node)
        return next(iter(pool.get_connections()), None) if pool is not None else None

    def _on_loop(self, call: Callable[..., None], *arguments: object) -> None:
        if get_ident() == self._thread:
            call(*arguments)
        else:
            self._loop.call_soon_threadsafe(call, *arguments)

    def _expire(self, answer: asyncio.Future[Any], node: Host | None) -> None:
        if answer.done():
            return
        if node is not None:
            self._policy.suspect(node)
        answer.set_exception(OutcomeUnknown(f"no answer from {node or 'a node'} in time"))


def _nothing() -> None:
    """A node cannot have forgotten what it is asked to prepare."""


def _resolve(answer: asyncio.Future[Any], response: object) -> None:
    if not answer.done():
        answer.set_result(response)


def _reject(answer: asyncio.Future[Any], exc: BaseException) -> None:
    if not answer.done():
        answer.set_exception(exc)
