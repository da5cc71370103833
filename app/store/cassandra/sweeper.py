"""Finds the marks of writes that did not come to their end, and has them settled.

One process at a time sweeps, under a lease; should two do so nothing is wrong, as all of it may be
done twice. Marks lie in slots of time, by the clocks of their writers: recent slots are read again
and again, and `swept` says before which slot there is nothing left, for whoever takes over.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from ...clock import Clock
from ...errors import StoreError
from .index_statements import MOST_MARKS, SLOT_SECONDS, SLOTS_AT_ONCE, MarkStatements
from .leases import Leases, Office
from .marks import MICROSECONDS, Mark, Marks, slot_of
from .patience import Patient
from .repair import Repair
from .session import DriverFault

LEASE_SECONDS = 5
_LEASE = "sweep entries"
_ROUND_SECONDS = 1.0
_ROUNDS_A_PASS = 5
# Clocks may be 60 s from Cassandra's, so 120 s from each other.
_SKEW_SLOTS = 120 // SLOT_SECONDS
_RECENT_SLOTS = 180 // SLOT_SECONDS
_FIRST_LOOK_BACK_SLOTS = 65 * 60 // SLOT_SECONDS
# A write that is not visible yet is looked for again, and given up after an hour: WRITE_SAFETY A4.
_LOOK_AGAIN_SECONDS = (15.0, 60.0, 300.0)
_OLD_SECONDS = 3600.0
_OLD_BY_ANY_CLOCK_SECONDS = _OLD_SECONDS + 120.0
_STORE_SECONDS = 60.0
_AT_ONCE = 16


@dataclass(slots=True)
class _Seen:
    """Times by this process's monotonic clock."""

    mark: Mark
    first: float
    due: float
    looks: int = 0


class Sweeper:
    """`patience`: seconds for which a mark is its writer's own affair."""

    def __init__(
        self,
        patient: Patient,
        statements: MarkStatements,
        marks: Marks,
        repair: Repair,
        leases: Leases,
        clock: Clock,
        patience: float,
    ) -> None:
        self._patient = patient
        self._statements = statements
        self._marks = marks
        self._repair = repair
        self._clock = clock
        self._patience = patience
        self._office = Office(leases, clock, _LEASE, LEASE_SECONDS, self._begin)
        self._rounds = 0
        self._seen: dict[bytes, _Seen] = {}
        # All marks before this slot have been seen.
        self._from = 0
        self._store_at = 0.0

    @property
    def sweeps(self) -> bool:
        """Whether this process is the one."""
        return self._office.is_held

    async def run(self) -> None:
        """For ever. Cancel it to stop."""
        while True:
            await asyncio.sleep(_ROUND_SECONDS * random.uniform(0.8, 1.2))
            # The next round does what could not be done in this one.
            with suppress(StoreError):
                if await self._office.held():
                    await self._round()

    async def close(self) -> None:
        await self._office.free()

    # -- lease ------------------------------------------------------------------------------

    async def _begin(self) -> None:
        self._seen.clear()
        self._rounds = 0
        stored = (await self._patient.execute(self._statements.swept)).rows
        now = slot_of(self._clock.time() * MICROSECONDS)
        self._from = min(
            stored[0][0] if stored else now - _FIRST_LOOK_BACK_SLOTS, now - _RECENT_SLOTS
        )

    # -- marks ------------------------------------------------------------------------------

    async def _round(self) -> None:
        now = slot_of(self._clock.time() * MICROSECONDS)
        if self._rounds % _ROUNDS_A_PASS == 0:
            if await self._look(range(self._from, now + _SKEW_SLOTS + 1)):
                self._from = now - _RECENT_SLOTS
        else:
            half = SLOTS_AT_ONCE // 2
            await self._look(range(now - half, now + half + 1))
        self._rounds += 1
        monotonic = self._clock.monotonic()
        due = [seen for seen in self._seen.values() if seen.due <= monotonic]
        for start in range(0, len(due), _AT_ONCE):
            if not await self._office.held():
                return
            await asyncio.gather(*(self._settle(seen) for seen in due[start : start + _AT_ONCE]))
        await self._store()

    async def _look(self, slots: Sequence[int]) -> bool:
        """Whether all marks there have been seen."""
        complete = True
        for first in range(slots[0], slots[-1] + 1, SLOTS_AT_ONCE):
            if not await self._office.held():
                return False
            together = range(first, first + SLOTS_AT_ONCE)
            marks = await self._marks.read(together)
            there = {mark.id for mark in marks}
            if len(marks) < MOST_MARKS:
                gone = [
                    id
                    for id, seen in self._seen.items()
                    if seen.mark.slot in together and id not in there
                ]
                for id in gone:
                    del self._seen[id]
            else:
                complete = False
            now = self._clock.monotonic()
            for mark in marks:
                if mark.id not in self._seen:
                    self._seen[mark.id] = _Seen(mark, now, now + self._patience)
        return complete

    async def _settle(self, seen: _Seen) -> None:
        again = self._patience
        with suppress(StoreError, DriverFault):
            if await self._repair.settle(seen.mark, old=self._is_old(seen)):
                await self._marks.remove(seen.mark)
                self._seen.pop(seen.mark.id, None)
                return
            again = _LOOK_AGAIN_SECONDS[min(seen.looks, len(_LOOK_AGAIN_SECONDS) - 1)]
            seen.looks += 1
        seen.due = self._clock.monotonic() + again

    def _is_old(self, seen: _Seen) -> bool:
        if self._clock.monotonic() - seen.first >= _OLD_SECONDS:
            return True
        age = self._clock.time() - seen.mark.version / MICROSECONDS
        return age >= _OLD_BY_ANY_CLOCK_SECONDS

    async def _store(self) -> None:
        now = self._clock.monotonic()
        if now >= self._store_at:
            oldest = min((seen.mark.slot for seen in self._seen.values()), default=self._from)
            await self._patient.execute(self._statements.set_swept, (min(oldest, self._from),))
            self._store_at = now + _STORE_SECONDS
