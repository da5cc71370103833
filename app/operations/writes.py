"""Runs a WritePlan: read, decide, commit if nothing has changed, and again after a lost race."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from .. import errors
from ..errors import ApiError, TableChanged, TableGone
from ..model.expiry import expired
from ..model.index import entry_changes
from ..model.isolation import ALWAYS, FORBID, HELD, LWT, TAG
from ..model.plans import Change, Delete, NotWritten, Old, Put, Refused, WritePlan, Written
from ..model.rows import Item, Key, Row
from ..model.stream import record_of
from ..model.table import Table
from ..store.base import ABSENT, ANY, Batch, Committed, Conflict, Locked, Outcome, Write
from .context import Context
from .item_collections import check_collection

_FIRST_PAUSE = 0.002
_LONGEST_PAUSE = 0.05


async def run_write(ctx: Context, plan: WritePlan) -> Written | NotWritten:
    """Applies `plan` exactly once, or raises and nothing of it has been applied.

    StoreUnknown is the one exception to that, and passes through. Lost races are retried with full
    jitter until the deadline, then answered with a retryable error.
    """
    deadline = ctx.clock.monotonic() + ctx.settings.deadline
    pause = _FIRST_PAUSE
    async with ctx.queue.slot(plan.table.id, plan.key):
        while True:
            if plan.table.writes != LWT:
                plan = await _released(ctx, plan, deadline)
            try:
                done = await _attempt(ctx, plan)
            except TableChanged:
                plan = plan._replace(table=await looked_up_again(ctx, plan.table))
                continue
            if not isinstance(done, Conflict | Locked):
                return done
            if ctx.clock.monotonic() + pause > deadline:
                if isinstance(done, Locked):
                    raise errors.transaction_conflict()
                raise errors.throttling("Too many concurrent writes to one item; try again")
            await asyncio.sleep(random.uniform(0, pause))
            pause = min(pause * 2, _LONGEST_PAUSE)


async def _released(ctx: Context, plan: WritePlan, deadline: float) -> WritePlan:
    """The plan for the table as it is when it may be written again."""
    return plan._replace(table=await _once(ctx, plan.table, _is_released, deadline))


async def transactable(ctx: Context, table: Table, deadline: float) -> Table:
    """The table as it is when transactions may have part of it. Raises ValidationException."""
    if table.isolation != ALWAYS:
        raise errors.validation(
            f"Transactions are refused for table {table.name}, whose tag {TAG} is "
            f"{table.isolation}: they need {ALWAYS}"
        )
    return await _once(ctx, table, _is_written_by_lwt, deadline)


def _is_released(table: Table) -> bool:
    return table.writes not in HELD


def _is_written_by_lwt(table: Table) -> bool:
    return table.writes == LWT


async def _once(
    ctx: Context, table: Table, good: Callable[[Table], bool], deadline: float
) -> Table:
    while not good(table):
        if ctx.clock.monotonic() + _LONGEST_PAUSE > deadline:
            raise errors.throttling(f"Table {table.name} is changing how it is written; try again")
        await asyncio.sleep(_LONGEST_PAUSE)
        table = await looked_up_again(ctx, table)
    return table


async def _attempt(ctx: Context, plan: WritePlan) -> Written | NotWritten | Conflict | Locked:
    table = plan.table
    unread = is_unread(plan)
    if table.isolation == FORBID:
        _check_allowed(ctx, plan)
        unread = not table.is_ordered and plan.old is not Old.NEEDED
    if unread and plan.delta is not None and _takes_deltas(ctx, table):
        outcome = await ctx.store.commit(
            Batch((Write(table, plan.key, ANY, None, delta=plan.delta),))
        )
        ctx.recent.forget(table, plan.key)
        if isinstance(outcome, Committed):
            return Written(None, plan.delta.set)
        if isinstance(outcome, Locked):
            return _lost(ctx, outcome)
    blind = unread and plan.delta is None
    row, change, changes = await _decided(ctx, plan, blind)
    old = None if row is None else row.item
    if isinstance(change, Refused):
        return NotWritten(old)
    new = change.item if isinstance(change, Put) else None
    if not blind and not changes:
        return Written(old, new)
    if new is not None and table.indexes and table.has_collections:
        await check_collection(ctx, table, plan.key.partition, old, new)
    entries = entry_changes(table, old, new)
    expected = ANY if blind else ABSENT if row is None else row.version
    by_service = isinstance(change, Delete) and change.by_service
    record = record_of(table, old, new, by_service=by_service)
    write = Write(table, plan.key, expected, new, entries, record)
    try:
        outcome = await ctx.store.commit(Batch((write,)))
    except ApiError:
        # Of an item that was guessed it says nothing: see Recent.
        if not ctx.recent.forget(table, plan.key):
            raise
        outcome = Conflict()
    version, known = version_of(outcome, 0), None if ctx.large else new
    if blind:
        ctx.recent.overwritten(table, plan.key, version, known)
    else:
        ctx.recent.settled(table, plan.key, row, version, known)
    if isinstance(outcome, Committed):
        note_expired(ctx, table, plan.key, new)
        return Written(old, new, entries)
    return _lost(ctx, outcome)


class _Decision(NamedTuple):
    """`row`: what it is made for. changes: the item is another one after it."""

    row: Row | None
    change: Change
    changes: bool


async def _decided(ctx: Context, plan: WritePlan, blind: bool) -> _Decision:
    """Raises ApiError."""
    if blind:
        return _decide(plan, None)
    guess = ctx.recent.guess(plan.table, plan.key)
    if guess is not None:
        # What is no write is not answered from a guess: see Recent.
        with suppress(ApiError):
            decision = _decide(plan, guess)
            if decision.changes:
                return decision
    row = await ctx.store.get(plan.table, plan.key, consistent=True)
    if row is not None and row.is_large:
        return await ctx.aside(_decide, plan, row)
    return _decide(plan, row)


def _decide(plan: WritePlan, row: Row | None) -> _Decision:
    old = None if row is None else row.item
    change = plan.change(old)
    new = change.item if isinstance(change, Put) else None
    return _Decision(row, change, not isinstance(change, Refused) and new != old)


def is_unread(plan: WritePlan) -> bool:
    """Whether the item need not be known: an index entry is changed from what it was, and a stream
    tells of that, so that a table with either is always read."""
    return plan.old is Old.NOTHING and not plan.table.is_ordered


def version_of(outcome: Outcome, place: int) -> int | None:
    """Of what the write in this place of the batch wrote, if it did and that is known."""
    if isinstance(outcome, Committed) and outcome.versions:
        return outcome.versions[place]
    return None


def _check_allowed(ctx: Context, plan: WritePlan) -> None:
    """Raises ValidationException for what `forbid_rmw` forbids."""
    table = plan.table
    if plan.old is Old.NEEDED:
        raise errors.validation(
            f"Read-modify-write is forbidden for table {table.name} by its tag {TAG}: neither "
            "conditions nor old values, nor updates that need them"
        )
    if plan.delta is not None and not table.is_ordered and not _takes_deltas(ctx, table):
        raise errors.validation(
            f"Read-modify-write is forbidden for table {table.name} by its tag {TAG}: translator "
            f"{table.translator} reads an item to update it"
        )


def _takes_deltas(ctx: Context, table: Table) -> bool:
    translation = ctx.store.translation(table.translator)
    return translation is not None and translation.blind_update


def _lost(ctx: Context, outcome: Outcome) -> Conflict | Locked:
    if not isinstance(outcome, Conflict | Locked):
        raise AssertionError(f"{outcome} of a write without a token")
    ctx.metrics.add("CasRetries" if isinstance(outcome, Conflict) else "LockedRetries")
    return outcome


def note_expired(ctx: Context, table: Table, key: Key, new: Item | None) -> None:
    """An item written with its time past is not where the job looks next."""
    if table.ttl is None or new is None or table.ttl.attribute not in new:
        return
    if expired(new, table.ttl.attribute, ctx.clock.time()):
        ctx.overdue.append((table.name, key))


async def looked_up_again(ctx: Context, old: Table) -> Table:
    """The table as it is now. Raises TableGone."""
    table = await ctx.store.table(old.name)
    if table is None or table.id != old.id:
        raise TableGone(f"table {old.name} was deleted")
    return table
