"""Reads of attached tables: get, get_many, query and scan, as of any other table.

A row's version is what its columns hold, so that a write can demand it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from ....errors import ApiError
from ....model.attachment import Attachment
from ....model.rows import Bounds, Item, Key, KeyValue, Page, Row, Segment
from ....model.table import Table
from ....values import from_key
from .. import ring
from ..patience import Patient
from . import keys
from .statements import ColumnStatements
from .values import value

# Items may be large, and nothing is known of how large.
_FETCH = 256
_GET_MANY_AT_ONCE = 32
_LARGEST = (1 << 62) - 1

Cells = Sequence[bytes | None]


class Seen(int):
    """A version: a hash of the `cells` outside the key, and those."""

    cells: Cells

    @classmethod
    def of(cls, cells: Cells) -> Seen:
        seen = cls(hash(tuple(cells)) >> 1 & _LARGEST | 1)
        seen.cells = cells
        return seen


class ColumnTable:
    """One attached table. Methods raise StoreUnavailable, Unconfigured, and a ValidationException
    for a key that its columns cannot hold."""

    def __init__(self, patient: Patient, table: Table, attached: Attachment) -> None:
        self._patient = patient
        self.table = table
        self.attached = attached
        self.statements = ColumnStatements(attached)
        self._partitions = len(attached.partition)
        self._keys = self._partitions + len(attached.clustering)

    async def get(self, key: Key, consistent: bool) -> Row | None:
        values = self.key_cells(key)
        rows = (await self._patient.execute(self.statements.row(consistent), values)).rows
        return self._rows(rows)[0] if rows else None

    def key_cells(self, key: Key) -> list[bytes]:
        values = self._partition(key.partition)
        if key.sort is not None:
            values += keys.raw_values(self.attached.clustering, key.sort)
        return values

    async def get_many(self, wanted: Sequence[Key], consistent: bool) -> list[Row | None]:
        found: list[Row | None] = []
        for start in range(0, len(wanted), _GET_MANY_AT_ONCE):
            part = wanted[start : start + _GET_MANY_AT_ONCE]
            found += await asyncio.gather(*(self.get(key, consistent) for key in part))
        return found

    async def query(
        self,
        partition: KeyValue,
        bounds: Bounds,
        after: Key | None,
        limit: int,
        reverse: bool,
        consistent: bool,
    ) -> Page:
        if not self.attached.clustering:
            row = None if after else await self.get(Key(partition, None), consistent)
            return Page(() if row is None else (row,), more=False)
        behind = None if after is None else after.sort
        rows: list[Row] = []
        while True:
            found = await self._slice(partition, bounds, behind, reverse, consistent)
            for row in self._rows(found):
                behind = row.key.sort
                if _within(bounds, behind):
                    rows.append(row)
                    if len(rows) == limit:
                        return Page(tuple(rows), more=True)
            if len(found) < _FETCH:
                return Page(tuple(rows), more=False)

    async def scan(self, segment: Segment, after: Key | None, limit: int, consistent: bool) -> Page:
        tokens = ring.segment_range(segment)
        rows: list[Row] = []
        if after is not None:
            if await self._same_token(rows, after, limit, consistent):
                return Page(tuple(rows[:limit]), more=True)
            tokens = ring.Range(self.token(after.partition) + 1, tokens.last)
        while tokens.first <= tokens.last:
            wanted = min(limit - len(rows), _FETCH)
            # Partitions that have only static columns are rows here, and no items.
            values = (_long(tokens.first), _long(tokens.last), wanted.to_bytes(4, "big"))
            found = (await self._patient.execute(self.statements.range(consistent), values)).rows
            rows += self._rows(found)
            if len(found) < wanted:
                break
            if rows:
                return Page(tuple(rows), more=True)
            last = ring.token_of(_routing(found[-1][: self._partitions]))
            tokens = ring.Range(last + 1, tokens.last)
        return Page(tuple(rows), more=False)

    async def _same_token(self, rows: list[Row], after: Key, limit: int, consistent: bool) -> bool:
        """Adds what follows `after` with its token: the rest of its partition, then partitions
        that happen to have the same token. Whether the page is full."""
        statement = self.statements.partitions(consistent)
        token = _long(self.token(after.partition))
        listed = (await self._patient.execute(statement, (token,))).rows
        own = _routing(self._partition(after.partition))
        behind = sorted(cells for cells in map(_routing, listed) if cells > own)
        places = {_routing(cells): self._key(self.attached.partition, cells) for cells in listed}
        if after.sort is not None:
            page = await self.query(after.partition, Bounds(), after, limit, False, consistent)
            rows += page.rows
        for routing in behind:
            if len(rows) >= limit:
                return True
            left = limit - len(rows)
            page = await self.query(places[routing], Bounds(), None, left, False, consistent)
            rows += page.rows
        return len(rows) >= limit

    async def _slice(
        self,
        partition: KeyValue,
        bounds: Bounds,
        behind: KeyValue | None,
        reverse: bool,
        consistent: bool,
    ) -> Sequence[Sequence[Any]]:
        """A superset of what is within `bounds`: what has no exact place among the clustering
        columns is left to the caller."""
        relations: list[str] = []
        values: list[bytes] = self._partition(partition)
        clustering = self.attached.clustering
        if behind is not None:
            relations.append("<" if reverse else ">")
            values += keys.raw_values(clustering, behind)
        for relation, bound in ((">=", bounds.lower), ("<=", bounds.upper)):
            # One restriction for each side is all that CQL takes.
            if bound is None or relation[0] in relations or not keys.in_order(clustering):
                continue
            try:
                values_of_bound = keys.raw_values(clustering, bound)
            except ApiError:
                continue
            relations.append(relation)
            values += values_of_bound
        statement = self.statements.slice(relations, reverse, consistent)
        values.append(_FETCH.to_bytes(4, "big"))
        return (await self._patient.execute(statement, values)).rows

    def _partition(self, partition: KeyValue) -> list[bytes]:
        return keys.raw_values(self.attached.partition, partition)

    def token(self, partition: KeyValue) -> int:
        return ring.token_of(self.routing(partition))

    def routing(self, partition: KeyValue) -> bytes:
        return _routing(self._partition(partition))

    def _key(self, columns: Sequence[Any], cells: Cells) -> KeyValue:
        return keys.key_value(columns, [cell or b"" for cell in cells])

    def _rows(self, found: Sequence[Sequence[Any]]) -> list[Row]:
        return [row for row in map(self._row, found) if row is not None]

    def _row(self, cells: Cells) -> Row | None:
        attached = self.attached
        clustering = cells[self._partitions : self._keys]
        if None in clustering:
            return None
        partition = self._key(attached.partition, cells[: self._partitions])
        sort = self._key(attached.clustering, clustering) if clustering else None
        item: Item = {}
        for attribute, key in zip(self.table.keys, (partition, sort), strict=False):
            assert key is not None
            item[attribute.name] = from_key(attribute.type, key)
        others = cells[self._keys :]
        for column, cell in zip(attached.columns, others, strict=True):
            held = value(column.type, cell)
            if held is not None:
                item[column.attribute] = held
        return Row(Key(partition, sort), Seen.of(others), item=item)


def _within(bounds: Bounds, key: KeyValue | None) -> bool:
    # Keys of one attribute are of one type.
    lower: Any = bounds.lower
    upper: Any = bounds.upper
    if lower is not None and not (lower <= key if bounds.lower_inclusive else lower < key):
        return False
    return upper is None or (key <= upper if bounds.upper_inclusive else key < upper)


def _routing(cells: Sequence[Any]) -> bytes:
    """The partition key as Cassandra serializes it."""
    if len(cells) == 1:
        return bytes(cells[0])
    return b"".join(len(cell).to_bytes(2, "big") + cell + b"\0" for cell in cells)


def _long(token: int) -> bytes:
    return token.to_bytes(8, "big", signed=True)
