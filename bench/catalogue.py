"""What a run consists of: workloads by name, and which of them each size of run has."""

from __future__ import annotations

from dataclasses import dataclass

from . import scale
from .flat import CHOOSING
from .workloads import COMMON, LARGE, NAMED, Workload
from .worst import WORST

_ALL = {workload.name: workload for workload in (*COMMON, *LARGE, *WORST, *CHOOSING)}


@dataclass(frozen=True, slots=True)
class Plan:
    """contents: what tables are filled with, by the names that `load` has for it. rates: arrivals a
    second of the open loops, of GetItem and of the mixed workload.
    """

    workloads: tuple[Workload, ...]
    repeats: int
    seconds: float
    warm_up: float
    rates: tuple[int, ...]
    contents: tuple[str, ...] = ("contents",)


PLANS = {
    "quick": Plan(NAMED, repeats=1, seconds=1.5, warm_up=0.5, rates=()),
    "default": Plan((*COMMON, *LARGE[:2]), repeats=3, seconds=1.5, warm_up=0.4, rates=(1000,)),
    "worst": Plan(WORST, 1, 4.0, 0.5, rates=(), contents=("contents", "worst contents")),
    "full": Plan(
        (*COMMON, *LARGE, *WORST),
        *(3, 5.0, 1.0),
        rates=(250, 500, 1000, 2000, 4000),
        contents=("contents", "worst contents"),
    ),
}


def find(name: str) -> Workload:
    """Raises KeyError."""
    return _ALL.get(name) or scale.find(name)
