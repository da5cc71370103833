"""Tables that others have made, and what of `columns` serves them.

That is imported with the first of them: few servers have any.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ...clock import Clock
from ...config import ConfigError
from ...metrics import Metrics
from ...model.attachment import Attachment
from ...model.rows import Item, Key
from ...model.table import Table
from .. import base
from .patience import Patient
from .schema import is_ours
from .session import Session

if TYPE_CHECKING:
    from .columns.reads import ColumnTable
    from .columns.schema import Found
    from .columns.system import SystemTables
    from .columns.writes import ColumnWriter

_MOST_TABLES = 4096


class AttachedTables:
    """`keyspace`: the store's. `deadline`: seconds that a write may take."""

    def __init__(
        self,
        keyspace: str,
        session: Session,
        patient: Patient,
        clock: Clock,
        metrics: Metrics,
        deadline: float,
    ) -> None:
        self._keyspace = keyspace
        self._session = session
        self._patient = patient
        self._clock = clock
        self._metrics = metrics
        self._deadline = deadline
        self._tables: dict[str, ColumnTable] = {}

    async def find(self, keyspace: str, table: str) -> Found:
        """What a table that could be attached looks like. Raises ConfigError."""
        from .columns.schema import attachable

        theirs = keyspace == "system" or keyspace.startswith("system_")
        if theirs or is_ours(self._keyspace, keyspace):
            raise ConfigError(
                f"{keyspace}.{table}: neither Cassandra's own tables nor dynaspan's can be attached"
            )
        return await attachable(self._patient, keyspace, table)

    async def system_table(self, name: str) -> Table | None:
        """One of Cassandra's own, by the name of its virtual table."""
        return await self._system_tables.table(name)

    def of(self, table: Table, attached: Attachment) -> ColumnTable:
        found = self._tables.get(table.id)
        if found is None:
            from .columns.system import column_table

            if len(self._tables) >= _MOST_TABLES:
                del self._tables[next(iter(self._tables))]
            found = self._tables[table.id] = column_table(self._patient, table, attached)
        return found

    def admit(self, table: Table, attached: Attachment, key: Key, item: Item | None) -> None:
        from .columns.writes import admit

        admit(self.of(table, attached), key, item)

    async def write(self, write: base.Write, attached: Attachment) -> base.Outcome:
        return await self._writer.write(self.of(write.table, attached), write)

    @cached_property
    def _system_tables(self) -> SystemTables:
        from .columns.system import SystemTables

        return SystemTables(self._patient)

    @cached_property
    def _writer(self) -> ColumnWriter:
        from .columns.writes import ColumnWriter

        return ColumnWriter(self._session, self._clock, self._metrics, self._deadline)
