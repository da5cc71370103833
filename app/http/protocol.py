"""uvicorn's protocol with the limits it lacks: a head that never ends, a client that never does."""

from __future__ import annotations

import re
from collections.abc import Collection, Coroutine
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .data_plane import DataPlane
from .direct import Direct

HEAD_BYTES = 64 * 1024
FAREWELL_SECONDS = 1.0

_UPGRADE = re.compile(rb"\r\nupgrade:", re.IGNORECASE)
_HEAD_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class Protocol(HttpToolsProtocol):
    """Closes a connection when a request's head is larger than HEAD_BYTES."""

    _head_bytes = 0

    @property
    def phase(self) -> tuple[Any, str] | None:
        """What is awaited of the client, equal as long as it is the same; None: nothing is."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            # Between requests uvicorn has a timer of its own, until the first byte arrives.
            return (cycle, "head") if self.timeout_keep_alive_task is None else None
        if cycle.more_body:
            return cycle, "body"
        return (cycle, "response") if cycle.response_started else None

    def data_received(self, data: bytes) -> None:
        self._head_bytes += len(data)
        if b"pgrade:" in data and data.startswith(b"POST "):
            data = _without_upgrade(data)
        super().data_received(data)
        if self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(_HEAD_TOO_LARGE)
            self.transport.close()

    # -- the parser's callbacks -------------------------------------------------------------

    def on_message_begin(self) -> None:
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        self._head_bytes = 0
        parser = self.parser
        if self.url != b"/" or parser.get_method() != b"POST" or parser.should_upgrade():
            self._to_application()
            return
        before = self.cycle
        direct: Any = Direct(
            self,
            self.headers,
            keep_alive=parser.should_keep_alive(),
            expects=self.expect_100_continue,
        )
        self.cycle = direct
        if before is None or before.response_complete:
            direct.begin()
        else:
            # A pipelined request waits for its turn.
            self.flow.pause_reading()
            self.pipeline.appendleft((direct, self.app))

    def _to_application(self) -> None:
        """uvicorn makes a scope when a request begins; only now it is known that one is needed."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._head_bytes = 0
        if not isinstance(self.cycle, Direct):
            super().on_body(body)
        elif self.cycle.more_body:
            self.cycle.take(body)

    def on_message_complete(self) -> None:
        if not isinstance(self.cycle, Direct):
            super().on_message_complete()
        elif self.cycle.more_body:
            self.cycle.end()

    # -- requests ---------------------------------------------------------------------------

    @property
    def data_plane(self) -> DataPlane:
        app: Any = self.app
        plane: DataPlane = app.data_plane
        return plane

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """A task that a drain waits for."""
        task = self.loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        if isinstance(cycle, Direct):
            cycle.begin()
        else:
            super()._start_asgi_task(cycle, app)

    def shutdown(self) -> None:
        super().shutdown()
        if self.transport.is_closing():
            # TLS waits half a minute for the farewell of a client that does not look.
            self.loop.call_later(FAREWELL_SECONDS, self._abort)

    def _abort(self) -> None:
        if self in self.connections and not self.transport.get_write_buffer_size():
            self.transport.abort()


def _without_upgrade(data: bytes) -> bytes:
    """The offer of another protocol taken away: the parser would leave the body to that one."""
    head, end, rest = data.partition(b"\r\n\r\n")
    return _UPGRADE.sub(b"\r\nx-grade:", head) + end + rest


class Sweeper:
    """Drops connections whose client has kept a request waiting for longer than `seconds`.

    Looking at all connections now and then costs a request nothing, where a timer for each would.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: dict[Any, tuple[tuple[Any, str], float]] = {}

    def sweep(self, connections: Collection[Any], now: float) -> None:
        """`now` is monotonic."""
        since: dict[Any, tuple[tuple[Any, str], float]] = {}
        for connection in connections:
            phase = connection.phase
            if phase is None:
                continue
            before = self._since.get(connection)
            start = before[1] if before is not None and before[0] == phase else now
            if now - start > self._seconds:
                # Not close(): that would wait for the client to take what is in the buffer.
                connection.transport.abort()
            else:
                since[connection] = (phase, start)
        self._since = since
