"""What goes along with the write of one item of a table with indexes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import NamedTuple

from ...clock import Clock
from ...errors import StoreUnavailable
from ...faults import Faults
from ...model.index import EntryChange
from ...model.rows import Key
from ...model.table import Table
from ..base import Write
from .document import encode
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
    """Rows of local indexes, changed in the item's own batch: how many go and come, and the values
    of the statements that do it."""

    removed: int
    added: int
    values: tuple[Value, ...]


def local_changes(write: Write, blob: bytes | None) -> LocalChanges:
    """`blob` is the item as it is stored."""
    removed: list[tuple[Value, ...]] = []
    added: list[tuple[Value, ...]] = []
    for change in write.entries:
        number = change.index.number
        if not change.index.local:
            continue
        if change.old is not None and change.old != change.new:
            removed.append(local_row(write.key, number, change.old.sort))
        if change.new is not None:
            row = local_row(write.key, number, change.new.sort)
            added.append((*row, _projected(change, write, blob)))
    values = tuple(value for row in (*removed, *added) for value in row)
    return LocalChanges(len(removed), len(added), values)


@dataclass(frozen=True, slots=True)
class Entries:
    """Makes `GlobalChanges`."""

    patient: Patient
    marks: Marks
    clock: Clock
    faults: Faults

    def changes(self, write: Write, items: ItemTable, blob: bytes | None) -> GlobalChanges | None:
        """None if no global index changes."""
        changes = [
            _GlobalChange(
                items.entry_writes(change.index.number),
                change,
                None if change.new is None else _projected(change, write, blob),
            )
            for change in write.entries
            if not change.index.local
        ]
        return GlobalChanges(self, write.table, write.key, changes) if changes else None


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
        sent = self._writes(mark.version)
        results = await asyncio.gather(
            *(self._of.patient.execute(*each, deadline) for each in sent), return_exceptions=True
        )
        failed = [result for result in results if isinstance(result, BaseException)]
        for fault in failed:
            if not isinstance(fault, StoreUnavailable | DriverFault):
                raise fault
        await self._of.faults.at("entries:written")
        if not failed:
            self._of.marks.remove_later(mark)

    def _writes(self, version: int) -> list[Sent]:
        sent: list[Sent] = []
        for writes, change, blob in self._changes:
            # On a tie of timestamps a delete wins: never of the place that is written as well.
            if change.old is not None and change.old != change.new:
                sent.append(writes.delete(change.old, self._key, version))
            if change.new is not None and blob is not None:
                sent.append(writes.put(change.new, self._key, blob, version))
        return sent


def _projected(change: EntryChange, write: Write, blob: bytes | None) -> bytes:
    if change.item is write.item and blob is not None:
        return blob
    assert change.item is not None
    return encode(change.item)
