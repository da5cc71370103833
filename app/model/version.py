"""Versions of items: a hybrid logical clock in microseconds.

The low 10 bits are the writer's slot, so that two processes never make the same version for one
item. Within a process versions must differ, and grow, only between writes of one key: a counter
for the whole process would run ahead of time above 976 writes a second.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable

from ..clock import Clock

SLOTS = 1024
_BUCKETS = 8192


class Versions:
    """Makes versions for one writer. `slot` is 0..1023. Not thread-safe: one for each loop."""

    __slots__ = ("_clock", "_last", "_slot")

    def __init__(self, clock: Clock, slot: int) -> None:
        if not 0 <= slot < SLOTS:
            raise ValueError(f"slot {slot} is not in 0..{SLOTS - 1}")
        self._clock = clock
        self._slot = slot
        # The last version of each bucket of keys: exact for every key, and of bounded size.
        self._last = array("q", bytes(8 * _BUCKETS))

    def next(self, key: Hashable, above: int = 0) -> int:
        """A version greater than `above` and than every earlier one made here for `key`."""
        bucket = hash(key) % _BUCKETS
        floor = max(above, self._last[bucket])
        version = (int(self._clock.time() * 1_000_000) & -SLOTS) | self._slot
        if version <= floor:
            version = (floor & -SLOTS) | self._slot
            if version <= floor:
                version += SLOTS
        self._last[bucket] = version
        return version
