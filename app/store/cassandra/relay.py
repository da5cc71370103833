"""Brings the records of outbox rows to the logs of their shards: each once, an item's in order.

One process relays, under a lease; should two do so, the heads of the logs let only one append (see
`stream_log`). STREAMS.md says why nothing is lost, doubled or out of order.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from typing import NamedTuple

from ...clock import Clock
from ...errors import StoreError
from ...faults import Faults
from ...metrics import Metrics
from ...model.rows import Key
from ...model.shards import shard_count
from ...model.stream import StreamOfTable
from ...model.table import Table
from . import outbox
from .catalog import Catalog
from .former import Former
from .index_statements import MarkStatements
from .items import ItemTable
from .leases import Leases, Office
from .marks import MICROSECONDS, Marks
from .patience import Patient
from .session import DriverFault
from .shapes import Shapes, key_of
from .statements import row_of
from .stream_log import Entry, Log, NotOwner, Place
from .stream_statements import outbox_row
from .watch import Seen, Watch

LEASE_SECONDS = 5
POLL_SECONDS = 0.1
_LEASE = "relay records"
# A write under way is looked for in each round, so that what its client writes next, maybe another
# item, does not come before it; later now and then.
_YOUNG_SECONDS = 1.0
_LOOK_SECONDS = 0.1
_SURVEY_SECONDS = 0.5
_EVERYWHERE_SECONDS = 5.0
_AT_ONCE = 64
_BATCH_RECORDS = 100
_BATCH_BYTES = 1024 * 1024
_REMEMBERED = 20_000

_Id = tuple[str, Key, int]
"""A write: the id of its table, the key of its item, the version it made."""


class _Found(NamedTuple):
    """An outbox row. `before` is the version before it, `records` whether it has a record that is
    to be in a log, which `place` is None for if its stream is not known."""

    entry: Entry
    stream: str
    place: Place | None
    before: int | None
    records: bool


class Relay:
    """`patience`: seconds after which a write whose row is not there is looked at closer.
    `acknowledged` waits until no process acts on an older version of the catalog."""

    def __init__(
        self,
        patient: Patient,
        marks: Marks,
        statements: MarkStatements,
        log: Log,
        former: Former,
        catalog: Catalog,
        tables: Callable[[Table], ItemTable],
        acknowledged: Callable[[int], Coroutine[None, None, None]],
        leases: Leases,
        clock: Clock,
        faults: Faults,
        metrics: Metrics,
        patience: float,
    ) -> None:
        self._patient = patient
        self._metrics = metrics
        self._shapes = Shapes(catalog)
        self._log = log
        self._former = former
        self._catalog = catalog
        self._tables = tables
        self._acknowledged = acknowledged
        self._clock = clock
        self._faults = faults
        self._patience = patience
        self._marks = marks
        self._office = Office(leases, clock, _LEASE, LEASE_SECONDS, self._begin)
        self._watch = Watch(patient, statements, marks, self._office.held, clock, 0.0)
        self._woken = asyncio.Event()
        self._places: set[Place] = set()
        self._survey_at = 0.0
        self._everywhere_at = 0.0
        # The version of the oldest record that was found and may not be in its log.
        self._oldest = math.inf
        # What was relayed lately: its mark needs no second look.
        self._done: dict[_Id, None] = {}
        self._ending: dict[StreamOfTable, asyncio.Task[None]] = {}
        # Streams whose shards are being closed: what comes for one that is closed comes too late.
        self._over: set[str] = set()

    @property
    def relays(self) -> bool:
        """Whether this process is the one."""
        return self._office.is_held

    def wake(self, *, survey: bool = False) -> None:
        """There is something to be done. survey: a stream has begun or ended."""
        if survey:
            self._survey_at = 0.0
        self._woken.set()

    async def run(self) -> None:
        """For ever. Cancel it to stop."""
        while True:
            if self._office.is_held:
                # Not wait_for: before Python 3.12 it may swallow that this task is cancelled.
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS if self._places else _SURVEY_SECONDS):
                        await self._woken.wait()
            else:
                await asyncio.sleep(_SURVEY_SECONDS * random.uniform(0.8, 1.2))
            self._woken.clear()
            try:
                if await self._office.held():
                    await self._round()
                else:
                    self._oldest = math.inf
                    self._tell_lag()
            except (StoreError, DriverFault, NotOwner):
                # The next round does what could not be done in this one.
                self._tell_lag()

    async def close(self) -> None:
        for ending in self._ending.values():
            ending.cancel()
        await self._office.free()

    async def _begin(self) -> None:
        self._log.begin()
        self._places.clear()
        self._done.clear()
        self._survey_at = self._everywhere_at = 0.0
        await self._watch.begin()

    async def _round(self) -> None:
        now = self._clock.monotonic()
        if now >= self._survey_at:
            await self._survey()
            self._survey_at = max(self._survey_at, now + _SURVEY_SECONDS)
        if not self._places:
            return
        # Before rows are read: what the last append of a head has left is in its log then.
        await self._take_all()
        if now >= self._everywhere_at:
            await self._watch.look_everywhere()
            self._everywhere_at = now + _EVERYWHERE_SECONDS
        else:
            await self._watch.look_around()
        await self._relay(self._watch.due())
        await self._watch.store()

    async def _take_all(self) -> None:
        # Shards that were split get no more: what they get is in them now, and what is read from
        # here on belongs to their children.
        split = [place for place in self._places if self._shapes.is_split(place)]
        for first in range(0, len(split), _AT_ONCE):
            together = split[first : first + _AT_ONCE]
            await asyncio.gather(*map(self._log.close, together))
            self._places.difference_update(together)
        places = list(self._places)
        for first in range(0, len(places), _AT_ONCE):
            await asyncio.gather(*map(self._log.take, places[first : first + _AT_ONCE]))

    # -- records ----------------------------------------------------------------------------

    async def _relay(self, due: list[Seen], *, closely: bool = False) -> bool:
        """Whether all that was found is in its log. closely: each write that is not there is looked
        at as if it were late."""
        complete = True
        # An item that was away for an hour has no link to what it was before.
        due.sort(key=lambda seen: seen.mark.version)
        for start in range(0, len(due), _AT_ONCE * 8):
            if not await self._office.held():
                return False
            found: dict[_Id, _Found] = {}
            part = due[start : start + _AT_ONCE * 8]
            ids: list[_Id | None] = []
            for first in range(0, len(part), _AT_ONCE):
                together = part[first : first + _AT_ONCE]
                ids += await asyncio.gather(
                    *(self._find(seen, found, closely) for seen in together)
                )
            if found:
                self._oldest = min(self._oldest, *(row.entry.version for row in found.values()))
                self._tell_lag()
                await self._faults.at("relay:found")
                complete &= await self._bring(found)
            for seen, id in zip(part, ids, strict=True):
                if id in self._done:
                    self._marks.remove_later(seen.mark)
                    self._watch.seen.pop(seen.mark.id, None)
        self._tell_lag()
        if complete:
            self._oldest = math.inf
        return complete

    def _tell_lag(self) -> None:
        self._metrics.set("StreamLag", max(0.0, self._clock.time() - self._oldest / MICROSECONDS))

    async def _find(self, seen: Seen, found: dict[_Id, _Found], closely: bool) -> _Id | None:
        """Adds the row of a mark, and those before it that are still there. The mark's write."""
        mark = seen.mark
        table = await self._catalog.of_id(mark.table_name, mark.table_id)
        if table is None:
            await self._watch.remove(seen)
            return None
        key = mark.key(table)
        marked = id = (table.id, key, mark.version)
        if id in self._done or id in found:
            return marked
        row = await self._read(table, key, mark.version)
        if row is None:
            age = self._clock.monotonic() - seen.first
            if age >= _YOUNG_SECONDS:
                self._watch.put_off(seen, _LOOK_SECONDS)
            late = age >= self._patience
            if late or closely:
                row = await self._decided(seen, table, key, late)
        while row is not None:
            found[id] = row
            if row.before is None:
                break
            id = (table.id, key, row.before)
            if id in found or id in self._done:
                break
            # Visible if it is there at all: the write behind it was made when it had been decided.
            row = await self._read(table, key, row.before)
        return marked

    async def _decided(self, seen: Seen, table: Table, key: Key, late: bool) -> _Found | None:
        """The row of a write, if that has happened; its mark goes if it never can any more."""
        version = seen.mark.version
        # LOCAL_SERIAL finishes what was decided and not yet written: a write that this does not
        # show has not happened so far.
        statements = self._tables(table).statements
        rows = (await self._patient.execute(statements.decided, row_of(key))).rows
        found = await self._read(table, key, version)
        if found is not None:
            return found
        current = rows[0][1] if rows else None
        if self._watch.is_old(seen) or (current is not None and version <= current):
            await self._watch.remove(seen)
        elif late:
            self._watch.look_again(seen)
        return None

    async def _bring(self, found: dict[_Id, _Found]) -> bool:
        """Whether all of it is in its log now."""
        complete = True
        if any(row.place is None for row in found.values()):
            await self._shapes.learn(await self._former.all(), anew=True)
        places: dict[Place, list[_Found]] = {}
        # By version: that is in the order of its writes for each item.
        for row in sorted(found.values(), key=lambda row: row.entry.version):
            if row.place is not None:
                places.setdefault(row.place, []).append(row)
            elif row.stream in self._shapes:
                # Its heads are to be taken before its rows are read.
                self._survey_at, complete = 0.0, False
            else:
                # Written after all, after its writer was told that nobody knows, and after the end
                # of the stream.
                places.setdefault((row.stream, 0), []).append(row._replace(records=False))
        results = await asyncio.gather(
            *(self._append(place, rows) for place, rows in places.items()), return_exceptions=True
        )
        for result in results:
            if isinstance(result, NotOwner):
                # A shard that this process does not know yet, or one that it lost.
                self._survey_at, complete = 0.0, False
            elif isinstance(result, BaseException):
                raise result
        return complete

    async def _append(self, place: Place, rows: list[_Found]) -> None:
        if place[0] in self._over and await self._log.is_closed(place):
            # By a relay that died before all was done.
            rows = [row._replace(records=False) for row in rows]
        for batch in _batches(row.entry for row in rows if row.records):
            await self._log.append(place, batch)
            self._remember(batch)
        # Links hold an item's rows together: they go when the records before them are in the log.
        links = [row.entry for row in rows if not row.records]
        await asyncio.gather(*(self._log.remove(link) for link in links))
        self._remember(links)

    def _remember(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            self._done[entry.table.id, entry.key, entry.version] = None
        while len(self._done) > _REMEMBERED:
            del self._done[next(iter(self._done))]

    async def _read(self, table: Table, key: Key, version: int) -> _Found | None:
        statement = self._tables(table).statements.outbox.read
        rows = (await self._patient.execute(statement, outbox_row(key, version))).rows
        if not rows:
            return None
        before, blob = rows[0]
        message = outbox.decode(blob)
        entry = Entry(table, key, version, blob, version)
        place = self._shapes.place(message.stream, key)
        return _Found(entry, message.stream, place, before, message.record is not None)

    # -- streams ----------------------------------------------------------------------------

    async def _survey(self) -> None:
        """Which shards there are, and which streams have ended."""
        former = await self._former.all()
        await self._shapes.learn(former)
        # Behind the shapes: heads are there before the catalog tells of their shards.
        self._places = set(await self._log.open_places())
        for stream in former:
            if stream.status == "DISABLED":
                continue
            ending = self._ending.get(stream)
            if ending is None:
                version = await self._former.ended_at(stream)
                if version is not None:
                    self._ending[stream] = asyncio.create_task(self._acknowledged(version))
            elif ending.done():
                del self._ending[stream]
                await self._end(stream)

    async def _end(self, stream: StreamOfTable) -> None:
        """No process writes its records any more: what is there is all."""
        await self._take_all()
        if not await self._watch.look_everywhere():
            return
        marks = [
            each for each in self._watch.seen.values() if each.mark.table_id == stream.table_id
        ]
        key = key_of(stream)
        self._over.add(key)
        if not await self._relay(marks, closely=True):
            return
        for number in range(shard_count(stream.stream)):
            await self._log.close((key, number))
            self._places.discard((key, number))
        await self._former.finish(stream)
        self._over.discard(key)


def _batches(entries: Iterable[Entry]) -> Iterable[list[Entry]]:
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        if batch and (len(batch) == _BATCH_RECORDS or size + len(entry.blob) > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += len(entry.blob)
    if batch:
        yield batch
