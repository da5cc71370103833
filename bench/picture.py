"""The picture of a run: CPU of each operation, a panel for each workload."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot
from matplotlib.axes import Axes

from .report import Report

_OWN = "#1f6f8b"
_PEER = "#b8b8b8"
_STORAGE = "#e3d3b5"
_INK = "#333333"
_COLUMNS = 3


def draw(report: Report, path: Path) -> None:
    """SVG: bars from the least to the most; Cassandra's own CPU behind the server's, lighter."""
    workloads = [workload for workload, rate in report.rows if rate == 0]
    down = -(-len(workloads) // _COLUMNS)
    pyplot.rcParams["svg.hashsalt"] = "dynaspan"
    figure, grid = pyplot.subplots(
        down, _COLUMNS, figsize=(15, 2.6 * down), squeeze=False, layout="constrained"
    )
    panels = [axes for line in grid for axes in line]
    for axes in panels[len(workloads) :]:
        axes.remove()
    for workload, axes in zip(workloads, panels, strict=False):
        _panel(report, workload, axes)
    figure.suptitle("CPU of the server for one operation, µs (light: of Cassandra behind it)")
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _panel(report: Report, workload: str, axes: Axes) -> None:
    found = [
        (name, spread)
        for name in report.contenders
        if (spread := report.spread(workload, name, lambda m: m.cpu)) is not None
    ]
    widest = max(spread.middle for _, spread in found)
    for place, (name, spread) in enumerate(reversed(found)):
        own = name.startswith("dynaspan")
        storage = report.spread(workload, name, lambda m: m.storage_cpu)
        axes.barh(place, spread.middle, color=_OWN if own else _PEER)
        if storage is not None and storage.middle:
            axes.barh(place, storage.middle, left=spread.middle, color=_STORAGE)
        axes.text(
            widest * 0.01,
            place,
            f"{spread.middle:.0f}",
            va="center",
            fontsize=8,
            color="white" if own else _INK,
        )
    axes.set_yticks(range(len(found)), [name for name, _ in reversed(found)], fontsize=8)
    axes.set_title(workload, fontsize=10, loc="left")
    axes.tick_params(axis="x", labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
