"""Items as this process wrote them last: what a change of one would otherwise have to read first.

A change of an item is a read and a write that expects the version read. What this process wrote
last it knows already, unless another has written since, and then the write is refused: a version is
given to a key once, so the row that has it is that item. So nothing follows from a guess but a
write that expects it. A condition that does not hold, an error, a change that changes nothing: the
item is read before any of those is answered.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

import orjson

from ..aside import LARGE_BYTES
from ..model.isolation import LWT
from ..model.rows import Item, Key, Row
from ..model.table import Table

MOST_BYTES = 8 * 1024 * 1024
# A wrong guess costs a refused write, a right one spares a read: below this share they do not pay.
_LEAST_TRUST = 0.75
_LATEST = 1 / 8
_MOST_TABLES = 4096
_LARGEST_PART = 64
# Of the key, of the tuples and of the dictionary, for each item.
_AROUND_BYTES = 500


class Recent:
    """At most `most_bytes`; the oldest items go first. For one event loop.

    hits, misses: guesses that were, or would have been, right and wrong.
    """

    __slots__ = ("_bytes", "_largest", "_most_bytes", "_rows", "_trust", "hits", "misses")

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.hits = 0
        self.misses = 0
        self._most_bytes = most_bytes
        # What is larger is worked on aside, a guess at once.
        self._largest = min(most_bytes // _LARGEST_PART, LARGE_BYTES)
        self._bytes = 0
        self._rows: OrderedDict[Hashable, tuple[int, bytes]] = OrderedDict()
        # How often guesses were right, the latest counting most: other processes may write a table.
        self._trust: OrderedDict[str, float] = OrderedDict()

    def guess(self, table: Table, key: Key) -> Row | None:
        """What the item probably is. None: read it."""
        known = self._rows.get(_place(table, key))
        if known is None or self._trust.get(table.id, 1.0) < _LEAST_TRUST:
            return None
        version, data = known
        return Row(key, version, data=data)

    def forget(self, table: Table, key: Key) -> bool:
        """Somebody here writes it without a look at it. Whether it was remembered."""
        return self._taken(table, key) is not None

    def overwritten(self, table: Table, key: Key, version: int | None, item: Item | None) -> None:
        """After a write that expected nothing; otherwise as `settled`. What was never changed from
        what it was is not remembered for that."""
        if self.forget(table, key):
            self._remember(table, key, version, item)

    def settled(
        self, table: Table, key: Key, row: Row | None, version: int | None, item: Item | None
    ) -> None:
        """After a write of `item`, or of none, that expected to find `row`. `version`: of what it
        wrote; None if it was refused, or that is not known."""
        known = self._taken(table, key)
        if known is not None:
            right = row is not None and row.version == known and version is not None
            self._judge(table.id, right)
        self._remember(table, key, version, item, row)

    def _taken(self, table: Table, key: Key) -> int | None:
        """The version of what was remembered, and is not any more."""
        known = self._rows.pop(_place(table, key), None)
        if known is None:
            return None
        version, data = known
        self._bytes -= len(data) + _AROUND_BYTES
        return version

    def _remember(
        self,
        table: Table,
        key: Key,
        version: int | None,
        item: Item | None,
        row: Row | None = None,
    ) -> None:
        if item is None or version is None:
            return
        # Plain writes heed no version; a full collection refuses an item by what it was.
        if table.writes != LWT or table.has_collections:
            return
        # Hardly small now.
        if row is not None and len(row.data) > self._largest:
            return
        data = orjson.dumps(item)
        if len(data) > self._largest:
            return
        # A copy: what orjson returns keeps the 4 KB that it began with.
        self._rows[_place(table, key)] = (version, bytes(memoryview(data)))
        self._bytes += len(data) + _AROUND_BYTES
        while self._bytes > self._most_bytes:
            _, (_, oldest) = self._rows.popitem(last=False)
            self._bytes -= len(oldest) + _AROUND_BYTES

    def _judge(self, table_id: str, right: bool) -> None:
        if right:
            self.hits += 1
        else:
            self.misses += 1
        trust = self._trust.pop(table_id, 1.0)
        self._trust[table_id] = trust + (right - trust) * _LATEST
        if len(self._trust) > _MOST_TABLES:
            self._trust.popitem(last=False)


def _place(table: Table, key: Key) -> Hashable:
    # Of this version: writes in another way, in between, may leave the item's version as it was.
    return table.id, table.version, key
