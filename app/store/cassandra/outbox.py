"""What goes along with a write of a table with a stream: its record, in a row beside the item.

The row is in the item's own conditional batch, so that it is there exactly if the write is. Its
place is the version of the write, and it names the version before, which is the one that the write
demands: versions of an item never come back, so the rows of an item are a chain in the order of its
writes. A write without a record leaves a link all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from ...clock import Clock
from ...faults import Faults
from ...model.rows import Key
from ...model.stream import Record, encode_record
from ...model.table import Table
from ..base import ANY, Write
from . import document
from .entries import MARK_SECONDS
from .marks import Mark, Marks, new_mark
from .patience import Deadline
from .session import Value
from .stream_statements import outbox_row


class Message(NamedTuple):
    """What an outbox row and a row of a log hold. `record` is None for a link alone.

    Not the shard: which one it is belongs to who appends, when a shard is split under writers.
    """

    stream: str
    record: Record | None


def stream_key(table_id: str, label: str) -> str:
    """Names a stream for ever."""
    return f"{table_id}/{label}"


def encode(write: Write) -> bytes:
    """`write` is of a table with a stream."""
    stream = write.table.stream
    assert stream is not None
    record = None if write.record is None else orjson.Fragment(encode_record(write.record))
    return document.encode((stream_key(write.table.id, stream.label), record))


def decode(blob: bytes) -> Message:
    stream, record = orjson.loads(document.decode(blob))
    return Message(stream, None if record is None else Record(*record))


def mark_of(table: Table, key: Key, version: int) -> Mark:
    """By it the relay finds the row of this write."""
    return new_mark(table, key, version, b"")


@dataclass(frozen=True, slots=True)
class Outboxes:
    """Makes `Outbox`. `wake` is called when a record is there to be relayed."""

    marks: Marks
    clock: Clock
    faults: Faults
    wake: Callable[[], None]

    def of(self, write: Write) -> Outbox | None:
        """None for a table without a stream."""
        if write.table.stream is None:
            if write.record is not None:
                raise ValueError("a record of a table without a stream")
            return None
        if write.expected == ANY:
            raise ValueError("a write of a table with a stream must expect something: its record")
        return Outbox(self, write.table, write.key, encode(write))


class Outbox:
    """The record of one write: a mark before each attempt, by which the relay finds the row."""

    def __init__(self, of: Outboxes, table: Table, key: Key, blob: bytes) -> None:
        self._of = of
        self._table = table
        self._key = key
        self._blob = blob
        self._until = 0.0

    @property
    def blob(self) -> bytes:
        return self._blob

    def values(self, version: int, before: int | None) -> tuple[Value, ...]:
        """Of OutboxStatements.insert; `before` is the version that the attempt demands."""
        return (*outbox_row(self._key, version), before, self._blob)

    async def announce(self, version: int, deadline: Deadline) -> Mark:
        """Returns when the mark is durable. Raises StoreUnavailable."""
        self._until = self._of.clock.monotonic() + MARK_SECONDS
        mark = mark_of(self._table, self._key, version)
        await self._of.marks.write(mark, deadline)
        await self._of.faults.at("pending:written")
        return mark

    def in_time(self) -> bool:
        return self._of.clock.monotonic() <= self._until

    def withdraw(self, mark: Mark) -> None:
        self._of.marks.remove_later(mark)

    async def follow(self, mark: Mark, deadline: Deadline) -> None:
        """The relay removes row and mark."""
        self._of.wake()
