"""Cassandra's own tables as virtual tables: `.dynaspan.KEYSPACE.TABLE`, which are only read.

They hold no data of anybody's: system_auth and the keyspaces of tables are not among them. Nothing
of them is in the catalog.
"""

from __future__ import annotations

from hashlib import blake2b

from .... import errors
from ....config import ConfigError
from ....model.attachment import CASSANDRAS_OWN, VIRTUAL_PREFIXES, Attachment
from ....model.rows import Key, Page, Row, Segment
from ....model.table import Table
from .. import ring
from ..patience import Patient
from .reads import ColumnTable
from .schema import attachable, key_attributes

# Its tables are spread over the nodes by a hash of their keys; the others are each node's own.
_SPREAD = "system_traces"
_MOST_ROWS = 20_000
_MOST_TABLES = 256


class SystemTables:
    def __init__(self, patient: Patient) -> None:
        self._patient = patient
        self._tables: dict[str, Table] = {}

    async def table(self, name: str) -> Table | None:
        """Raises StoreUnavailable."""
        found = self._tables.get(name)
        if found is None and len(self._tables) < _MOST_TABLES:
            found = await self._made(name)
            if found is not None:
                self._tables[name] = found
        return found

    async def _made(self, name: str) -> Table | None:
        prefix = next((each for each in VIRTUAL_PREFIXES if name.startswith(each)), "")
        keyspace, _, cql_table = name.removeprefix(prefix).partition(".")
        if not prefix or keyspace not in CASSANDRAS_OWN:
            return None
        try:
            attached = (await attachable(self._patient, keyspace, cql_table)).attached
        except ConfigError:
            return None
        keys = key_attributes(attached)
        return Table(
            id=blake2b(name.encode(), digest_size=16).hexdigest(),
            name=name,
            partition_key=keys[0],
            sort_key=keys[1] if len(keys) > 1 else None,
            created=0.0,
            status="ACTIVE",
            billing_mode="PAY_PER_REQUEST",
            attached=attached,
        )


class SystemTable(ColumnTable):
    """A table whose node has all of it, in an order that may be that of its keys: a scan reads it
    as a whole for each page."""

    async def scan(self, segment: Segment, after: Key | None, limit: int, consistent: bool) -> Page:
        statement = self.statements.everything
        found = (
            await self._patient.execute(statement, ((_MOST_ROWS + 1).to_bytes(4, "big"),))
        ).rows
        if len(found) > _MOST_ROWS:
            raise errors.validation(
                f"Table {self.table.name} has more than {_MOST_ROWS} rows: query it"
            )
        tokens = ring.segment_range(segment)
        behind = None if after is None else self._place(after)
        placed = [(self._place(row.key), row) for row in self._rows(found)]
        rows = [
            row
            for place, row in sorted(placed, key=_first)
            if tokens.first <= place[0] <= tokens.last and (behind is None or place > behind)
        ]
        return Page(tuple(rows[:limit]), more=len(rows) > limit)

    def _place(self, key: Key) -> tuple[int, bytes, str | bytes]:
        return self.token(key.partition), self.routing(key.partition), key.sort or self._least()

    def _least(self) -> str | bytes:
        sort = self.table.sort_key
        return "" if sort is None or sort.type == "S" else b""


def column_table(patient: Patient, table: Table, attached: Attachment) -> ColumnTable:
    whole = attached.keyspace in CASSANDRAS_OWN and attached.keyspace != _SPREAD
    return (SystemTable if whole else ColumnTable)(patient, table, attached)


def _first(placed: tuple[tuple[int, bytes, str | bytes], Row]) -> tuple[int, bytes, str | bytes]:
    return placed[0]
