"""Statements that may be sent again: reads, and writes that do the same when done twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

from ...clock import Clock
from ...errors import StoreUnavailable
from .session import DriverFault, NotSent, OutcomeUnknown, Result, Session, Statement, Value

# One node may take this part of the deadline; what is left is for another one.
SHARE = 0.4
# To connect, however little is left.
_LEAST_SECONDS = 0.5


class Deadline:
    """A moment on the monotonic clock, and pauses that end before it."""

    __slots__ = ("_clock", "_end", "_pause")

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._end = clock.monotonic() + seconds
        self._pause = 0.01

    def left(self) -> float:
        return self._end - self._clock.monotonic()

    async def pause(self) -> bool:
        """Full jitter, longer each time. False, and no pause, if there is no time left for one."""
        seconds = self._pause * (0.5 + random.random())
        self._pause = min(2 * self._pause, 0.2)
        if seconds >= self.left():
            return False
        await asyncio.sleep(seconds)
        return True


class Patient:
    """Sends a statement until it is answered or `deadline` seconds are over.

    Raises StoreUnavailable then, and Unconfigured at once.
    """

    def __init__(
        self, session: Session, clock: Clock, deadline: float, schema_seconds: float | None = None
    ) -> None:
        self._session = session
        self._clock = clock
        self._deadline = deadline
        self._first = SHARE * deadline
        self._schema_seconds = schema_seconds or 2 * deadline

    async def execute(
        self,
        statement: Statement,
        values: Sequence[Value] = (),
        deadline: Deadline | None = None,
    ) -> Result:
        """deadline: that of the caller's whole operation."""
        first = self._first
        if deadline is None:
            deadline = Deadline(self._clock, self._deadline)
        else:
            first = min(first, deadline.left())
        try:
            return await self._session.execute(statement, values, max(first, 0.0))
        except (NotSent, OutcomeUnknown) as exc:
            fault: DriverFault = exc
        while await deadline.pause():
            try:
                return await self._session.execute(statement, values, deadline.left())
            except (NotSent, OutcomeUnknown) as exc:
                fault = exc
        raise StoreUnavailable(f"Cassandra did not answer in time: {fault}") from fault

    async def ddl(self, cql: str, *, times: int = 1) -> None:
        """`cql` says IF EXISTS or IF NOT EXISTS. times: as long as usual."""
        deadline = Deadline(self._clock, times * self._schema_seconds)
        while True:
            try:
                return await self._session.execute_ddl(cql, max(deadline.left(), 0.1))
            except (NotSent, OutcomeUnknown) as exc:
                fault = exc
            if not await deadline.pause():
                raise StoreUnavailable(f"Cassandra did not change its schema: {fault}") from fault


async def connect(session: Session, deadline: Deadline) -> None:
    """Again and again until the deadline. Raises StoreUnavailable."""
    reason = None
    while True:
        left = deadline.left()
        try:
            return await session.open(max(left, _LEAST_SECONDS))
        except StoreUnavailable as fault:
            # What ended for want of time says less than what was found before.
            if reason is None or left > _LEAST_SECONDS:
                reason = fault
            if not await deadline.pause():
                raise reason from None
