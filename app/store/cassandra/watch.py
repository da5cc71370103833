"""Follows the marks of one kind, for the one process that settles what they announce.

Marks lie in slots of time, by the clocks of their writers: recent slots are read again and again,
and `swept` says before which slot there is nothing left, for whoever takes over.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from ...clock import Clock
from .index_statements import MOST_MARKS, SLOT_SECONDS, SLOTS_AT_ONCE, MarkStatements
from .marks import MICROSECONDS, Mark, Marks, slot_of
from .patience import Patient

# Clocks may be 60 s from Cassandra's, so 120 s from each other.
_SKEW_SLOTS = 120 // SLOT_SECONDS
_RECENT_SLOTS = 180 // SLOT_SECONDS
_FIRST_LOOK_BACK_SLOTS = 65 * 60 // SLOT_SECONDS
# A write that is not visible yet is looked for again, and given up after an hour: WRITE_SAFETY A4.
_LOOK_AGAIN_SECONDS = (15.0, 60.0, 300.0)
_OLD_SECONDS = 3600.0
_OLD_BY_ANY_CLOCK_SECONDS = _OLD_SECONDS + 120.0
_STORE_SECONDS = 60.0


@dataclass(slots=True)
class Seen:
    """Times by this process's monotonic clock."""

    mark: Mark
    first: float
    due: float
    looks: int = 0


class Watch:
    """`grace`: seconds for which a mark is its writer's own affair. `held` says whether this
    process still is the one. All methods raise StoreUnavailable."""

    def __init__(
        self,
        patient: Patient,
        statements: MarkStatements,
        marks: Marks,
        held: Callable[[], Awaitable[bool]],
        clock: Clock,
        grace: float,
    ) -> None:
        self.seen: dict[bytes, Seen] = {}
        self._patient = patient
        self._statements = statements
        self._marks = marks
        self._held = held
        self._clock = clock
        self._grace = grace
        # All marks before this slot have been seen.
        self._from = 0
        self._store_at = 0.0

    async def begin(self) -> None:
        self.seen.clear()
        stored = (await self._patient.execute(self._statements.swept)).rows
        now = self._slot()
        self._from = min(
            stored[0][0] if stored else now - _FIRST_LOOK_BACK_SLOTS, now - _RECENT_SLOTS
        )

    async def look_around(self) -> None:
        """At the slots round now."""
        now, half = self._slot(), SLOTS_AT_ONCE // 2
        await self._look(range(now - half, now + half + 1))

    async def look_everywhere(self) -> bool:
        """At all slots that may have marks; whether all of those have been seen."""
        now = self._slot()
        complete = await self._look(range(self._from, now + _SKEW_SLOTS + 1))
        if complete:
            self._from = now - _RECENT_SLOTS
        return complete

    def due(self) -> list[Seen]:
        now = self._clock.monotonic()
        return [seen for seen in self.seen.values() if seen.due <= now]

    def put_off(self, seen: Seen, seconds: float) -> None:
        seen.due = self._clock.monotonic() + seconds

    def look_again(self, seen: Seen) -> None:
        """Its write is not visible, and may still come."""
        again = _LOOK_AGAIN_SECONDS[min(seen.looks, len(_LOOK_AGAIN_SECONDS) - 1)]
        seen.looks += 1
        self.put_off(seen, again)

    def is_old(self, seen: Seen) -> bool:
        """Whether so much time has passed that its write cannot come any more."""
        if self._clock.monotonic() - seen.first >= _OLD_SECONDS:
            return True
        age = self._clock.time() - seen.mark.version / MICROSECONDS
        return age >= _OLD_BY_ANY_CLOCK_SECONDS

    async def remove(self, seen: Seen) -> None:
        await self._marks.remove(seen.mark)
        self.seen.pop(seen.mark.id, None)

    async def store(self) -> None:
        """Now and then: how far it has come."""
        now = self._clock.monotonic()
        if now >= self._store_at:
            oldest = min((seen.mark.slot for seen in self.seen.values()), default=self._from)
            await self._patient.execute(self._statements.set_swept, (min(oldest, self._from),))
            self._store_at = now + _STORE_SECONDS

    def _slot(self) -> int:
        return slot_of(self._clock.time() * MICROSECONDS)

    async def _look(self, slots: Sequence[int]) -> bool:
        complete = True
        for first in range(slots[0], slots[-1] + 1, SLOTS_AT_ONCE):
            if not await self._held():
                return False
            together = range(first, first + SLOTS_AT_ONCE)
            marks = await self._marks.read(together)
            there = {mark.id for mark in marks}
            if len(marks) < MOST_MARKS:
                gone = [
                    id
                    for id, seen in self.seen.items()
                    if seen.mark.slot in together and id not in there
                ]
                for id in gone:
                    del self.seen[id]
            else:
                complete = False
            now = self._clock.monotonic()
            for mark in marks:
                if mark.id not in self.seen:
                    self.seen[mark.id] = Seen(mark, now, now + self._grace)
        return complete
