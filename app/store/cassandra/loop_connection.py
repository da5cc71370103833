"""A cassandra-driver connection served by the store's own event loop.

The driver's reactors run in a thread of their own: each request then crosses threads twice, which
costs more than all else it does for it. Everything in the driver that blocks runs in its worker
threads or in those `python_driver` calls it from, never here.
https://docs.datastax.com/en/developer/python-driver/latest/api/cassandra/connection/
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from threading import get_ident
from typing import Any, ClassVar

from cassandra.connection import Connection, ConnectionBusy, ConnectionShutdown, _Frame
from cassandra.pool import Host, HostConnection
from cassandra.protocol import ProtocolHandler, ResultMessage

from .frames import HEADER, MALFORMED, Rows, behind_warnings, execute

_log = logging.getLogger("dynaspan.cassandra")

_DIRECTION = 0x80
_RESULT = ResultMessage.opcode
_WARNING = 0x08
# With more than this unsent a node is busy: requests go to another one.
_HIGH_WATER = 4 * 1024 * 1024


class Waiting:
    """A request under way; `rows` reads what a node answers to it.

    Rows go to `answer` at once. Everything else the driver makes into a message and calls this with
    it, on the loop or, when a connection fails, on a thread: so it ends up in `receive`.
    """

    __slots__ = ("answer", "connection", "node", "pool", "receive", "rows", "until")

    connection: LoopConnection
    pool: HostConnection
    node: Host
    """Where it was sent."""
    until: float
    """A time of the loop."""

    def __init__(
        self,
        answer: asyncio.Future[Any],
        rows: Rows | None,
        receive: Callable[[object], None],
    ) -> None:
        self.answer = answer
        self.rows = rows
        self.receive = receive

    def __call__(self, response: object) -> None:
        self.pool.return_connection(self.connection)
        self.receive(response)


class LoopConnection(Connection):  # type: ignore[misc]
    """Made by `on_loop`; constructed and closed from any thread but the loop's."""

    loop: ClassVar[asyncio.AbstractEventLoop]
    loop_thread: ClassVar[int]
    is_closed: bool

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._transport: asyncio.Transport | None = None
        self._unsent: list[bytes] = []
        opening: Future[None] = Future()
        try:
            self.loop.call_soon_threadsafe(self._open, opening)
        except RuntimeError as exc:
            raise ConnectionShutdown("the event loop has ended", self.endpoint) from exc
        opening.result(self.connect_timeout)
        self._send_options_message()

    @classmethod
    def create_timer(cls, timeout: float, callback: Callable[[], None]) -> _Timer:
        timer = _Timer(callback)
        cls.loop.call_soon_threadsafe(cls.loop.call_later, timeout, timer.fire)
        return timer

    def _open(self, opening: Future[None]) -> None:
        task = self.loop.create_task(asyncio.wait_for(self._connect(), self.connect_timeout))
        task.add_done_callback(lambda done: _tell(done, opening))

    async def _connect(self) -> None:
        host, port = self.endpoint.resolve()
        name = None
        if self.ssl_context is not None:
            name = self.ssl_options.get("server_hostname", host)
        await self.loop.create_connection(
            lambda: _Frames(self), host, port, ssl=self.ssl_context, server_hostname=name
        )

    def opened(self, transport: asyncio.Transport) -> None:
        transport.set_write_buffer_limits(high=_HIGH_WATER)
        self._transport = transport

    def writable(self, yes: bool) -> None:
        self._socket_writable = yes

    def send(self, stream: int, body: bytes, waiting: Waiting) -> None:
        """EXECUTE, from the loop: what `send_msg` does for other messages."""
        if self.is_defunct or self.is_closed:
            raise ConnectionShutdown(f"connection to {self.endpoint} is closed", self.endpoint)
        if not self._socket_writable:
            raise ConnectionBusy(f"connection to {self.endpoint} is overloaded")
        self._requests[stream] = (waiting, _decode, waiting.rows)
        self._write(execute(stream, body))

    def answered(self, stream: int, data: bytes, at: int) -> bool:
        """A RESULT whose body begins there; False: it is the driver's."""
        request = self._requests.get(stream)
        waiting = None if request is None else request[0]
        if type(waiting) is not Waiting or (rows := waiting.rows) is None:
            return False
        try:
            result = rows.read(data, at)
        except MALFORMED:
            return False
        if self._requests.pop(stream, None) is None:
            # Another thread tells all that wait that the connection has failed.
            return True
        with self.lock:
            self.in_flight -= 1
            self.request_ids.append(stream)
        self.msg_received = True
        if not waiting.answer.done():
            waiting.answer.set_result(result)
        return True

    def push(self, data: bytes) -> None:
        if get_ident() == self.loop_thread:
            self._write(data)
        else:
            self.loop.call_soon_threadsafe(self._write, data)

    def _write(self, data: bytes) -> None:
        if not self._unsent:
            self.loop.call_soon(self._flush)
        self._unsent.append(data)

    def _flush(self) -> None:
        data = self._unsent
        self._unsent = []
        if self._transport is not None:
            self._transport.write(data[0] if len(data) == 1 else b"".join(data))

    def close(self) -> None:
        with self.lock:
            if self.is_closed:
                return
            self.is_closed = True
        # A loop that has ended has closed the socket as well.
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self._abort)
        if not self.is_defunct:
            self.error_all_requests(ConnectionShutdown(f"connection to {self.endpoint} closed"))
            self.connected_event.set()

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class _Frames(asyncio.Protocol):
    """Bytes to frames."""

    def __init__(self, connection: LoopConnection) -> None:
        self._connection = connection
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._connection.opened(transport)  # type: ignore[arg-type]

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is None:
            self._connection.close()
        else:
            self._connection.defunct(exc)

    def pause_writing(self) -> None:
        self._connection.writable(False)

    def resume_writing(self) -> None:
        self._connection.writable(True)

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        at = 0
        while len(data) - at >= HEADER.size:
            version, flags, stream, opcode, length = HEADER.unpack_from(data, at)
            begin = at + HEADER.size
            end = begin + length
            if end > len(data):
                break
            at = end
            if opcode == _RESULT and not flags and self._connection.answered(stream, data, begin):
                continue
            frame = _Frame(version & ~_DIRECTION, flags, stream, opcode, 0, length)
            self._connection.process_msg(frame, data[begin:end])
        self._rest = data[at:]


class _Timer:
    """`cancel` may be called from any thread."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self._callback: Callable[[], None] | None = callback

    def fire(self) -> None:
        if self._callback is not None:
            self._callback()

    def cancel(self) -> None:
        self._callback = None


def _decode(
    version: int,
    types: object,
    stream: int,
    flags: int,
    opcode: int,
    body: bytes,
    decompressor: object,
    rows: Rows,
) -> object:
    """What the driver calls for an answer to EXECUTE that is an error, or comes with warnings."""
    if opcode == _RESULT and flags in (0, _WARNING):
        warnings, at = behind_warnings(body) if flags else ([], 0)
        for warning in warnings:
            _log.warning("Cassandra warns: %s", warning)
        return rows.read(body, at)
    return ProtocolHandler.decode_message(
        *(version, types, stream, flags, opcode, body, decompressor, None)
    )


def _tell(done: asyncio.Task[None], waiting: Future[None]) -> None:
    if done.cancelled():
        waiting.set_exception(ConnectionShutdown("the event loop is ending"))
    elif (exc := done.exception()) is not None:
        waiting.set_exception(exc)
    else:
        waiting.set_result(None)


def on_loop(loop: asyncio.AbstractEventLoop, thread: int) -> type[LoopConnection]:
    """The connection class of a cluster that `loop`, running in `thread`, serves."""
    return type("LoopConnection", (LoopConnection,), {"loop": loop, "loop_thread": thread})
