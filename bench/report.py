"""What a run has found: summaries, a JSON file, tables in the terminal and in Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from .contenders import ECHO
from .measurement import Measurement, Spread, spread
from .run import Cell

Value = Callable[[Measurement], float]


class Report:
    """Cells by workload, contender and rate, in the order they came."""

    def __init__(self, cells: Iterable[Cell], absent: dict[str, str]) -> None:
        self.cells = list(cells)
        self.absent = absent
        self.contenders = list(dict.fromkeys(cell.contender for cell in self.cells))
        self.rows = list(dict.fromkeys((cell.workload, cell.rate) for cell in self.cells))

    def of(self, workload: str, contender: str, rate: int = 0) -> list[Measurement]:
        wanted = (workload, contender, rate)
        return [c.measurement for c in self.cells if (c.workload, c.contender, c.rate) == wanted]

    def spread(self, workload: str, contender: str, value: Value, rate: int = 0) -> Spread | None:
        # Without CPU: there was less to do than the system's clock can tell.
        found = [value(m) for m in self.of(workload, contender, rate) if m.cpu]
        return spread(found) if found else None

    def ratio(self, workload: str, contender: str, peer: str, rate: int = 0) -> Spread | None:
        """CPU of the one by that of the other, each in the same turn."""
        by_turn = {
            (cell.contender, cell.repeat): cell.measurement.cpu
            for cell in self.cells
            if (cell.workload, cell.rate) == (workload, rate) and cell.measurement.cpu
        }
        found = [
            cpu / by_turn[peer, repeat]
            for (name, repeat), cpu in by_turn.items()
            if name == contender and (peer, repeat) in by_turn
        ]
        return spread(found) if found else None

    def failures(self) -> list[str]:
        return [
            f"{cell.workload}, {cell.contender}: {cell.measurement.failed} of "
            f"{cell.measurement.operations} failed, first {cell.measurement.failure}"
            for cell in self.cells
            if cell.measurement.failed
        ]


def machine() -> dict[str, Any]:
    packages = ("uvicorn", "uvloop", "httptools", "orjson", "cassandra-driver", "moto", "acsylla")
    return {
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in packages},
    }


def _version(package: str) -> str | None:
    """None where it is not installed, and was not measured."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def write_json(report: Report, path: Path, **more: Any) -> None:
    told = {
        "machine": machine(),
        "absent": report.absent,
        "cells": [asdict(cell) for cell in report.cells],
        **more,
    }
    path.write_bytes(orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE))


def read_json(path: Path) -> Report:
    told = orjson.loads(path.read_bytes())
    cells = [
        Cell(**{**cell, "measurement": Measurement(**cell["measurement"])})
        for cell in told["cells"]
    ]
    return Report(cells, told["absent"])


def show(report: Report, console: Console) -> None:
    for title, header, lines in tables(report):
        grid = Table(title=title, title_justify="left")
        for number, name in enumerate(header):
            grid.add_column(name, justify="right" if number else "left")
        for line in lines:
            grid.add_row(*line)
        console.print(grid)
    for name, reason in report.absent.items():
        console.print(f"{name} took no part: {reason}")
    for failure in report.failures():
        console.print(f"[red]{failure}[/red]")


def markdown(report: Report, wanted: Sequence[str] = ()) -> str:
    """The tables, of the titles that begin with one of `wanted`; all without."""
    parts = []
    for title, header, lines in tables(report):
        if not wanted or title.startswith(tuple(wanted)):
            rule = ["---", *["---:"] * (len(header) - 1)]
            rows = [f"| {' | '.join(line)} |" for line in (header, rule, *lines)]
            parts.append(f"{title}:\n\n" + "\n".join(rows))
    return "\n\n".join(parts) + "\n"


Grid = tuple[str, list[str], list[list[str]]]


def tables(report: Report) -> list[Grid]:
    made = [
        _grid(report, "Server CPU, µs for each operation: median (least to most)", _cpu),
        _ratios(report),
        _grid(report, "CPU of Cassandra beside it, µs for each operation", _storage),
        _grid(report, "CQL statements for each operation", _statements),
        _grid(report, "Operations a second", _throughput),
        _grid(report, "Latency, ms: p50 / p99 / p99.9", _latency),
        _grid(report, "Most memory resident, MB", _memory),
    ]
    return [grid for grid in made if grid[2]]


Shown = Callable[[Report, str, str, int], str]


def _grid(report: Report, title: str, shown: Shown) -> Grid:
    lines = []
    for workload, rate in report.rows:
        texts = [shown(report, workload, name, rate) for name in report.contenders]
        if any(texts):
            lines.append([_name(workload, rate), *texts])
    used = [
        column
        for column in range(len(report.contenders) + 1)
        if column == 0 or any(line[column] for line in lines)
    ]
    header = ["", *report.contenders]
    return title, [header[c] for c in used], [[line[c] for c in used] for line in lines]


def _ratios(report: Report) -> Grid:
    peers = report.contenders
    own = [name for name in peers if name.startswith("dynaspan")]
    lines = []
    for name in own:
        for workload, rate in report.rows:
            found = [report.ratio(workload, name, peer, rate) for peer in peers]
            if rate == 0 and any(found):
                texts = ["" if one is None else f"{one.middle:.2f}" for one in found]
                lines.append([f"{name}: {workload}", *texts])
    return "Server CPU as a multiple of each peer's in the same turn", ["", *peers], lines


def _cpu(report: Report, workload: str, name: str, rate: int) -> str:
    found = report.spread(workload, name, lambda m: m.cpu, rate)
    return "" if found is None else f"{found.middle:.0f} ({found.low:.0f}-{found.high:.0f})"


def _storage(report: Report, workload: str, name: str, rate: int) -> str:
    found = report.spread(workload, name, lambda m: m.storage_cpu, rate)
    return "" if found is None or not found.high else f"{found.middle:.0f}"


def _statements(report: Report, workload: str, name: str, rate: int) -> str:
    counted = [m.statements for m in report.of(workload, name, rate) if m.statements is not None]
    return f"{spread(counted).middle:.1f}" if counted else ""


def _throughput(report: Report, workload: str, name: str, rate: int) -> str:
    found = report.spread(workload, name, lambda m: m.throughput, rate)
    return "" if found is None else f"{found.middle:.0f}"


def _latency(report: Report, workload: str, name: str, rate: int) -> str:
    values: tuple[Value, ...] = (lambda m: m.p50, lambda m: m.p99, lambda m: m.p999)
    found = [report.spread(workload, name, value, rate) for value in values]
    return " / ".join(f"{one.middle:.1f}" for one in found if one is not None)


def _memory(report: Report, workload: str, name: str, rate: int) -> str:
    found = report.spread(workload, name, lambda m: m.peak_bytes / 1e6, rate)
    return "" if found is None else f"{found.high:.0f}"


def _name(workload: str, rate: int) -> str:
    return f"{workload}, {rate} arrivals/s" if rate else workload


def against_echo(report: Report, workload: str, contender: str) -> Spread | None:
    return report.ratio(workload, contender, ECHO)
