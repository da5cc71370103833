"""One run: every workload on every contender, in turns, as often as the plan says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from rich.console import Console

from .catalogue import Plan
from .contenders import Contender, Field
from .measurement import Measurement
from .worker import Failed
from .workloads import Workload

# The first time a server sees a workload its compilers and caches are cold.
_FIRST_WARM_UP = 2.0
OPEN = "{workload}, {rate} arrivals a second"
_OPEN_CONNECTIONS = 64
_OPEN_WORKLOADS = ("GetItem", "80 % GetItem, Zipf")


@dataclass(frozen=True, slots=True)
class Cell:
    """One measurement: `repeat` counts the turns. rate: arrivals a second, 0 in closed loop."""

    workload: str
    contender: str
    repeat: int
    rate: int
    measurement: Measurement


def run(field: Field, plan: Plan, console: Console) -> list[Cell]:
    """What a contender refuses or does not answer is left out of what follows, and told in
    `field.absent`."""
    orders = [(workload, 0) for workload in plan.workloads]
    orders += [
        (workload, rate)
        for workload in plan.workloads
        if workload.name in _OPEN_WORKLOADS
        for rate in plan.rates
    ]
    cells: list[Cell] = []
    for repeat in range(plan.repeats):
        for workload, rate in orders:
            for contender in _takers(field, workload, rate):
                warm_up = plan.warm_up if repeat else max(_FIRST_WARM_UP, plan.warm_up)
                try:
                    measurement = measured(contender, workload, plan.seconds, warm_up, rate)
                except Failed as exc:
                    field.absent[_place(contender, workload)] = str(exc)
                    continue
                if measurement.failed * 2 > measurement.operations:
                    field.absent[_place(contender, workload)] = measurement.failure
                    continue
                cells.append(Cell(workload.name, contender.name, repeat, rate, measurement))
            console.print(_line(repeat, plan, workload, rate, cells))
    return cells


def _place(contender: Contender, workload: Workload) -> str:
    return f"{contender.name}, {workload.name}"


def _takers(field: Field, workload: Workload, rate: int) -> Iterable[Contender]:
    return [
        contender
        for contender in field.contenders
        if contender.takes(workload)
        and _place(contender, workload) not in field.absent
        and not (rate and contender.is_driver)
    ]


def measured(
    contender: Contender, workload: Workload, seconds: float, warm_up: float, rate: int
) -> Measurement:
    more = {"rate": float(rate), "connections": _OPEN_CONNECTIONS} if rate else {}
    order = contender.order(workload, seconds=seconds, warm_up=warm_up, **more)
    counter = contender.statements
    if counter is None:
        return contender.worker.run(order)
    before = counter.total()
    measurement = contender.worker.run(order)
    executed = counter.total() - before - 1
    return replace(measurement, statements=executed / max(measurement.sent, 1))


def _line(repeat: int, plan: Plan, workload: Workload, rate: int, cells: list[Cell]) -> str:
    found = ", ".join(
        f"{cell.contender} {cell.measurement.cpu:.0f}"
        for cell in cells
        if (cell.workload, cell.repeat, cell.rate) == (workload.name, repeat, rate)
    )
    at = f", {rate}/s" if rate else ""
    return f"[dim]{repeat + 1}/{plan.repeats}[/dim] {workload.name}{at}: {found} µs"
