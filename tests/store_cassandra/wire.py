"""A wire between driver and node that knows protocol v4: what is asked is seen, and may be refused.

https://github.com/apache/cassandra/blob/trunk/doc/native_protocol_v4.spec
"""

from __future__ import annotations

import asyncio
import struct
from typing import NamedTuple

from tests.store_cassandra.proxy import Between

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


class Wire(Between):
    """Forwards frames."""

    def __init__(self, contact: str) -> None:
        super().__init__(contact)
        self.executed: list[Executed] = []
        self.refusal: bytes | None = None
        """Body of the error that every EXECUTE is answered by, which the node never sees."""
        self.deaf = False
        """No EXECUTE reaches the node, and none is answered."""

    async def ask(
        self, reader: asyncio.StreamReader, node: asyncio.StreamWriter, writer: asyncio.StreamWriter
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

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
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
