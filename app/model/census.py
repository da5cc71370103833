"""How many items a table holds, how large they are, and the like of its indexes.

It is counted now and then, and told as the service tells it: as it was a while ago.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html#LSI.ItemCollections.SizeLimit
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import nlargest
from operator import attrgetter
from typing import Any

import orjson

from ..values import item_size
from .index import place_of, projected
from .rows import Item, Key, KeyValue
from .table import Table

GIGABYTE = 1 << 30
# The largest item collections are kept by name; only they can be near a limit.
_MOST_COLLECTIONS = 1000


@dataclass(frozen=True, slots=True)
class Count:
    """Items or entries, and their bytes as DynamoDB counts them."""

    number: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Collection:
    """The items of one partition key with their entries in local indexes."""

    partition: KeyValue
    size: int


@dataclass(frozen=True, slots=True)
class Census:
    """`at` is the epoch second of the count. `indexes` are by the number of the index.

    `collections` are the large ones, of a table with local indexes.
    """

    at: float = 0.0
    table: Count = Count()
    indexes: dict[int, Count] = field(default_factory=dict)
    collections: tuple[Collection, ...] = ()


class Counting:
    """Adds up the items of a table in the order of a scan: a partition's follow one another.

    `large`: collections below that many bytes are not kept.
    """

    def __init__(self, table: Table, large: int) -> None:
        self._table = table
        self._large = large
        self._items = self._bytes = 0
        self._entries = {index.number: [0, 0] for index in table.indexes}
        self._collects = any(index.local for index in table.indexes)
        self._partition: KeyValue | None = None
        self._size = 0
        self._collections: list[Collection] = []

    def add(self, key: Key, item: Item) -> None:
        size = item_size(item)
        self._items += 1
        self._bytes += size
        for index in self._table.indexes:
            if place_of(index, item) is not None:
                entry = item_size(projected(self._table, index, item))
                count = self._entries[index.number]
                count[0] += 1
                count[1] += entry
                if index.local:
                    size += entry
        if self._collects:
            if key.partition != self._partition:
                self._close_collection()
                self._partition = key.partition
            self._size += size

    def census(self, at: float) -> Census:
        self._close_collection()
        largest = nlargest(_MOST_COLLECTIONS, self._collections, key=attrgetter("size"))
        return Census(
            at,
            Count(self._items, self._bytes),
            {number: Count(*count) for number, count in self._entries.items()},
            tuple(largest),
        )

    def _close_collection(self) -> None:
        if self._partition is not None and self._size >= self._large:
            self._collections.append(Collection(self._partition, self._size))
        self._partition, self._size = None, 0


def encode(census: Census) -> bytes:
    return orjson.dumps(
        {
            "at": census.at,
            "table": census.table,
            "indexes": {str(number): count for number, count in census.indexes.items()},
            "collections": [[each.size, *_encoded(each.partition)] for each in census.collections],
        }
    )


def decode(data: bytes) -> Census:
    raw: dict[str, Any] = orjson.loads(data)
    return Census(
        raw["at"],
        Count(**raw["table"]),
        {int(number): Count(**count) for number, count in raw["indexes"].items()},
        tuple(_collections(raw["collections"])),
    )


def _encoded(partition: KeyValue) -> tuple[str, str]:
    return ("hex", partition.hex()) if isinstance(partition, bytes) else ("text", partition)


def _collections(raw: list[list[Any]]) -> Iterator[Collection]:
    for size, kind, text in raw:
        yield Collection(bytes.fromhex(text) if kind == "hex" else text, size)
