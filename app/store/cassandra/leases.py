"""Leases: one owner at a time, for a bounded time, by lightweight transaction.

Every statement here may be sent again after an unknown outcome: the owner is a random id of its
own, so that the answer to the second shows what became of the first.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from ...clock import Clock
from ...errors import StoreUnavailable
from .patience import Patient
from .statements import CatalogStatements

# Of its time, so that two renewals may fail before it is lost.
_RENEW_AFTER = 0.3


class Leases:
    """Raises StoreUnavailable."""

    def __init__(self, patient: Patient, statements: CatalogStatements) -> None:
        self._patient = patient
        self._statements = statements

    async def take(self, name: str, owner: bytes, seconds: int) -> bool:
        result = await self._patient.execute(self._statements.take, (name, owner, seconds))
        return bool(result.rows[0][0]) or result.records()[0]["owner"] == owner

    async def taken(self, name: str) -> bool:
        """Cheaper than `take` for somebody who waits; its answer may be old."""
        rows = (await self._patient.execute(self._statements.owner, (name,))).rows
        return bool(rows)

    async def renew(self, name: str, owner: bytes, seconds: int) -> bool:
        """False if it has run out."""
        values = (seconds, owner, name, owner)
        return bool((await self._patient.execute(self._statements.renew, values)).rows[0][0])

    async def free(self, name: str, owner: bytes) -> None:
        # What cannot be freed runs out by itself.
        with suppress(StoreUnavailable):
            await self._patient.execute(self._statements.free, (name, owner))

    @asynccontextmanager
    async def held(self, name: str, seconds: int) -> AsyncIterator[None]:
        """Waits for the lease, as long as that takes; the body should take less than `seconds`."""
        owner = os.urandom(16)
        while True:
            if await self.take(name, owner, seconds):
                break
            await asyncio.sleep(random.uniform(0.02, 0.06))
        try:
            yield
        finally:
            await self.free(name, owner)


async def _nothing() -> None:
    """A job that begins without more ado."""


class Office:
    """One lease, held by this process for as long as it asks in time, and freed at its end.

    `begin` is awaited each time it is taken anew. Raises StoreUnavailable.
    """

    def __init__(
        self,
        leases: Leases,
        clock: Clock,
        name: str,
        seconds: int,
        begin: Callable[[], Awaitable[None]] = _nothing,
    ) -> None:
        self._leases = leases
        self._clock = clock
        self._name = name
        self._seconds = seconds
        self._begin = begin
        self._owner = os.urandom(16)
        self._held_until = 0.0
        self._renew_at = 0.0

    @property
    def is_held(self) -> bool:
        """Whether it still is, without asking anybody."""
        return self._clock.monotonic() < self._held_until

    async def held(self) -> bool:
        """Whether this process holds it now; takes it when nobody does."""
        now = self._clock.monotonic()
        if now < self._held_until:
            if now < self._renew_at:
                return True
            if await self._leases.renew(self._name, self._owner, self._seconds):
                self._hold(now)
                return True
            self._held_until = 0.0
        if await self._leases.taken(self._name):
            return False
        if not await self._leases.take(self._name, self._owner, self._seconds):
            return False
        await self._begin()
        self._hold(now)
        return True

    async def free(self) -> None:
        if self.is_held:
            self._held_until = 0.0
            await self._leases.free(self._name, self._owner)

    def _hold(self, since: float) -> None:
        self._held_until = since + self._seconds
        self._renew_at = since + self._seconds * _RENEW_AFTER
