"""POST / between the parser and the data plane, without ASGI's scope, messages and checks.

Everything else goes to the application by uvicorn's own way. Of GetItem on SQLite it costs the
server 71 us of CPU where ASGI costs 100 (sixteen connections, one worker, medians of four runs each
in turns on a busy machine of two cores).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from ..aside import LARGE_BYTES
from ..errors import Busy
from .asgi import Headers
from .requests import BODY_BYTES, header_map
from .responses import Response, too_large

if TYPE_CHECKING:
    from .protocol import Protocol

_log = logging.getLogger("dynaspan.http")

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_FAILED = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_TOO_LARGE = 413
# The service says so of every connection.
_KEEPS = b"connection: keep-alive\r\n\r\n"
_CLOSES = b"connection: close\r\n\r\n"
# Smaller answers leave in one piece: joining costs less than a second system call.
_JOINED_BYTES = 256 * 1024


class Direct:
    """One POST / and its answer. The attributes in front are those that uvicorn looks at.

    It is answered when its body is there and nothing is before it on its connection.
    """

    __slots__ = (
        "_chunks",
        "_expects",
        "_headers",
        "_held",
        "_protocol",
        "_room",
        "_size",
        "_waits",
        "disconnected",
        "keep_alive",
        "more_body",
        "response_complete",
        "response_started",
    )

    def __init__(
        self, protocol: Protocol, headers: Headers, *, keep_alive: bool, expects: bool
    ) -> None:
        """`expects`: the client waits to be told that it may send the body."""
        self.disconnected = False
        self.keep_alive = keep_alive
        self.more_body = True
        self.response_complete = False
        self.response_started = False
        self._protocol = protocol
        self._headers = headers
        self._expects = expects
        self._waits = True
        self._chunks: list[bytes] = []
        self._size = 0
        self._room = LARGE_BYTES
        self._held = 0

    def begin(self) -> None:
        """It is this request's turn."""
        self._waits = False
        if not self.more_body:
            self._protocol.run(self._answer())
            return
        if self._declared > BODY_BYTES:
            self._refuse(too_large())
            return
        if self._expects:
            self._protocol.transport.write(_CONTINUE)
        if self._room > LARGE_BYTES:
            self._make_room()

    def take(self, part: bytes) -> None:
        """A part of the body."""
        self._size += len(part)
        if self._size <= self._room:
            self._chunks.append(part)
        elif self._size > BODY_BYTES:
            self._chunks.clear()
            if not self._waits:
                self._refuse(too_large())
        else:
            self._room = BODY_BYTES
            self._chunks.append(part)
            if not self._waits:
                self._make_room()

    def end(self) -> None:
        """The body is complete."""
        self.more_body = False
        if not self._waits:
            self._protocol.run(self._answer())

    @property
    def _declared(self) -> int:
        """The length of the body, 0 if that is not known."""
        return int(dict(self._headers).get(b"content-length", 0))

    def _refuse(self, answer: Response) -> None:
        """Nobody reads what is left of the body."""
        self.more_body = False
        self._chunks.clear()
        self._free()
        self._protocol.run(self._send(answer))

    # -- memory of large bodies ---------------------------------------------------------------

    def _make_room(self) -> None:
        wanted = self._declared or BODY_BYTES
        if self._protocol.data_plane.receiving.try_take(wanted):
            self._held = wanted
        else:
            self._protocol.flow.pause_reading()
            self._protocol.run(self._wait_for_room(wanted))

    async def _wait_for_room(self, wanted: int) -> None:
        protocol = self._protocol
        try:
            await protocol.data_plane.receiving.take(wanted)
        except Busy:
            if self.more_body and not self.disconnected:
                self._refuse(protocol.data_plane.no_room(header_map(self._headers)))
            return
        self._held = wanted
        if not self.more_body or self.disconnected:
            # The rest of the body had been there already, or does not come any more.
            self._free()
        else:
            protocol.flow.resume_reading()

    def _free(self) -> None:
        if self._held:
            held, self._held = self._held, 0
            self._protocol.data_plane.receiving.give(held)

    @property
    def message_event(self) -> Direct:
        """uvicorn sets this event of a request when its connection is lost."""
        return self

    def set(self) -> None:
        if self.more_body:
            self._free()

    # -- the answer -------------------------------------------------------------------------

    async def _answer(self) -> None:
        try:
            if self._size > BODY_BYTES:
                answer = too_large()
            else:
                # Passed on without a name here, so that it can be freed as soon as it is parsed.
                answer = await self._protocol.data_plane.respond(
                    header_map(self._headers), b"", self._body()
                )
            await self._send(answer)
        except Exception:
            _log.exception("a request was not answered")
            if not self.response_started:
                self._protocol.transport.write(_FAILED)
            self._protocol.transport.close()
        finally:
            if self._held:
                self._free()

    def _body(self) -> bytes:
        chunks, self._chunks = self._chunks, []
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def _send(self, answer: Response) -> None:
        if self.disconnected:
            return
        protocol = self._protocol
        transport = protocol.transport
        status, headers, chunks = answer
        if status == _TOO_LARGE:
            # The service does not say that there is nothing.
            headers = [header for header in headers if header[0] != b"content-length"]
            headers.append((b"transfer-encoding", b"chunked"))
            chunks = (b"0\r\n\r\n",)
        self.response_started = True
        parts: list[bytes] = [STATUS_LINE[status]]
        for name, value in (*protocol.server_state.default_headers, *headers):
            parts += (name, b": ", value, b"\r\n")
        parts.append(_KEEPS if self.keep_alive else _CLOSES)
        if sum(map(len, chunks)) <= _JOINED_BYTES:
            parts += chunks
            transport.write(b"".join(parts))
        else:
            transport.write(b"".join(parts))
            for chunk in chunks:
                transport.write(chunk)
                if protocol.flow.write_paused:
                    await protocol.flow.drain()
                if self.disconnected:
                    return
        self.response_complete = True
        if not self.keep_alive:
            transport.close()
        protocol.on_response_complete()
