"""A wire between driver and node that knows protocol v4: what is asked is seen, and may be refused.

https://github.com/apache/cassandra/blob/trunk/doc/native_protocol_v4.spec
"""

from __future__ import annotations

import asyncio
import struct
from typing import NamedTuple

_HEADER = struct.Struct(">BBhBi")
_ERROR = 0x00
_EXECUTE = 0x0A
_ANSWER = 0x84
_VALUES, _PAGE_SIZE, _PAGING_STATE, _SERIAL, _TIMESTAMP = 0x01, 0x04, 0x08, 0x10, 0x20


class Executed(NamedTuple):
    """`serial` None: no level was given for it. timed: with a time of the driver's."""

    consistency: int
    serial: int | None
    timed: bool


class Wire:
    """Forwards to `contact`."""

    def __init__(self, contact: str) -> None:
        self._host, _, port = contact.rpartition(":")
        self._port = int(port)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.executed: list[Executed] = []
        self.refusal: bytes | None = None
        """Body of the error that every EXECUTE is answered by, which the node never sees."""
        self.deaf = False
        """No EXECUTE reaches the node, and none is answered."""
        self.contact = ""

    async def __aenter__(self) -> Wire:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.contact = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        node_reader, node_writer = await asyncio.open_connection(self._host, self._port)
        pair = {writer, node_writer}
        self._writers |= pair
        try:
            await asyncio.gather(
                self._ask(reader, node_writer, writer), self._answer(node_reader, writer)
            )
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers -= pair
            for each in pair:
                each.transport.abort()
            self._tasks.discard(task)

    async def _ask(
        self,
        reader: asyncio.StreamReader,
        node: asyncio.StreamWriter,
        writer: asyncio.StreamWriter,
    ) -> None:
        while True:
            head = await reader.readexactly(_HEADER.size)
            _, _, stream, opcode, length = _HEADER.unpack(head)
            body = await reader.readexactly(length)
            if opcode == _EXECUTE:
                self.executed.append(_parsed(body))
                if self.deaf:
                    continue
                if self.refusal is not None:
                    header = _HEADER.pack(_ANSWER, 0, stream, _ERROR, len(self.refusal))
                    writer.write(header + self.refusal)
                    continue
            node.write(head + body)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readexactly(_HEADER.size)
            body = await reader.readexactly(_HEADER.unpack(head)[4])
            # In one piece: a refusal must not come in between.
            writer.write(head + body)


def _parsed(body: bytes) -> Executed:
    at = 2 + int.from_bytes(body[:2], "big")
    consistency, flags = struct.unpack_from(">HB", body, at)
    at += 3
    if flags & _VALUES:
        (count,) = struct.unpack_from(">H", body, at)
        at += 2
        for _ in range(count):
            (length,) = struct.unpack_from(">i", body, at)
            at += 4 + max(length, 0)
    assert not flags & (_PAGE_SIZE | _PAGING_STATE), "an answer in pages"
    serial = int.from_bytes(body[at : at + 2], "big") if flags & _SERIAL else None
    return Executed(consistency, serial, bool(flags & _TIMESTAMP))


def text(words: str) -> bytes:
    """[string] of the protocol."""
    encoded = words.encode()
    return len(encoded).to_bytes(2, "big") + encoded


def error(code: int, message: str, *fields: bytes) -> bytes:
    return code.to_bytes(4, "big") + text(message) + b"".join(fields)
