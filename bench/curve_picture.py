"""The picture of the curves: a panel for each, times raw echo over the logarithm of what there is.

SVG by hand, as `picture`.
"""

from __future__ import annotations

from math import log10
from pathlib import Path

from .curves import Curves, Point
from .picture import text

_COLUMNS = 2
_PANEL = (560, 250)
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 90, 36, 34
_HEAD = 34
_COLOURS = ("#1f6f8b", "#c2703d", "#5b8c3a")
_INK, _GRID = "#333333", "#dddddd"


def draw(found: Curves, path: Path) -> None:
    panels = list(dict.fromkeys((point.curve, point.contender) for point in found.points))
    rows = -(-len(panels) // _COLUMNS)
    size = (_COLUMNS * _PANEL[0], _HEAD + rows * _PANEL[1])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" '
        f'viewBox="0 0 {size[0]} {size[1]}" font-family="sans-serif" font-size="11" fill="{_INK}">',
        f'<rect width="{size[0]}" height="{size[1]}" fill="white"/>',
        text(10, 21, "Server CPU for one operation, as a multiple of raw echo beside it", size=14),
    ]
    for place, (curve, contender) in enumerate(panels):
        left = place % _COLUMNS * _PANEL[0]
        top = _HEAD + place // _COLUMNS * _PANEL[1]
        mine = [p for p in found.points if (p.curve, p.contender) == (curve, contender)]
        parts.append(text(left + 10, top + 17, f"{curve}: {contender}", size=12, weight="bold"))
        parts += _panel(mine, left + _LEFT, top + _TOP)
    path.write_text("\n".join([*parts, "</svg>", ""]))


def _panel(points: list[Point], left: int, top: int) -> list[str]:
    width, height = _PANEL[0] - _LEFT - _RIGHT, _PANEL[1] - _TOP - _BOTTOM
    places = sorted({point.x for point in points})
    span = log10(places[-1] / places[0]) or 1.0
    most = max(point.ratio for point in points) * 1.1

    def x_of(x: int) -> float:
        return left + log10(x / places[0]) / span * width

    def y_of(ratio: float) -> float:
        return top + height - ratio / most * height

    parts = []
    for part in range(5):
        ratio = most * part / 4
        y = y_of(ratio)
        parts.append(_line([(left, y), (left + width, y)], _GRID))
        parts.append(text(left - 6, y + 4, f"{ratio:.1f}", anchor="end"))
    parts += [text(x_of(x), top + height + 16, f"{x:,}", anchor="middle") for x in places]
    operations = list(dict.fromkeys(point.operation for point in points))
    for operation, colour in zip(operations, _COLOURS, strict=False):
        mine = sorted((p for p in points if p.operation == operation), key=lambda p: p.x)
        dots = [(x_of(point.x), y_of(point.ratio)) for point in mine]
        parts.append(_line(dots, colour, 2))
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in dots]
        parts.append(text(dots[-1][0] + 8, dots[-1][1] + 4, operation))
    return parts


def _line(dots: list[tuple[float, float]], colour: str, width: int = 1) -> str:
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in dots)
    return f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="{width}"/>'
