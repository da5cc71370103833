"""Reads of secondary indexes: query, scan. Local and global ones differ in their CQL alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ...model.index import Position, decode
from ...model.rows import EVERYTHING, WHOLE, Bounds, KeyValue, Page, Row, Segment
from ...model.table import Index
from ..base import EntryPage
from . import document, ring
from .index_statements import At
from .items import EntryTable
from .patience import Patient
from .session import Value
from .statements import Read


class IndexReads:
    """All methods raise StoreUnavailable and Unconfigured."""

    def __init__(self, patient: Patient) -> None:
        self._patient = patient

    async def query(
        self,
        entries: EntryTable,
        index: Index,
        partition: bytes,
        bounds: Bounds,
        after: Position | None,
        limit: int,
        reverse: bool,
        consistent: bool,
    ) -> Page:
        # A local index has the partition of the table, with the table's own key.
        place = decode(partition, index.partition)[0] if index.local else partition
        start = None if after is None else entries.reads.at(after)
        page = _Filling(self._patient, entries, limit, consistent)
        more = await page.slice(place, bounds, start, reverse=reverse)
        return Page(tuple(page.rows), more)

    async def scan(
        self,
        entries: EntryTable,
        segment: Segment,
        after: Position | None,
        limit: int,
        consistent: bool,
    ) -> Page:
        page = _Filling(self._patient, entries, limit, consistent)
        more = await page.behind(ring.segment_range(segment), after)
        return Page(tuple(page.rows), more)

    async def scan_places(
        self, entries: EntryTable, after: Position | None, limit: int
    ) -> EntryPage:
        """As `scan` of all, with where each entry stands."""
        page = _Filling(self._patient, entries, limit, True)
        page.places = []
        more = await page.behind(ring.segment_range(WHOLE), after)
        positions = map(entries.reads.position, page.places)
        return EntryPage(tuple(zip(positions, page.rows, strict=True)), more)


class _Filling:
    """One page under way. Each method fetches and tells whether its range may hold more."""

    def __init__(self, patient: Patient, entries: EntryTable, limit: int, consistent: bool) -> None:
        self.rows: list[Row] = []
        self.places: list[At] | None = None
        """Where each row stands, if that is wanted."""
        self._patient = patient
        self._reads, self._sizes = entries
        self._limit = limit
        self._consistent = consistent

    async def slice(
        self, place: KeyValue, bounds: Bounds, after: At | None, *, reverse: bool
    ) -> bool:
        """Of one partition."""
        for read, values in self._reads.slices(place, bounds, after, reverse=reverse):
            wanted = self._sizes.fetch(self._limit - len(self.rows))
            found = await self._fetch(read, (*values, wanted))
            self._add((place, *row) for row in found)
            if len(found) == wanted:
                return True
        return False

    async def behind(self, whole: ring.Range, after: Position | None) -> bool:
        """Of a range of the ring, from behind `after`."""
        rest = whole
        if after is not None:
            at = self._reads.at(after)
            if await self.same_token(at):
                return True
            rest = ring.behind(whole, at.ring)
        return await self.range(rest)

    async def range(self, tokens: ring.Range) -> bool:
        """Of all partitions with these tokens."""
        if tokens.first > tokens.last:
            return False
        wanted = self._sizes.fetch(self._limit - len(self.rows))
        found = await self._fetch(self._reads.scan, (*tokens, wanted))
        self._add(found)
        return len(found) == wanted

    async def same_token(self, after: At) -> bool:
        """What lies behind `after` with its token: the rest of its partition, then partitions that
        happen to have the same token. True as well when the page is full."""
        more = await self.slice(after.ring, EVERYTHING, after, reverse=False)
        token = ring.token(after.ring)
        listed = self._reads.partitions
        found = [] if more or listed is None else await self._fetch(listed, (token, token))
        for place in ring.siblings_behind([row[0] for row in found], after.ring):
            if more or len(self.rows) >= self._limit:
                break
            more = await self.slice(place, EVERYTHING, None, reverse=False)
        return more or len(self.rows) >= self._limit

    def _add(self, found: Iterable[Sequence[Any]]) -> None:
        largest = 0
        for *columns, blob in found:
            largest = max(largest, len(blob))
            at = self._reads.found(*columns)
            self.rows.append(Row(at.key, 0, data=document.decode(blob)))
            if self.places is not None:
                self.places.append(at)
        if largest:
            self._sizes.saw(largest)

    async def _fetch(self, read: Read, values: Sequence[Value]) -> Sequence[Sequence[Any]]:
        return (await self._patient.execute(read.at(self._consistent), values)).rows
