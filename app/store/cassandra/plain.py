"""Writes that compare nothing: of tables whose isolation allows them. README.md, "Plain writes".

Their time is that of the node that takes them, as is that of a lightweight transaction, so that
the clock of this process orders nothing. It is watched all the same: who is far from the time of
the nodes is likely to be wrong about leases and bounds as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ...clock import Clock
from ...errors import StoreUnavailable, StoreUnknown
from ...faults import Faults
from .patience import SHARE, Deadline, Patient
from .preflight import skew
from .session import DriverFault, NotSent, OutcomeUnknown, Session, Statement, Value
from .underway import Generation, Underway

_LOOK_SECONDS = 5.0


class PlainWriter:
    """most_skew: seconds. linger: so long after it began a write whose outcome is not known may
    still reach a node."""

    def __init__(
        self,
        session: Session,
        patient: Patient,
        underway: Underway,
        clock: Clock,
        faults: Faults,
        *,
        seconds: float,
        most_skew: float,
        linger: float,
    ) -> None:
        self._session = session
        self._patient = patient
        self._underway = underway
        self._clock = clock
        self._faults = faults
        self._seconds = seconds
        self._most_skew = most_skew
        self._linger = linger
        self._looked = -_LOOK_SECONDS
        self._skew = 0.0
        self._lingering: set[asyncio.Task[None]] = set()

    async def write(
        self, statement: Statement, values: Sequence[Value], generation: Generation
    ) -> None:
        """Sent again after an unknown outcome: README.md says what that may cost. `generation` is
        the caller's in `underway`. Raises StoreUnavailable (nothing applied), StoreUnknown and
        Unconfigured."""
        await self._check_clock()
        deadline = Deadline(self._clock, self._seconds)
        unknown: DriverFault | None = None
        await self._faults.at("plain:before")
        try:
            while True:
                fault: DriverFault
                try:
                    await self._session.execute(statement, values, SHARE * deadline.left())
                except NotSent as exc:
                    fault = exc
                except OutcomeUnknown as exc:
                    fault = unknown = exc
                else:
                    await self._faults.at("plain:answered")
                    return
                if not await deadline.pause():
                    break
        finally:
            if unknown is not None:
                self._stay(generation)
        if unknown is not None:
            raise StoreUnknown(f"whether a write was applied is not known: {unknown}")
        raise StoreUnavailable(f"Cassandra did not take the write in time: {fault}")

    @property
    def lingers(self) -> bool:
        """Whether a write may still come to light that this process has sent."""
        return bool(self._lingering)

    async def close(self) -> None:
        for task in self._lingering:
            task.cancel()
        await asyncio.gather(*self._lingering, return_exceptions=True)

    def _stay(self, generation: Generation) -> None:
        # A node that hangs may execute it later. Until then this process counts as one that writes
        # in the old way, so that a change of the table waits.
        self._underway.stay(generation)
        task = asyncio.create_task(self._hold(generation))
        self._lingering.add(task)
        task.add_done_callback(self._lingering.discard)

    async def _hold(self, generation: Generation) -> None:
        try:
            await asyncio.sleep(self._linger)
        finally:
            self._underway.leave(generation)

    async def _check_clock(self) -> None:
        now = self._clock.monotonic()
        if now - self._looked >= _LOOK_SECONDS:
            self._skew = await skew(self._patient, self._clock)
            self._looked = now
        if self._skew > self._most_skew:
            self._looked = -_LOOK_SECONDS
            raise StoreUnavailable(
                f"the clock of this machine and Cassandra's differ by {self._skew:.1f} s, more "
                f"than {self._most_skew:g} s: plain writes are refused until they agree"
            )
