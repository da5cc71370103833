"""Runs a WritePlan: read, decide, commit if nothing has changed, and again after a lost race."""

from __future__ import annotations

import asyncio
import random

from .. import errors
from ..model.plans import NotWritten, Put, Refused, WritePlan, Written
from ..model.rows import Row
from ..store.base import ABSENT, ANY, Batch, Committed, Conflict, Write
from .context import Context

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
            row: Row | None = None
            if not plan.blind:
                row = await ctx.store.get(plan.table, plan.key, consistent=True)
            old = None if row is None else row.item
            change = plan.change(old)
            if isinstance(change, Refused):
                return NotWritten(old)
            new = change.item if isinstance(change, Put) else None
            if not plan.blind and new == old:
                return Written(old, new)
            expected = ANY if plan.blind else ABSENT if row is None else row.version
            write = Write(plan.table, plan.key, expected, new)
            outcome = await ctx.store.commit(Batch((write,)))
            if isinstance(outcome, Committed):
                return Written(old, new)
            ctx.metrics.add("CasRetries" if isinstance(outcome, Conflict) else "LockedRetries")
            if ctx.clock.monotonic() + pause > deadline:
                raise errors.throttling("Too many concurrent writes to one item; try again")
            await asyncio.sleep(random.uniform(0, pause))
            pause = min(pause * 2, _LONGEST_PAUSE)
