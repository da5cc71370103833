"""Time to live: when an item expires, and its place in the index of what expires when.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from .rows import Item
from .table import ORDERED, Index, KeyAttribute, Table

NAME = "$expiry"
"""No index of a user's can have this name."""

# Items whose time lies further back are kept, as on the service: such a value is rather a mistake.
_TOO_OLD = 5 * 365.25 * 86400
# One partition for each hour, so that what was deleted is soon read over no more; several of them,
# so that no single one has to take all writes of that hour.
_HOUR = 3600
_SHARDS = 4
_MOST_SECONDS = 1 << 40


def index_for(table: Table, attribute: str) -> Index:
    """A new one, to be filled."""
    return Index(
        number=table.next_index,
        name=NAME,
        local=False,
        partition=table.keys,
        sort=(KeyAttribute(attribute, "N"),),
        projection="KEYS_ONLY",
        status="CREATING",
        phase=ORDERED,
    )


def expired(item: Item, attribute: str, now: float) -> bool:
    """Whether `attribute` is an epoch second that lies less than five years before `now`."""
    value = item.get(attribute)
    if value is None or "N" not in value:
        return False
    return now - _TOO_OLD < float(value["N"]) <= now


def entry_of(index: Index, item: Item) -> tuple[bytes, bytes] | None:
    """Partition and sort key of an item's entry: the hour and a shard, then the second."""
    value = item.get(index.sort[0].name)
    if value is None or "N" not in value:
        return None
    second = float(value["N"])
    if not 0 <= second < _MOST_SECONDS:
        return None
    key = "\0".join([next(iter(item[part.name].values())) for part in index.partition])
    shard = zlib.crc32(key.encode()) % _SHARDS
    return _partition(int(second) // _HOUR, shard), sort_key(second)


def sort_key(second: float) -> bytes:
    return int(second).to_bytes(8, "big")


def partitions(since: float, until: float) -> Iterator[bytes]:
    """Those of entries between two seconds, both included, oldest first."""
    for hour in range(int(since) // _HOUR, int(until) // _HOUR + 1):
        for shard in range(_SHARDS):
            yield _partition(hour, shard)


def _partition(hour: int, shard: int) -> bytes:
    return hour.to_bytes(5, "big") + bytes((shard,))
