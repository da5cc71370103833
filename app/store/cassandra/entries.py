"""What goes along with the write of one item of a table with indexes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ...clock import Clock
from ...errors import StoreUnavailable
from ...faults import Faults
from ...model.index import EntryChange
from ...model.rows import Key
from ...model.table import Table
from ..base import Write
from .document import Image, encode
from .index_statements import EntryWrites, Sent
from .items import ItemTable
from .marks import Mark, Marks, mark_of
from .patience import Deadline, Patient
from .session import DriverFault, Value
from .statements import local_row

# A mark without its write is taken for that of a dead process after an hour; a process that was
# stopped in between must not send the write then.
MARK_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class LocalChanges:
    """Rows of local indexes, changed in the item's own batch: number of the index, sort key of the
    place and, of those that come, the projected item."""

    removed: tuple[tuple[int, bytes], ...]
    added: tuple[tuple[int, bytes, bytes], ...]

    def values(self, key: Key) -> tuple[Value, ...]:
        """Of the statements of `local_entries`."""
        rows = [local_row(key, number, sort) for number, sort in self.removed]
        rows += [(*local_row(key, number, sort), blob) for number, sort, blob in self.added]
        return tuple(value for row in rows for value in row)


def local_changes(write: Write, image: Image | None) -> LocalChanges:
    removed: list[tuple[int, bytes]] = []
    added: list[tuple[int, bytes, bytes]] = []
    for change in write.entries:
        number = change.index.number
        if not change.index.local:
            continue
        if change.old is not None and change.old != change.new:
            removed.append((number, change.old.sort))
        if change.new is not None:
            added.append((number, change.new.sort, _projected(change, write, image)))
    return LocalChanges(tuple(removed), tuple(added))


@dataclass(frozen=True, slots=True)
class Entries:
    """Makes `GlobalChanges`."""

    patient: Patient
    marks: Marks
    clock: Clock
    faults: Faults

    def changes(self, write: Write, items: ItemTable, image: Image | None) -> GlobalChanges | None:
        """None if no global index changes."""
        changes = [
            _GlobalChange(
                items.entry_writes(change.index.number),
                change,
                None if change.new is None else _projected(change, write, image),
            )
            for change in write.entries
            if not change.index.local
        ]
        return GlobalChanges(self, write.table, write.key, changes) if changes else None

    async def write(self, sent: Sequence[Sent], deadline: Deadline | None = None) -> bool:
        """Whether all of it is written."""
        results = await asyncio.gather(
            *(self.patient.execute(*each, deadline) for each in sent), return_exceptions=True
        )
        failed = [result for result in results if isinstance(result, BaseException)]
        for fault in failed:
            if not isinstance(fault, StoreUnavailable | DriverFault):
                raise fault
        return not failed


class _GlobalChange(NamedTuple):
    writes: EntryWrites
    change: EntryChange
    blob: bytes | None


class GlobalChanges:
    """The entries of one write in global indexes: a mark before each attempt at the write, the
    entries behind the one that was applied."""

    def __init__(self, of: Entries, table: Table, key: Key, changes: list[_GlobalChange]) -> None:
        self._of = of
        self._table = table
        self._key = key
        self._changes = changes
        self._until = 0.0

    async def announce(self, version: int, deadline: Deadline) -> Mark:
        """Returns when the mark is durable. Raises StoreUnavailable."""
        self._until = self._of.clock.monotonic() + MARK_SECONDS
        mark = mark_of(self._table, self._key, version, [each.change for each in self._changes])
        await self._of.marks.write(mark, deadline)
        await self._of.faults.at("mark:written")
        return mark

    def in_time(self) -> bool:
        """Whether the write may still be sent under its mark."""
        return self._of.clock.monotonic() <= self._until

    def withdraw(self, mark: Mark) -> None:
        """The attempt was not applied and never will be."""
        self._of.marks.remove_later(mark)

    async def follow(self, mark: Mark, deadline: Deadline) -> None:
        """Brings the entries to what the attempt has written; what fails is left to the sweeper,
        since the item itself is durable."""
        if not self.in_time():
            # Held up since: whoever deleted these places again may have been forgotten by now.
            return
        written = await self._of.write(self.at(mark.version), deadline)
        await self._of.faults.at("entries:written")
        if written:
            self._of.marks.remove_later(mark)

    def at(self, version: int) -> list[Sent]:
        """What brings the entries to what a write of this version has made of the item."""
        sent: list[Sent] = []
        for writes, change, blob in self._changes:
            # On a tie of timestamps a delete wins: never of the place that is written as well.
            if change.old is not None and change.old != change.new:
                sent.append(writes.delete(change.old, self._key, version))
            if change.new is not None and blob is not None:
                sent.append(writes.put(change.new, self._key, blob, version))
        return sent


def _projected(change: EntryChange, write: Write, image: Image | None) -> bytes:
    if change.item is write.item and image is not None:
        return image.blob
    assert change.item is not None
    return encode(change.item)
