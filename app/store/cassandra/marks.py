"""Marks: what a write is about to do to global entries, kept until it is done.

A mark belongs to one attempt at a write and is acknowledged before that is sent, so that whoever
dies on the way leaves it behind, and `sweeper` looks after the entries it names.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson

from ...errors import StoreUnavailable
from ...model.index import EntryChange, Place
from ...model.rows import Key, KeyValue
from ...model.table import Table
from .index_statements import SHARDS, SLOT_SECONDS, MarkStatements
from .patience import Deadline, Patient
from .ring import key_bytes, token

MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Mark:
    """`places` are those of the entry before and after the write, by the number of the index."""

    slot: int
    shard: int
    id: bytes
    version: int
    table_name: str
    table_id: str
    partition: bytes
    sort: bytes | None
    places: bytes

    def key(self, table: Table) -> Key:
        return key_of(table, self.partition, self.sort)

    def touched(self) -> dict[int, list[Place]]:
        return {
            number: [Place(bytes.fromhex(partition), bytes.fromhex(sort)) for partition, sort in at]
            for number, at in orjson.loads(self.places)
        }


def key_of(table: Table, partition: bytes, sort: bytes | None) -> Key:
    """The inverse of `ring.key_bytes`."""
    place = _key_value(table.partition_key.type, partition)
    if table.sort_key is None or sort is None:
        return Key(place, None)
    return Key(place, _key_value(table.sort_key.type, sort))


def slot_of(microseconds: float) -> int:
    return int(microseconds) // (SLOT_SECONDS * MICROSECONDS)


def mark_of(table: Table, key: Key, version: int, changes: Sequence[EntryChange]) -> Mark:
    places = [
        (change.index.number, [(at.partition.hex(), at.sort.hex()) for at in _places(change)])
        for change in changes
    ]
    return new_mark(table, key, version, orjson.dumps(places))


def new_mark(table: Table, key: Key, version: int, places: bytes) -> Mark:
    """With an id of its own, in the slot of its version."""
    return Mark(
        slot=slot_of(version),
        shard=token(key.partition) % SHARDS,
        id=os.urandom(16),
        version=version,
        table_name=table.name,
        table_id=table.id,
        partition=key_bytes(key.partition),
        sort=None if key.sort is None else key_bytes(key.sort),
        places=places,
    )


class Marks:
    def __init__(self, patient: Patient, statements: MarkStatements) -> None:
        self._patient = patient
        self._statements = statements
        self._removing: set[asyncio.Task[None]] = set()

    async def write(self, mark: Mark, deadline: Deadline) -> None:
        """Raises StoreUnavailable."""
        values = (
            mark.slot,
            mark.shard,
            mark.id,
            mark.version,
            mark.table_name,
            mark.table_id,
            mark.partition,
            mark.sort,
            mark.places,
            mark.version,
        )
        await self._patient.execute(self._statements.insert, values, deadline)

    async def remove(self, mark: Mark) -> None:
        """Raises StoreUnavailable."""
        # With the time of the insert: on a tie the delete wins, and no clock has a say.
        values = (mark.version, mark.slot, mark.shard, mark.id)
        await self._patient.execute(self._statements.delete, values)

    def remove_later(self, mark: Mark) -> None:
        """Nobody waits for it; what cannot be removed is the sweeper's."""
        task = asyncio.create_task(self._remove_quietly(mark))
        self._removing.add(task)
        task.add_done_callback(self._removing.discard)

    async def read(self, slots: Sequence[int]) -> list[Mark]:
        """Of SLOTS_AT_ONCE slots, at most MOST_MARKS. Raises StoreUnavailable."""
        rows: Sequence[Any] = (await self._patient.execute(self._statements.select, slots)).rows
        return [Mark(*row) for row in rows]

    async def close(self) -> None:
        """Waits for removals under way."""
        while self._removing:
            await asyncio.wait(tuple(self._removing))

    async def _remove_quietly(self, mark: Mark) -> None:
        with suppress(StoreUnavailable):
            await self.remove(mark)


def _places(change: EntryChange) -> list[Place]:
    found = [place for place in (change.old, change.new) if place is not None]
    return found[:1] if len(found) == 2 and found[0] == found[1] else found


def _key_value(type: str, data: bytes) -> KeyValue:
    return data.decode() if type == "S" else data
