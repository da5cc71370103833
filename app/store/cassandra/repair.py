"""Makes the global entries that a mark names what the item says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ...model.index import Place, place_of, projected
from ...model.rows import Item, Key
from ...model.table import KEPT, Index, Table
from . import document
from .catalog import Catalog
from .index_statements import EntryWrites, Sent
from .items import ItemTable
from .marks import Mark
from .patience import Patient
from .resolution import Resolver, is_transaction
from .statements import row_of
from .tokens import Tokens
from .transaction_statements import COMMITTED
from .translator import item_of


class Repair:
    """Every write of an entry has the version of the item that was read as its time: what a write
    of the item does, before this or after it, prevails exactly if its version is greater."""

    def __init__(
        self,
        patient: Patient,
        catalog: Catalog,
        tables: Callable[[Table], ItemTable],
        resolver: Resolver,
        tokens: Tokens,
    ) -> None:
        self._resolver = resolver
        self._tokens = tokens
        self._patient = patient
        self._catalog = catalog
        self._tables = tables

    async def settle(self, mark: Mark, *, old: bool) -> bool:
        """Whether the mark may go. False: its write may still come, look again later.

        old: so much time has passed that it cannot. Raises StoreUnavailable and Unconfigured.
        """
        if is_transaction(mark):
            return await self._finish(mark.id, old=old)
        # As it is now: a copy may not know the newest index yet.
        table = await self._catalog.table(mark.table_name)
        if table is None or table.id != mark.table_id:
            return True
        items = self._tables(table)
        key = mark.key(table)
        # LOCAL_SERIAL finishes what was decided and not yet written: a write that this does not
        # show has not happened so far.
        found = (await self._patient.execute(items.statements.decided, row_of(key))).rows
        stored, version = found[0] if found else (None, None)
        if version is None:
            # No item, no trace of one. A delete here with the mark's version could hide the entry
            # of an item that comes next from a process with a slower clock.
            if not old:
                return False
            version = mark.version
        item = None if stored is None else item_of(items.translator, stored)
        sent: list[Sent] = []
        for number, places in mark.touched().items():
            # The entries of an index that is no more have gone with it.
            index = next((each for each in table.kept_indexes if each.number == number), None)
            if index is not None:
                writes = items.entry_writes(number)
                sent += _writes(writes, table, index, places, key, item, version)
        await asyncio.gather(*(self._patient.execute(*each) for each in sent))
        return old or mark.version <= version

    async def _finish(self, id: bytes, *, old: bool) -> bool:
        """Brings a transaction that was left behind to its end."""
        found = await self._resolver.finish(id)
        if found is None:
            # It may still come.
            return old
        for mark in found.marks:
            # Each row has been applied, so that nothing of it is still to come.
            await self.settle(mark, old=True)
        if found.token is not None:
            ends = self._tokens.spend if found.state == COMMITTED else self._tokens.release
            await ends(found.token, id)
        await self._resolver.close(id, found.state)
        return True


def _writes(
    writes: EntryWrites,
    table: Table,
    index: Index,
    places: list[Place],
    key: Key,
    item: Item | None,
    version: int,
) -> list[Sent]:
    # Before all know of the index, an entry might be left standing by who does not.
    current = None if item is None or index.phase != KEPT else place_of(index, item)
    sent = [writes.delete(place, key, version) for place in places if place != current]
    if item is not None and current in places:
        entry = document.encode(projected(table, index, item))
        sent.append(writes.put(current, key, entry, version))
    return sent
