"""The only source of time. Tests pass a clock with an offset; production passes `SystemClock`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    def time(self) -> float:
        """Seconds since the epoch, as this machine believes."""
        ...

    def monotonic(self) -> float:
        """Seconds that go on while the process is stopped (deadlines, leases)."""
        ...


# CLOCK_BOOTTIME also counts suspended time: a frozen virtual machine cannot outlive its deadline.
_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", None)


@dataclass(frozen=True, slots=True)
class SystemClock:
    """`offset` seconds are added to wall time only: it plays a skewed machine in tests."""

    offset: float = 0.0

    def time(self) -> float:
        return time.time() + self.offset

    def monotonic(self) -> float:
        return time.monotonic() if _BOOTTIME is None else time.clock_gettime(_BOOTTIME)
