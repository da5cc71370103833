"""Reads of streams: which there are, and the records in their logs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from ...model.shards import shard_count
from ...model.stream import LoggedRecord, Shard, StreamOfTable, stream_of
from ...model.table import Table
from ..base import StreamPage, Trimmed
from . import outbox
from .catalog import Catalog
from .former import Former
from .items import Sizes
from .marks import MICROSECONDS
from .patience import Patient
from .session import Statement, Value
from .shapes import key_of
from .stream_statements import BUCKET_RECORDS, LogStatements, bucket_of

PAGE_BYTES = 1024 * 1024


class StreamReads:
    """The part of the store's contract that reads streams. Raises StoreUnavailable."""

    def __init__(
        self, patient: Patient, statements: LogStatements, catalog: Catalog, former: Former
    ) -> None:
        self._patient = patient
        self._statements = statements
        self._catalog = catalog
        self._former = former
        self._sizes = Sizes()

    async def streams(self, table_name: str | None = None) -> list[StreamOfTable]:
        if table_name is None:
            tables, former = await asyncio.gather(self._catalog.all(), self._former.all())
        else:
            table, former = await asyncio.gather(
                self._catalog.table(table_name), self._former.of(table_name)
            )
            tables = [] if table is None else [table]
        found = [stream for table in tables if (stream := _of(table)) is not None]
        open_ones = {(each.table_id, each.stream.label) for each in found}
        found += [each for each in former if (each.table_id, each.stream.label) not in open_ones]
        return sorted(found, key=lambda each: (each.table_name.encode(), each.stream.label))

    async def stream(self, table_name: str, label: str) -> StreamOfTable | None:
        table = self._catalog.cached(table_name)
        if table is None or table.stream is None or table.stream.label != label:
            found = await self.streams(table_name)
            return next((each for each in found if each.stream.label == label), None)
        return _of(table)

    async def shards(self, stream: StreamOfTable) -> list[Shard]:
        numbers = range(shard_count(stream.stream))
        heads = await asyncio.gather(*(self._head(key_of(stream), number) for number in numbers))
        # The head of a shard that was split goes when its records have.
        return [
            Shard(number, head[0] + 1, head[2])
            for number, head in zip(numbers, heads, strict=True)
            if head is not None
        ]

    async def read_stream(
        self, stream: StreamOfTable, shard: int, *, start: int | None, limit: int
    ) -> StreamPage | Trimmed:
        place = (key_of(stream), shard)
        last, base, closed = await self._head(*place) or (0, 0, True)
        if start is None:
            start = await self._oldest(place, last)
        records: list[LoggedRecord] = []
        size, following = 0, start
        while following <= last and len(records) < limit and size < PAGE_BYTES:
            rows = await self._rows(place, following, limit - len(records))
            for sequence, at, blob in rows:
                # Numbers have no gaps: behind one are records that are being written.
                if sequence != following or size >= PAGE_BYTES:
                    break
                record = outbox.decode(blob).record
                assert record is not None
                records.append(LoggedRecord(sequence, at / MICROSECONDS, record))
                size += len(blob)
                following += 1
            else:
                if rows:
                    continue
            break
        if not records and start <= last and await self._is_trimmed(place, start, base):
            return Trimmed()
        return StreamPage(tuple(records), None if closed and following > last else following)

    async def _head(self, stream: str, shard: int) -> tuple[int, int, bool] | None:
        """Numbers of the last record and of the one before the last append; whether closed."""
        rows = await self._ask(self._statements.head, (stream, shard))
        if not rows:
            return None
        sequence, base, closed = rows[0]
        return sequence, base, bool(closed)

    async def _oldest(self, place: tuple[str, int], last: int) -> int:
        """The number of the oldest record kept, or of the next one if none is."""
        bucket = await self._first_bucket(place)
        if bucket is None:
            return last + 1
        rows = await self._rows(place, bucket * BUCKET_RECORDS + 1, 1)
        # A bucket is there a moment before its first record, and behind its last.
        return rows[0][0] if rows else min(last + 1, (bucket + 1) * BUCKET_RECORDS + 1)

    async def _is_trimmed(self, place: tuple[str, int], start: int, base: int) -> bool:
        """Of a record that was not found: whether it was there, or is still to come."""
        bucket = await self._first_bucket(place)
        return start <= base or bucket is None or bucket > bucket_of(start)

    async def _first_bucket(self, place: tuple[str, int]) -> int | None:
        rows = await self._ask(self._statements.first_bucket, place)
        return rows[0][0] if rows else None

    async def _rows(
        self, place: tuple[str, int], start: int, limit: int
    ) -> Sequence[Sequence[Any]]:
        """In the bucket of `start`."""
        wanted = self._sizes.fetch(limit)
        rows = await self._ask(self._statements.read, (*place, bucket_of(start), start, wanted))
        if rows:
            self._sizes.saw(max(len(row[2]) for row in rows))
        return rows

    async def _ask(self, statement: Statement, values: Sequence[Value]) -> Sequence[Sequence[Any]]:
        return (await self._patient.execute(statement, values)).rows


def _of(table: Table) -> StreamOfTable | None:
    return stream_of(table, "DISABLING" if table.status == "DELETING" else "ENABLED")
