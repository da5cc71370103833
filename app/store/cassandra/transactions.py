"""Commits of several writes, or with a token. TRANSACTIONS.md has the protocol and why it is safe.

Rows of one partition change in one conditional batch. Otherwise each row is prepared, the
transaction's record is decided, and each row is applied. Statements that make something possible
(`begin`, `prepare`, `commit`) are sent once: what is not known of them is made impossible. Those
that finish what has been decided may be sent by anybody, again and again.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any

from ...errors import StoreError
from ..base import ABSENT, Batch, Committed, Conflict, Outcome, Write
from .apart import Apart
from .attempt import Step, Tools
from .cas import MakeVersion
from .document import Image
from .entries import local_changes
from .items import ItemTable, Reads
from .marks import mark_of
from .patience import Deadline
from .prepared import CHECK, Prepared
from .session import DriverFault
from .statements import IF_ABSENT, IF_ABSENT_SINCE, IF_ANY, IF_VERSION
from .together import Together
from .transaction_statements import (
    Part,
)

# Cassandra refuses mutations above 16 MiB, and keeps the last one of each partition in its Paxos
# state (B6).
MOST_TOGETHER_BYTES = 8 * 1024 * 1024


class Transactions:
    """`commit` raises StoreUnavailable (nothing applied), StoreUnknown and Unconfigured."""

    def __init__(self, tools: Tools, reads: Reads, next_version: MakeVersion) -> None:
        self._tools = tools
        self._reads = reads
        self._next_version = next_version
        self._ending: set[asyncio.Task[None]] = set()

    async def commit(self, batch: Batch, items: Sequence[ItemTable]) -> Outcome:
        """`items`: that of each write."""
        deadline = Deadline(self._tools.clock, self._tools.seconds)
        made = await asyncio.gather(*map(self._step, batch.writes, items))
        steps = sorted((step for step in made if step is not None), key=lambda s: s.partition)
        if len(steps) < len(made):
            return Conflict()
        id = os.urandom(16)
        together = len({step.partition for step in steps}) == 1 and _size(steps) <= (
            MOST_TOGETHER_BYTES
        )
        attempt = (Together if together else Apart)(self._tools, id, batch.token, steps, deadline)
        outcome = await attempt.run()
        if not isinstance(outcome, Committed):
            return outcome
        self._later(attempt.end())
        written = [step.part.prepared for step in made if step is not None]
        return Committed(tuple(None if each.check else each.version for each in written))

    async def close(self) -> None:
        """Waits for what is under way behind transactions that were acknowledged."""
        while self._ending:
            await asyncio.wait(tuple(self._ending))

    async def _step(self, write: Write, items: ItemTable) -> Step | None:
        """None if what is there cannot be what is expected."""
        outbox = None if write.check else self._tools.outboxes.of(write)
        ordered = write.table.is_ordered
        expected: int | None = None
        condition = IF_ANY
        if write.expected > ABSENT:
            condition, expected = IF_VERSION, write.expected
        elif write.expected == ABSENT:
            condition = IF_ABSENT
            if ordered and write.item is not None:
                # Above the version of a delete that may have left its marker: see INDEXES.md.
                found = await self._reads.look(items, write.key)
                if found.row is not None:
                    return None
                condition, expected = IF_ABSENT_SINCE, found.version
        elif ordered or write.check:
            raise ValueError("a check, or a write of a table with indexes, must expect something")
        unchanged = write.check or (write.item is None and write.expected == ABSENT)
        if unchanged:
            part = Part(write.key, condition, expected, CHECK)
            return Step(write.table, items, part)
        version = self._next_version((write.table.id, write.key), expected or 0)
        image = None if write.item is None else Image(write.item)
        self._tools.admit(write, image)
        local = local_changes(write, image)
        blob = None if image is None else image.blob
        record = None if outbox is None else (expected, outbox.blob)
        prepared = Prepared(version, blob, removed=local.removed, added=local.added, record=record)
        entries = self._tools.entries.changes(write, items, image)
        places = b"[]"
        if entries is not None:
            changed = [change for change in write.entries if not change.index.local]
            places = mark_of(write.table, write.key, version, changed).places
        part = Part(write.key, condition, expected, prepared)
        return Step(write.table, items, part, entries, outbox, places)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_quietly(work))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    # What is left over is found by the sweeper.
    with suppress(StoreError, DriverFault):
        await work


def _size(steps: Sequence[Step]) -> int:
    return sum(
        len(step.part.prepared.blob or b"")
        + sum(len(entry) for _, _, entry in step.part.prepared.added)
        for step in steps
    )
