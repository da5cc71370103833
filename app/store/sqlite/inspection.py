"""What a comparison of items and entries reads."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from ...model.index import Place, Position
from ...model.rows import Key, Row
from ...model.table import Index, Table
from ..base import EntryPage
from . import indexes
from . import statements as sql
from .errors import FAULTS, raise_store_error


@dataclass(frozen=True, slots=True)
class Inspection:
    """An Inspector of `table`."""

    reader: sqlite3.Connection
    table: Table

    async def decided(self, key: Key) -> Row | None:
        found = self._all((sql.item_sql(self.table.id).get, sql.physical(key)))
        return Row(key, found[0][0], data=found[0][1]) if found else None

    async def entry(self, index: Index, position: Position) -> Row | None:
        found = self._all(indexes.get_statement(self.table, index, position))
        return Row(position.key, 0, data=found[0][0]) if found else None

    async def entries(self, index: Index, *, after: Position | None, limit: int) -> EntryPage:
        found = self._all(indexes.places_statement(self.table, index, after, limit + 1))
        entries = []
        for partition, sort, pk, sk, data in found[:limit]:
            key = Key(pk, None if self.table.sort_key is None else sk)
            entries.append((Position(Place(partition, sort), key), Row(key, 0, data=data)))
        return EntryPage(tuple(entries), len(found) > limit)

    def _all(self, statement: sql.Statement) -> list[Any]:
        try:
            return self.reader.execute(*statement).fetchall()
        except FAULTS as fault:
            raise_store_error(fault)
