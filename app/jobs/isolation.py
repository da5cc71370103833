"""Moves a table from plain writes to lightweight transactions, or back.

Between the two nobody writes to it: first all processes hold their writes, then whatever they have
sent before has come to light, and only then they write in the other way. A process that dies on the
way leaves the table held, and whoever leads the job goes on.
"""

from __future__ import annotations

from dataclasses import replace

from ..errors import TableChanged, TableGone
from ..model.isolation import HELD, held, released
from ..model.table import Table
from ..store.base import Store


async def moved(store: Store, table: Table, to: str) -> Table:
    """The table as it is once it is written in the way `to`.

    Raises TableGone, TableChanged (somebody else changed it: look it up and call again) and
    StoreUnavailable.
    """
    while table.writes != to and store.capabilities.plain_writes:
        # Somebody may have held it for the other way, which is then gone to its end first.
        if table.writes not in HELD:
            table = await _change(store, held(table, to))
        await store.settled(table)
        await store.quiet(table)
        table = await _change(store, released(table))
    return table


async def ordered(store: Store, table: Table) -> None:
    """Returns when all writes of the table are as `Table.is_ordered` says, or when it has changed:
    look it up. Raises StoreUnavailable."""
    changed = replace(table, ordered=True, version=table.version + 1)
    if await store.change_table(changed):
        await store.settled(changed)


async def _change(store: Store, changed: Table) -> Table:
    if await store.change_table(changed):
        return changed
    current = await store.table(changed.name)
    if current is None or current.id != changed.id:
        raise TableGone(f"table {changed.name} was deleted")
    raise TableChanged(f"table {changed.name} has changed")
