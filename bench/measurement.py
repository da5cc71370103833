"""What one run of one workload on one server gives, and what is made of several."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Order:
    """What the load generator is told: one workload, one server.

    rate: arrivals a second, whatever the server does; 0: each connection sends its next request
    when it has its answer. server, storage: processes whose CPU is taken. Seconds.
    """

    workload: str
    table: str
    url: str
    server: tuple[int, ...]
    storage: tuple[int, ...] = ()
    connections: int = 16
    warm_up: float = 0.5
    seconds: float = 2.0
    rate: float = 0.0


@dataclass(frozen=True, slots=True)
class Measurement:
    """cpu: microseconds of the server for one operation, all its processes; storage_cpu: of the
    database behind it. Latencies in milliseconds; in open loop from when a request was due.
    `sent` counts also what was not measured.
    """

    operations: int
    seconds: float
    failed: int
    sent: int
    cpu: float = 0.0
    storage_cpu: float = 0.0
    peak_bytes: int = 0
    p50: float = 0.0
    p99: float = 0.0
    p999: float = 0.0
    statements: float | None = None
    failure: str = ""

    @property
    def throughput(self) -> float:
        return self.operations / self.seconds if self.seconds else 0.0


def percentile(ordered: Sequence[float], part: float) -> float:
    """Of ascending numbers; 0.0 if there are none."""
    if not ordered:
        return 0.0
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


@dataclass(frozen=True, slots=True)
class Spread:
    low: float
    middle: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    return Spread(min(values), statistics.median(values), max(values))
