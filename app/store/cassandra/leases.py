"""Leases: one owner at a time, for a bounded time, by lightweight transaction.

Every statement here may be sent again after an unknown outcome: the owner is a random id of its
own, so that the answer to the second shows what became of the first.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from ...errors import StoreUnavailable
from .patience import Patient
from .statements import CatalogStatements


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
