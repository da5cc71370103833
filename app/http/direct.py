"""POST / between the parser and the data plane, without ASGI's scope, messages and checks.

Everything else goes to the application by uvicorn's own way. Of GetItem on SQLite it costs the
server 71 us of CPU where ASGI costs 100 (sixteen connections, one worker, medians of four runs each
in turns on a busy machine of two cores).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from .asgi import Headers
from .requests import BODY_BYTES, header_map
from .responses import Response, too_large

if TYPE_CHECKING:
    from .protocol import Protocol

_log = logging.getLogger("dynaspan.http")

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_FAILED = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
# Smaller answers leave in one piece: joining costs less than a second system call.
_JOINED_BYTES = 256 * 1024


class _Nobody:
    """Stands for the event by which uvicorn wakes a request that waits for its body."""

    def set(self) -> None:
        """Nobody waits."""


class Direct:
    """One POST / and its answer. The attributes in front are those that uvicorn looks at.

    It is answered when its body is there and nothing is before it on its connection.
    """

    __slots__ = (
        "_chunks",
        "_expects",
        "_headers",
        "_protocol",
        "_size",
        "_waits",
        "disconnected",
        "keep_alive",
        "more_body",
        "response_complete",
        "response_started",
    )

    message_event = _Nobody()

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

    def begin(self) -> None:
        """It is this request's turn."""
        self._waits = False
        if not self.more_body:
            self._protocol.run(self._answer())
            return
        declared = dict(self._headers).get(b"content-length")
        if declared is not None and int(declared) > BODY_BYTES:
            self._refuse()
        elif self._expects:
            self._protocol.transport.write(_CONTINUE)

    def take(self, part: bytes) -> None:
        """A part of the body."""
        self._size += len(part)
        if self._size > BODY_BYTES:
            self._chunks.clear()
            if not self._waits:
                self._refuse()
        else:
            self._chunks.append(part)

    def end(self) -> None:
        """The body is complete."""
        self.more_body = False
        if not self._waits:
            self._protocol.run(self._answer())

    def _refuse(self) -> None:
        """Nobody reads what is left of the body."""
        self.more_body = False
        self._protocol.run(self._send(too_large()))

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

    def _body(self) -> bytes:
        chunks, self._chunks = self._chunks, []
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def _send(self, answer: Response) -> None:
        if self.disconnected:
            return
        protocol = self._protocol
        transport = protocol.transport
        status, headers, chunks = answer
        self.response_started = True
        parts: list[bytes] = [STATUS_LINE[status]]
        for name, value in (*protocol.server_state.default_headers, *headers):
            parts += (name, b": ", value, b"\r\n")
        parts.append(b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n")
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
