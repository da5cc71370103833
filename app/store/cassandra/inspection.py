"""What a comparison of items and entries reads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ...errors import StoreError
from ...model.index import Position
from ...model.rows import Key, Row
from ...model.table import Index, Table
from ..base import EntryPage
from .document import decode
from .indexes import IndexReads
from .items import ItemTable
from .patience import Patient
from .session import Statement, Unconfigured, Value
from .statements import row_of


class Inspection:
    """An Inspector of `table`. `gone` makes the fault of a table that Cassandra does not know."""

    def __init__(
        self,
        patient: Patient,
        reads: IndexReads,
        items: ItemTable,
        table: Table,
        gone: Callable[[Table], Awaitable[StoreError]],
    ) -> None:
        self._patient = patient
        self._reads = reads
        self._items = items
        self._table = table
        self._gone = gone

    async def decided(self, key: Key) -> Row | None:
        # LOCAL_SERIAL: a write that was decided and not yet written is finished first (A3).
        found = await self._one(self._items.statements.decided, row_of(key))
        if found is None or found[0] is None:
            return None
        stored, version = found
        return Row(key, version, data=self._items.translator.json(stored))

    async def entry(self, index: Index, position: Position) -> Row | None:
        reads = self._items.entry_reads(index).reads
        found = await self._one(reads.get, reads.row(reads.at(position)))
        return None if found is None else Row(position.key, 0, data=decode(found[0]))

    async def entries(self, index: Index, *, after: Position | None, limit: int) -> EntryPage:
        entries = self._items.entry_reads(index)
        try:
            return await self._reads.scan_places(entries, after, limit)
        except Unconfigured:
            raise await self._gone(self._table) from None

    async def _one(self, statement: Statement, values: tuple[Value, ...]) -> Any:
        try:
            rows = (await self._patient.execute(statement, values)).rows
        except Unconfigured:
            raise await self._gone(self._table) from None
        return rows[0] if rows else None
