"""What the items of a transaction are, and what is to become of each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from ..errors import ApiError, EmptyKeyValue
from ..model.index import entry_changes
from ..model.plans import Delete, Put, Refused, WritePlan, Written
from ..model.rows import Key, Row
from ..model.stream import record_of
from ..model.table import Table
from ..store.base import ABSENT, ANY, Committed, Outcome, Write
from .context import Context
from .item_collections import check_collection
from .writes import is_unread, looked_up_again, version_of

Plan = WritePlan | ApiError


@dataclass(frozen=True, slots=True)
class PlannedWrite:
    """What is to be written, and what the caller is told if it was. `row`: what it was made of."""

    write: Write
    written: Written
    row: Row | None


_Rows = list[Row | None]
_Changes = list[PlannedWrite | Refused | ApiError]


async def decided(ctx: Context, plans: Sequence[Plan]) -> tuple[_Rows, _Changes]:
    """What is there, as far as it matters, and what is to be done to each."""
    guesses: _Rows = [
        ctx.recent.guess(plan.table, plan.key)
        if isinstance(plan, WritePlan) and not _is_blind(plan)
        else None
        for plan in plans
    ]
    if any(guesses):
        # What is no write is not answered from a guess: see Recent.
        with suppress(EmptyKeyValue):
            rows = await _read(ctx, plans, guesses)
            changes = await _changed(ctx, plans, rows)
            if all(isinstance(change, PlannedWrite) for change in changes):
                return rows, changes
    rows = await _read(ctx, plans, [None] * len(plans))
    return rows, await _changed(ctx, plans, rows)


async def _changed(ctx: Context, plans: Sequence[Plan], rows: _Rows) -> _Changes:
    if ctx.large:
        changes = await ctx.aside(_change_all, plans, rows)
    else:
        size = sum(len(row.data) for row in rows if row is not None)
        changes = await ctx.aside.over(size, _change_all, plans, rows)
    for place, change in enumerate(changes):
        if isinstance(change, PlannedWrite):
            changes[place] = await _within_collection(ctx, change)
    return changes


def _is_blind(plan: WritePlan) -> bool:
    return plan.delta is None and is_unread(plan)


def remember(ctx: Context, changes: Sequence[PlannedWrite], outcome: Outcome) -> None:
    """After the commit of these."""
    for place, change in enumerate(changes):
        write = change.write
        if write.check and isinstance(outcome, Committed):
            continue
        item = None if ctx.large else write.item
        version = version_of(outcome, place)
        if write.check:
            ctx.recent.forget(write.table, write.key)
        elif write.expected == ANY:
            ctx.recent.overwritten(write.table, write.key, version, item)
        else:
            ctx.recent.settled(write.table, write.key, change.row, version, item)


async def _read(ctx: Context, plans: Sequence[Plan], rows: _Rows) -> _Rows:
    """`rows`: those that are known already."""
    rows = list(rows)
    by_table: dict[str, tuple[Table, list[int], list[Key]]] = {}
    for number, plan in enumerate(plans):
        if isinstance(plan, WritePlan) and rows[number] is None and not _is_blind(plan):
            _, numbers, keys = by_table.setdefault(plan.table.id, (plan.table, [], []))
            numbers.append(number)
            keys.append(plan.key)

    async def read(table: Table, numbers: list[int], keys: list[Key]) -> None:
        found = await ctx.store.get_many(table, keys, consistent=True)
        for number, row in zip(numbers, found, strict=True):
            rows[number] = row

    await asyncio.gather(*[read(*each) for each in by_table.values()])
    return rows


def _change_all(plans: Sequence[Plan], rows: _Rows) -> _Changes:
    return [_change(plan, row) for plan, row in zip(plans, rows, strict=True)]


def _change(plan: Plan, row: Row | None) -> PlannedWrite | Refused | ApiError:
    if isinstance(plan, ApiError):
        return plan
    old = None if row is None else row.item
    try:
        change = plan.change(old)
    except EmptyKeyValue:
        raise
    except ApiError as fault:
        return fault
    if isinstance(change, Refused):
        return change
    new = change.item if isinstance(change, Put) else None
    if row is None and _is_blind(plan):
        return PlannedWrite(Write(plan.table, plan.key, ANY, new), Written(old, new), row)
    expected = ABSENT if row is None else row.version
    if new == old:
        write = Write(plan.table, plan.key, expected, None, check=True)
        return PlannedWrite(write, Written(old, new), row)
    entries = entry_changes(plan.table, old, new)
    by_service = isinstance(change, Delete) and change.by_service
    record = record_of(plan.table, old, new, by_service=by_service)
    write = Write(plan.table, plan.key, expected, new, entries, record)
    return PlannedWrite(write, Written(old, new, entries), row)


async def current(ctx: Context, plan: Plan) -> Plan:
    if isinstance(plan, ApiError):
        return plan
    return plan._replace(table=await looked_up_again(ctx, plan.table))


async def _within_collection(ctx: Context, change: PlannedWrite) -> PlannedWrite | ApiError:
    write, old = change.write, change.written.old
    if write.item is None or not write.table.has_collections:
        return change
    try:
        await check_collection(ctx, write.table, write.key.partition, old, write.item)
    except ApiError as fault:
        return fault
    return change
