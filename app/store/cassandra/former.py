"""Streams that are no more: from when their table goes without them until a day after their end.

A stream gets a row here before the catalog tells of its end, which may not come about: so a row
counts only once the catalog has another stream, or none, or no such table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from ...model.stream import StreamOfTable, stream_of
from ...model.table import KeyAttribute, Table
from ...model.table import stream as stream_from
from .catalog import Catalog, decoded
from .marks import MICROSECONDS
from .patience import Patient
from .stream_statements import LogStatements


class Former:
    """All methods raise StoreUnavailable."""

    def __init__(
        self, patient: Patient, statements: LogStatements, catalog: Catalog, keep_seconds: int
    ) -> None:
        self._patient = patient
        self._statements = statements
        self._catalog = catalog
        self._keep_seconds = keep_seconds

    async def retire(self, table: Table) -> None:
        """To be called before the catalog shows that the stream of `table` ends."""
        found = stream_of(table, "DISABLING")
        assert found is not None
        # Older than what `finish` writes, so that it can be late, or done twice, without effect;
        # but newer than what was written before shards were split.
        made = int(found.stream.created * MICROSECONDS) + len(found.stream.earlier)
        await self._patient.execute(self._statements.retire, (*_row(found), made))

    async def finish(self, stream: StreamOfTable) -> None:
        """It is DISABLED now, and forgotten when its records are."""
        values = (*_row(stream), self._keep_seconds)
        await self._patient.execute(self._statements.retired, values)

    async def all(self) -> list[StreamOfTable]:
        """In no order, also those that do not count."""
        return _decoded((await self._patient.execute(self._statements.former)).rows)

    async def of(self, name: str) -> list[StreamOfTable]:
        """Those of tables of this name, in the order of labels, also those that do not count."""
        return _decoded((await self._patient.execute(self._statements.former_of, (name,))).rows)

    async def is_finished(self, stream: StreamOfTable) -> bool:
        return any(
            each.stream.label == stream.stream.label and each.status == "DISABLED"
            for each in await self.of(stream.table_name)
        )

    async def ended_at(self, stream: StreamOfTable) -> int | None:
        """The version of the catalog that shows its end; None while it does not."""
        row = await self._catalog.read(stream.table_name, decided=True)
        if row is None or row.id != stream.table_id:
            return 0
        current = decoded(stream.table_name, row).stream
        is_current = current is not None and current.label == stream.stream.label
        if row.status != "DELETING" and is_current:
            return None
        return row.at or 0


def _row(stream: StreamOfTable) -> tuple[str, str, str, bytes]:
    return stream.table_name, stream.stream.label, stream.table_id, orjson.dumps(stream)


def _decoded(rows: Sequence[Sequence[Any]]) -> list[StreamOfTable]:
    found = []
    for name, _, id, spec, closed in rows:
        raw = orjson.loads(spec)
        keys = tuple(KeyAttribute(**key) for key in raw["keys"])
        status = "DISABLED" if closed else "DISABLING"
        found.append(StreamOfTable(name, id, keys, stream_from(raw["stream"]), status))
    return found
