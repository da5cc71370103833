"""The logs of shards, and how the relay appends to them so that nothing is in one twice.

A shard's head says who may append (`owner`), the number of its last record (`seq`), and which
outbox rows got the numbers behind `base` (`refs`). An append is

    1  UPDATE heads SET seq, base, refs IF owner = mine AND seq = base     numbers are given
    2  INSERT the records into the log                                     they become readable
    3  DELETE the outbox rows

and the next one begins when all three are done. Only the first is decided by consensus, and what
the others do follows from it: they may be done twice, and late, by whoever. Who takes a head over
replaces its owner, which ends the appends of the one before, and does 2 and 3 for what its last
append has left.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple

import orjson

from ...clock import Clock
from ...faults import Faults
from ...model.rows import Key
from ...model.shards import first_open, shard_count
from ...model.table import Stream, Table
from .catalog import Catalog
from .items import ItemTable
from .marks import MICROSECONDS, key_of
from .patience import Patient
from .ring import key_bytes
from .stream_statements import LogStatements, bucket_of, outbox_row

# A delete must win over the insert, whose time a node has set; keys of outbox rows never come back.
_AHEAD = 3600 * MICROSECONDS
# Behind the records, so that a bucket is not forgotten before they are.
_BUCKET_GRACE_SECONDS = 60

Place = tuple[str, int]
"""A stream and the number of a shard."""


class Entry(NamedTuple):
    """One outbox row that is to be appended. `at` is the time of its write in microseconds, and in
    the log at least that of the record before it."""

    table: Table
    key: Key
    version: int
    blob: bytes
    at: int


class NotOwner(Exception):
    """Another process has taken the head over, or the shard is closed."""


class _Head(NamedTuple):
    """Number and time of the last record."""

    sequence: int
    at: int


class Log:
    """Appends of one process, which are refused when another has taken over.

    All methods raise StoreUnavailable; whoever
    gets it takes the head again before the next append.
    """

    def __init__(
        self,
        patient: Patient,
        statements: LogStatements,
        tables: Callable[[Table], ItemTable],
        catalog: Catalog,
        clock: Clock,
        faults: Faults,
        keep_seconds: int,
    ) -> None:
        self._patient = patient
        self._statements = statements
        self._tables = tables
        self._catalog = catalog
        self._clock = clock
        self._faults = faults
        self._keep_seconds = keep_seconds
        self._owner = b""
        self._heads: dict[Place, _Head] = {}

    def begin(self) -> None:
        """Forgets what it holds: heads must be taken anew."""
        self._owner = os.urandom(16)
        self._heads.clear()

    async def open_places(self) -> list[Place]:
        """All shards that are not closed."""
        rows = (await self._patient.execute(self._statements.heads)).rows
        return [(stream, shard) for stream, shard, closed in rows if not closed]

    async def take(self, place: Place) -> bool:
        """Makes this process the owner, and finishes the last append; False if it is closed."""
        if place in self._heads:
            return True
        while True:
            found = (await self._patient.execute(self._statements.head_decided, place)).rows
            if not found or found[0][4]:
                return False
            owner, sequence, base, refs, _ = found[0]
            values = (self._owner, *place, owner, sequence)
            result = await self._patient.execute(self._statements.take, values)
            # Sent again after an unknown outcome it may have met its own effect.
            if result.rows[0][0] or result.records()[0].get("owner") == self._owner:
                break
        await self._faults.at("relay:taken")
        left = orjson.loads(refs or b"[]")
        await self._open_buckets(place, base, sequence)
        await self._complete(place, base, [await self._entry(*ref) for ref in left])
        self._heads[place] = _Head(sequence, left[-1][-1] if left else 0)
        return True

    async def append(self, place: Place, entries: Sequence[Entry]) -> None:
        """In this order, to a head that was taken before they were read. Raises NotOwner, and then
        nothing was appended."""
        # Whatever goes wrong: what became of it is found out by taking the head again.
        head = self._heads.pop(place, None)
        if head is None:
            raise NotOwner
        base, sequence = head.sequence, head.sequence + len(entries)
        times = list(accumulate((entry.at for entry in entries), max, initial=head.at))
        entries = [entry._replace(at=at) for entry, at in zip(entries, times[1:], strict=True)]
        refs = orjson.dumps([_ref(entry) for entry in entries])
        # Before they have numbers: a number without a bucket is that of a record that was trimmed.
        await self._open_buckets(place, base, sequence)
        values = (sequence, base, refs, *place, self._owner, base)
        result = await self._patient.execute(self._statements.assign, values)
        if not result.rows[0][0]:
            found = result.records()[0]
            if (found.get("owner"), found.get("seq")) != (self._owner, sequence):
                raise NotOwner
        await self._faults.at("relay:assigned")
        await self._complete(place, base, entries)
        self._heads[place] = _Head(sequence, times[-1])

    async def close(self, place: Place) -> None:
        """No record comes any more. The head goes when the records have. Raises NotOwner."""
        if not await self.take(place):
            return
        head = self._heads.pop(place)
        seconds = self._keep_seconds + _BUCKET_GRACE_SECONDS
        values = (seconds, self._owner, head.sequence, head.sequence, *place)
        result = await self._patient.execute(
            self._statements.close, (*values, self._owner, head.sequence)
        )
        if not result.rows[0][0] and not result.records()[0].get("closed"):
            raise NotOwner
        await self._faults.at("relay:closed")

    async def begin_stream(self, key: str, stream: Stream) -> None:
        """Heads for the shards that are written to. May be done twice."""
        await asyncio.gather(
            *[
                self._patient.execute(self._statements.new_head, (key, number))
                for number in range(first_open(stream), shard_count(stream))
            ]
        )

    async def is_closed(self, place: Place) -> bool:
        rows = (await self._patient.execute(self._statements.head, place)).rows
        return not rows or bool(rows[0][2])

    async def remove(self, entry: Entry) -> None:
        """The outbox row."""
        statement = self._tables(entry.table).statements.outbox.delete
        time = int(self._clock.time() * MICROSECONDS) + _AHEAD
        await self._patient.execute(statement, (time, *outbox_row(entry.key, entry.version)))

    async def _open_buckets(self, place: Place, base: int, sequence: int) -> None:
        """For the records behind `base` up to `sequence`."""
        seconds = self._keep_seconds + _BUCKET_GRACE_SECONDS
        await asyncio.gather(
            *[
                self._patient.execute(self._statements.open_bucket, (*place, bucket, seconds))
                for bucket in range(bucket_of(base + 1), bucket_of(sequence) + 1)
            ]
        )

    async def _complete(self, place: Place, base: int, entries: Sequence[Entry | None]) -> None:
        """Steps 2 and 3. None stands for a row that has gone: its record is in the log then."""
        numbered = [
            (base + number, entry) for number, entry in enumerate(entries, 1) if entry is not None
        ]
        keep = self._keep_seconds
        await asyncio.gather(
            *[
                self._patient.execute(
                    self._statements.append,
                    (*place, bucket_of(number), number, entry.at, entry.blob, keep),
                )
                for number, entry in numbered
            ]
        )
        await self._faults.at("relay:logged")
        await asyncio.gather(*[self.remove(entry) for _, entry in numbered])
        await self._faults.at("relay:removed")

    async def _entry(
        self, name: str, id: str, partition: str, sort: str | None, version: int, at: int
    ) -> Entry | None:
        table = await self._catalog.of_id(name, id)
        if table is None:
            return None
        key = key_of(table, bytes.fromhex(partition), None if sort is None else bytes.fromhex(sort))
        rows = (
            await self._patient.execute(
                self._tables(table).statements.outbox.read, outbox_row(key, version)
            )
        ).rows
        return Entry(table, key, version, rows[0][1], at) if rows else None


def _ref(entry: Entry) -> tuple[str, str, str, str | None, int, int]:
    key = entry.key
    sort = None if key.sort is None else key_bytes(key.sort).hex()
    table = entry.table
    return table.name, table.id, key_bytes(key.partition).hex(), sort, entry.version, entry.at
