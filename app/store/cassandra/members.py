"""The processes that share the catalog, and the slot that makes their versions differ."""

from __future__ import annotations

import math
import os
import random

from ...clock import Clock
from ...model.version import SLOTS, Versions
from .leases import Leases
from .patience import Patient
from .session import Session
from .statements import CatalogStatements
from .url import Bounds

BEAT_SECONDS = 2.0
# A process acts on catalog copies only so long after its last beat.
_CURRENT_SECONDS = 7.0
_STATEMENT_SECONDS = 1.0
_SLOT_SECONDS = 120
_SLOT_TRIES = 8


class Membership:
    """This process in the table of members.

    Its row outlives everything the process may still do under an old catalog copy, so a change may
    go on as soon as every row there is acknowledges it.
    """

    def __init__(
        self,
        session: Session,
        patient: Patient,
        statements: CatalogStatements,
        clock: Clock,
        bounds: Bounds,
    ) -> None:
        self.current_until = 0.0
        self._session = session
        self._patient = patient
        self._statements = statements
        self._clock = clock
        self._id = os.urandom(16)
        self._seconds = math.ceil(_CURRENT_SECONDS + bounds.silence)
        self._acked = 0
        self._last_beat = 0.0
        self._timestamp = 0

    @property
    def beat_due(self) -> bool:
        return self._clock.monotonic() >= self._last_beat + BEAT_SECONDS

    async def beat(self, version: int = 0) -> None:
        """Stays registered and acknowledges `version` of the catalog. Raises DriverFault."""
        start = self._clock.monotonic()
        self._acked = max(self._acked, version)
        values = (self._id, self._acked, self._seconds, self._next_timestamp())
        await self._session.execute(self._statements.beat, values, _STATEMENT_SECONDS)
        self._last_beat = start
        self.current_until = start + _CURRENT_SECONDS

    async def leave(self) -> None:
        """Raises DriverFault."""
        values = (self._next_timestamp(), self._id)
        await self._session.execute(self._statements.leave, values, _STATEMENT_SECONDS)

    async def all_acknowledged(self, version: int) -> bool:
        """Whether no registered process acts on what was before `version`."""
        members = (await self._patient.execute(self._statements.members)).rows
        return all(acked is not None and acked >= version for _, acked in members)

    def _next_timestamp(self) -> int:
        self._timestamp = max(self._timestamp + 1, int(self._clock.time() * 1_000_000))
        return self._timestamp


class Slot:
    """A slot in the versions of this process, leased; a random one when none is found free."""

    def __init__(self, leases: Leases, clock: Clock) -> None:
        self._leases = leases
        self._clock = clock
        self._owner = os.urandom(16)
        self._renew_at = math.inf
        self._name: str | None = None
        self.versions = Versions(clock, random.randrange(SLOTS))

    async def lease(self) -> None:
        """Raises StoreUnavailable."""
        self._name = None
        for _ in range(_SLOT_TRIES):
            slot = random.randrange(SLOTS)
            name = f"slot:{slot}"
            self._renew_at = self._clock.monotonic() + _SLOT_SECONDS / 3
            if await self._leases.take(name, self._owner, _SLOT_SECONDS):
                self._name = name
                self.versions = Versions(self._clock, slot)
                return

    @property
    def renewal_due(self) -> bool:
        return self._clock.monotonic() >= self._renew_at

    async def renew(self) -> None:
        """Leases another one if this one has run out. Raises StoreUnavailable."""
        self._renew_at = self._clock.monotonic() + _SLOT_SECONDS / 3
        if self._name is None or not await self._leases.renew(
            self._name, self._owner, _SLOT_SECONDS
        ):
            await self.lease()

    async def free(self) -> None:
        name, self._name = self._name, None
        if name is not None:
            await self._leases.free(name, self._owner)
