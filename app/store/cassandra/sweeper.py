"""Finds the marks of writes that did not come to their end, and has them settled.

One process at a time sweeps, under a lease; should two do so nothing is wrong, as all of it may be
done twice.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

from ...clock import Clock
from ...errors import StoreError
from .index_statements import MarkStatements
from .leases import Leases, Office
from .marks import Marks
from .patience import Patient
from .repair import Repair
from .session import DriverFault
from .watch import Seen, Watch

LEASE_SECONDS = 5
_LEASE = "sweep entries"
_ROUND_SECONDS = 1.0
_ROUNDS_A_PASS = 5
_AT_ONCE = 16


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
        self._repair = repair
        self._patience = patience
        self._office = Office(leases, clock, _LEASE, LEASE_SECONDS, self._begin)
        self._watch = Watch(patient, statements, marks, self._office.held, clock, patience)
        self._rounds = 0

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

    async def _begin(self) -> None:
        self._rounds = 0
        await self._watch.begin()

    async def _round(self) -> None:
        if self._rounds % _ROUNDS_A_PASS == 0:
            await self._watch.look_everywhere()
        else:
            await self._watch.look_around()
        self._rounds += 1
        due = self._watch.due()
        for start in range(0, len(due), _AT_ONCE):
            if not await self._office.held():
                return
            await asyncio.gather(*(self._settle(seen) for seen in due[start : start + _AT_ONCE]))
        await self._watch.store()

    async def _settle(self, seen: Seen) -> None:
        self._watch.put_off(seen, self._patience)
        with suppress(StoreError, DriverFault):
            if await self._repair.settle(seen.mark, old=self._watch.is_old(seen)):
                await self._watch.remove(seen)
            else:
                self._watch.look_again(seen)
