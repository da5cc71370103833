"""Streams of tables: what a write tells its table's stream, and how streams are named.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import orjson

from ..values import item_size
from .rows import Item
from .table import KeyAttribute, Stream, Table

RETENTION_SECONDS = 24 * 3600
"""For which a record can be read, and a stream that is no more be described."""

_OLD_VIEWS = frozenset(("OLD_IMAGE", "NEW_AND_OLD_IMAGES"))
_NEW_VIEWS = frozenset(("NEW_IMAGE", "NEW_AND_OLD_IMAGES"))


@dataclass(frozen=True, slots=True)
class Record:
    """One change of one item. `event` is INSERT, MODIFY or REMOVE; images are as the stream's view
    has them. by_service: the item's time to live was over.
    """

    event: str
    keys: Item
    old: Item | None
    new: Item | None
    by_service: bool = False

    @property
    def size(self) -> int:
        """Bytes of keys and images, which is the SizeBytes that the service shows."""
        return sum(item_size(part) for part in (self.keys, self.old, self.new) if part is not None)


@dataclass(frozen=True, slots=True)
class LoggedRecord:
    """A record in its shard; `at` is in epoch seconds."""

    sequence: int
    at: float
    record: Record


@dataclass(frozen=True, slots=True)
class StreamOfTable:
    """A stream with what is known of its table, which may be gone.

    `status` is ENABLED, DISABLING or DISABLED.
    """

    table_name: str
    table_id: str
    keys: tuple[KeyAttribute, ...]
    stream: Stream
    status: str


@dataclass(frozen=True, slots=True)
class Shard:
    """`next` is the sequence number of the record to come; a closed one gets no more."""

    number: int
    next: int
    closed: bool


FIRST_SEQUENCE = 1


def with_new_stream(table: Table, view: str, shards: int, now: float) -> Table:
    """`table` with a stream made now, in epoch seconds; its label is that time in UTC."""
    made = datetime.fromtimestamp(now, UTC)
    if table.latest_stream is not None:
        # Two in one millisecond would have one name.
        latest = datetime.fromisoformat(table.latest_stream + "+00:00")
        made = max(made, latest + timedelta(milliseconds=1))
    label = made.strftime("%Y-%m-%dT%H:%M:%S.") + f"{made.microsecond // 1000:03}"
    created = datetime.fromisoformat(label + "+00:00").timestamp()
    stream = Stream(label, view, shards, created)
    return replace(table, stream=stream, latest_stream=label)


def stream_of(table: Table, status: str = "ENABLED") -> StreamOfTable | None:
    """None if the table has none."""
    if table.stream is None:
        return None
    sort = () if table.sort_key is None else (table.sort_key,)
    return StreamOfTable(table.name, table.id, (table.partition_key, *sort), table.stream, status)


def record_of(
    table: Table, old: Item | None, new: Item | None, *, by_service: bool = False
) -> Record | None:
    """What the table's stream is told of a write that turns `old` into `new`; None if nothing."""
    item = new or old
    if table.stream is None or item is None or old == new:
        return None
    view = table.stream.view
    return Record(
        event="INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
        keys={name: item[name] for name in table.key_names},
        old=old if view in _OLD_VIEWS else None,
        new=new if view in _NEW_VIEWS else None,
        by_service=by_service,
    )


def encode_record(record: Record) -> bytes:
    """Compact JSON."""
    return orjson.dumps((record.event, record.keys, record.old, record.new, record.by_service))


def decode_record(data: bytes) -> Record:
    return Record(*orjson.loads(data))
