"""What is written plainly, to which statements it comes down."""

from __future__ import annotations

from ...errors import StoreUnavailable
from ...model.isolation import HELD, LWT, ONLY_RMW
from ...model.plans import Delta
from ...values import from_key, item_size
from ..base import ANY, Committed, Conflict, Outcome, Write
from .cas import MakeVersion
from .dialect import Dialect
from .document import Image
from .items import ItemTable, Reads
from .patience import Patient
from .plain import PlainWriter
from .session import Value
from .statements import row_of
from .translator import blind
from .underway import Generation


class PlainWrites:
    """`write` raises as `PlainWriter.write`."""

    def __init__(
        self,
        writer: PlainWriter,
        patient: Patient,
        reads: Reads,
        dialect: Dialect,
        next_version: MakeVersion,
    ) -> None:
        self._writer = writer
        self._patient = patient
        self._reads = reads
        self._dialect = dialect
        self._next_version = next_version

    async def write(self, write: Write, items: ItemTable, generation: Generation) -> Outcome:
        """Whatever is there: `expected` is what the caller has seen, and nobody compares it."""
        if write.delta is not None:
            return await self._change(write, write.delta, items, generation)
        image = None if write.item is None else Image(write.item)
        self._dialect.admit(write, image)
        stored = () if image is None else items.translator.values(image)
        statement = items.statements.plain(deletes=image is None)
        values = (self._version(write), *stored, *row_of(write.key))
        await self._writer.write(statement, values, generation)
        return Committed()

    async def _change(
        self,
        write: Write,
        delta: Delta,
        items: ItemTable,
        generation: Generation,
    ) -> Outcome:
        """Conflict: the item would become too large."""
        translator, changes = blind(items.translator), items.changes
        if translator is None or changes is None:
            raise ValueError("a delta of a table whose items must be read")
        statement = changes.plain(sets=bool(delta.set), removes=bool(delta.remove))
        row = row_of(write.key)
        removed: tuple[Value, ...] = (delta.remove, *row) if delta.remove else ()
        if not delta.set:
            await self._writer.write(statement, removed, generation)
            return Committed()
        # With its key, as nobody compares whether the item is there when this comes.
        added = _keys(write) | delta.set
        found = (await self._patient.execute(changes.bound, row)).rows
        size = found[0][0] if found and found[0][1] else None
        size = item_size(added) if size is None else size + item_size(delta.set)
        if size > delta.most:
            # The bound counts what was written over; what is there may leave room.
            there = (await self._reads.look(items, write.key)).row
            item = ({} if there is None else there.item) | added
            for name in delta.remove:
                item.pop(name, None)
            size = item_size(item)
            if size > delta.most:
                return Conflict()
        values = (self._version(write), translator.added(added), size, *row, *removed)
        await self._writer.write(statement, values, generation)
        return Committed()

    def _version(self, write: Write) -> int:
        return self._next_version((write.table.id, write.key), 0)


def is_plain(write: Write) -> bool:
    """Raises StoreUnavailable while nobody may write."""
    table = write.table
    if table.writes in HELD:
        raise StoreUnavailable(f"table {table.name} is changing how it is written")
    if table.writes == LWT:
        return False
    return table.isolation != ONLY_RMW or write.expected == ANY


def _keys(write: Write) -> dict[str, dict[str, str]]:
    """The key attributes of its item."""
    parts = zip(write.table.keys, write.key, strict=False)
    return {each.name: from_key(each.type, part) for each, part in parts if part is not None}
