"""The picture of a run: CPU of each operation, a panel for each workload.

SVG by hand: matplotlib brings numpy, which cassandra-driver loads wherever it finds it, and the
servers would no longer be what is deployed.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from .report import Report

_COLUMNS = 3
_PANEL = 400
_LABEL = 165
_BAR = 17
_TITLE = 26
_GAP = 16
_HEAD = 34
_OWN, _PEER, _STORAGE, _INK = "#1f6f8b", "#b8b8b8", "#e3cfa4", "#333333"


def draw(report: Report, path: Path) -> None:
    """Bars of the server's CPU, and behind them, lighter, that of Cassandra; each panel has a
    scale of its own."""
    workloads = [workload for workload, rate in report.rows if rate == 0]
    rows = -(-len(workloads) // _COLUMNS)
    height = _TITLE + len(report.contenders) * _BAR + _GAP
    size = (_COLUMNS * _PANEL, _HEAD + rows * height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" '
        f'viewBox="0 0 {size[0]} {size[1]}" font-family="sans-serif" font-size="11" fill="{_INK}">',
        f'<rect width="{size[0]}" height="{size[1]}" fill="white"/>',
        text(10, 21, "Server CPU for one operation, µs (light: Cassandra's own)", size=14),
    ]
    for place, workload in enumerate(workloads):
        left = place % _COLUMNS * _PANEL
        parts += _panel(report, workload, left, _HEAD + place // _COLUMNS * height)
    path.write_text("\n".join([*parts, "</svg>", ""]))


def _panel(report: Report, workload: str, left: int, top: int) -> list[str]:
    bars = []
    for name in report.contenders:
        own = report.spread(workload, name, lambda m: m.cpu)
        storage = report.spread(workload, name, lambda m: m.storage_cpu)
        if own is not None:
            bars.append((name, own.middle, 0.0 if storage is None else storage.middle))
    if not bars:
        return []
    # One that is far behind all others would leave nothing of them to see.
    ordered = sorted(cpu + behind for _, cpu, behind in bars)
    most = min(ordered[-1], 2.5 * ordered[-2]) if len(ordered) > 1 else ordered[-1]
    room = _PANEL - _LABEL - 60
    parts = [text(left + 10, top + 17, workload, size=12, weight="bold")]
    for line, (name, cpu, behind) in enumerate(bars):
        y = top + _TITLE + line * _BAR
        width = min(cpu / most, 1.0) * room
        beside = min((cpu + behind) / most, 1.0) * room - width
        colour = _OWN if name.startswith("dynaspan") else _PEER
        parts += [
            text(left + _LABEL - 6, y + 11, name, anchor="end"),
            _bar(left + _LABEL, y, width, colour),
            _bar(left + _LABEL + width, y, beside, _STORAGE),
            text(left + _LABEL + width + beside + 5, y + 11, f"{cpu:.0f}"),
        ]
    return parts


def _bar(x: float, y: float, width: float, colour: str) -> str:
    shape = f'x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_BAR - 4}"'
    return f'<rect {shape} fill="{colour}"/>'


def text(
    x: float, y: float, text: str, *, size: int = 11, anchor: str = "start", weight: str = "normal"
) -> str:
    style = f'font-size="{size}" text-anchor="{anchor}" font-weight="{weight}"'
    return f'<text x="{x:.1f}" y="{y}" {style}>{escape(text)}</text>'
