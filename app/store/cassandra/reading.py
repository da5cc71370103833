"""The reading half of the store, and the one place that knows the statements of each table."""

from __future__ import annotations

from collections.abc import Sequence

from ... import errors
from ...clock import Clock
from ...errors import StoreError, StoreUnavailable, TableGone
from ...model.index import Position
from ...model.rows import Bounds, Item, Key, KeyValue, Page, Row, Segment
from ...model.table import Index, Table
from ..base import Conflict
from . import ring, schema
from .attached import AttachedTables
from .catalog import Catalog
from .dialect import Dialect
from .index_statements import MarkStatements
from .indexes import IndexReads
from .inspection import Inspection
from .items import ItemTable, Reads
from .marks import Marks
from .patience import Patient
from .resolution import Resolver
from .session import Unconfigured
from .snapshots import snapshot
from .transaction_statements import TransactionStatements

_MOST_TABLES = 4096


class Reading:
    def __init__(
        self,
        keyspace: str,
        patient: Patient,
        catalog: Catalog,
        dialect: Dialect,
        clock: Clock,
        attached: AttachedTables,
    ) -> None:
        self._keyspace = keyspace
        self._dialect = dialect
        self._patient = patient
        self._catalog = catalog
        self._resolver = Resolver(
            patient,
            TransactionStatements(schema.catalog_keyspace(keyspace)),
            catalog,
            clock,
            self._table,
            Marks(patient, MarkStatements(schema.catalog_keyspace(keyspace), "pending", "records")),
        )
        self._reads = Reads(patient, self._resolver.meet)
        self._index_reads = IndexReads(patient)
        self._items: dict[str, ItemTable] = {}
        self._attached = attached

    async def get(self, table: Table, key: Key, *, consistent: bool) -> Row | None:
        try:
            if table.attached is not None:
                return await self._attached.of(table, table.attached).get(key, consistent)
            return await self._reads.get(self._table(table), key, consistent)
        except Unconfigured:
            raise await self._gone(table) from None

    async def get_many(
        self, table: Table, keys: Sequence[Key], *, consistent: bool
    ) -> list[Row | None]:
        try:
            if table.attached is not None:
                return await self._attached.of(table, table.attached).get_many(keys, consistent)
            return await self._reads.get_many(self._table(table), keys, consistent)
        except Unconfigured:
            raise await self._gone(table) from None

    async def snapshot(
        self, reads: Sequence[tuple[Table, Key]]
    ) -> tuple[Row | None, ...] | Conflict:
        for table, _ in reads:
            if table.attached is not None:
                raise errors.validation(
                    f"Table {table.name} is attached, and takes no part in transactions"
                )
        places = [(self._table(table), key) for table, key in reads]
        try:
            return await snapshot(self._reads, places)
        except Unconfigured:
            faults = [await self._gone(table) for table, _ in reads]
            raise next((f for f in faults if isinstance(f, TableGone)), faults[0]) from None

    async def query(
        self,
        table: Table,
        partition: KeyValue,
        bounds: Bounds,
        *,
        after: Key | None = None,
        limit: int,
        reverse: bool = False,
        consistent: bool = False,
    ) -> Page:
        try:
            if table.attached is not None:
                return await self._attached.of(table, table.attached).query(
                    partition, bounds, after, limit, reverse, consistent
                )
            return await self._reads.query(
                self._table(table), partition, bounds, after, limit, reverse, consistent
            )
        except Unconfigured:
            raise await self._gone(table) from None

    async def scan(
        self,
        table: Table,
        segment: Segment,
        *,
        after: Key | None = None,
        limit: int,
        consistent: bool = False,
    ) -> Page:
        try:
            if table.attached is not None:
                return await self._attached.of(table, table.attached).scan(
                    segment, after, limit, consistent
                )
            return await self._reads.scan(self._table(table), segment, after, limit, consistent)
        except Unconfigured:
            raise await self._gone(table) from None

    async def query_index(
        self,
        table: Table,
        index: Index,
        partition: bytes,
        bounds: Bounds,
        *,
        after: Position | None = None,
        limit: int,
        reverse: bool = False,
        consistent: bool = False,
    ) -> Page:
        try:
            return await self._index_reads.query(
                self._table(table).entry_reads(index),
                index,
                partition,
                bounds,
                after,
                limit,
                reverse,
                consistent,
            )
        except Unconfigured:
            raise await self._gone(table) from None

    async def scan_index(
        self,
        table: Table,
        index: Index,
        segment: Segment,
        *,
        after: Position | None = None,
        limit: int,
        consistent: bool = False,
    ) -> Page:
        try:
            return await self._index_reads.scan(
                self._table(table).entry_reads(index), segment, after, limit, consistent
            )
        except Unconfigured:
            raise await self._gone(table) from None

    def inspect(self, table: Table) -> Inspection:
        return Inspection(self._patient, self._index_reads, self._table(table), table, self._gone)

    def admit(self, table: Table, key: Key, item: Item | None) -> None:
        if table.attached is not None:
            self._attached.admit(table, table.attached, key, item)

    def in_segment(self, table: Table, partition: KeyValue, segment: Segment) -> bool:
        first, last = ring.segment_range(segment)
        if table.attached is not None:
            return first <= self._attached.of(table, table.attached).token(partition) <= last
        return first <= ring.token(partition) <= last

    def _table(self, table: Table) -> ItemTable:
        items = self._items.get(table.id)
        if items is None:
            if len(self._items) >= _MOST_TABLES:
                del self._items[next(iter(self._items))]
            items = self._items[table.id] = ItemTable(self._keyspace, table, self._dialect)
        return items

    async def _gone(self, table: Table) -> StoreError:
        """Whether Cassandra is right that the table is not there."""
        self._items.pop(table.id, None)
        self._catalog.forget(table.name)
        row = await self._catalog.table(table.name)
        if row is not None and row.id == table.id and row.status == "ACTIVE":
            return StoreUnavailable(f"a node does not know table {table.name} yet")
        return TableGone(f"table {table.name} was deleted")
