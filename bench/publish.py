"""Puts a run into the repository: `make bench ARGS=--publish`.

bench/results.json and .svg, bench/results.md with all tables, bench/capacity.md, and in the README
what stands between the marks; of curves bench/curves.json, .svg and .md.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from . import curves
from .capacity import document
from .contenders import CASSANDRA, DYNALITE, ECHO, LOCAL, MOTO, READING, SQLITE
from .report import Report, markdown, read_json

_HERE = Path(__file__).resolve().parent
_README = _HERE.parent / "README.md"
_BEGIN, _END = "<!-- bench -->\n", "<!-- /bench -->"
_SHOWN = (ECHO, CASSANDRA, READING, SQLITE, DYNALITE, LOCAL, MOTO)


def publish(folder: Path, how: str) -> None:
    """`folder` is where a run has left its results; `how` says in words how it was run."""
    for name in ("results.json", "results.svg"):
        shutil.copy(folder / name, _HERE / name)
    report = read_json(_HERE / "results.json")
    (_HERE / "results.md").write_text(f"# Results\n\n{how}\n\n{markdown(report)}{_absent(report)}")
    (_HERE / "capacity.md").write_text(document(report))
    before, _, rest = _README.read_text().partition(_BEGIN)
    _README.write_text(f"{before}{_BEGIN}{summary(report)}\n{how}\n{_END}{rest.partition(_END)[2]}")


def publish_curves(folder: Path, how: str) -> None:
    for name in ("curves.json", "curves.svg"):
        shutil.copy(folder / name, _HERE / name)
    found = curves.read_json(_HERE / "curves.json")
    (_HERE / "curves.md").write_text(f"# Curves\n\n{how}\n\n{curves.markdown(found)}")


def summary(report: Report) -> str:
    """CPU of each contender, and how often that of raw echo dynaspan on Cassandra takes."""
    names = [name for name in _SHOWN if name in report.contenders]
    header = ["server CPU, µs", *names, "Cassandra's own", "to raw echo"]
    lines = [header, ["---", *["---:"] * (len(header) - 1)]]
    for workload, rate in report.rows:
        own = report.spread(workload, CASSANDRA, lambda m: m.storage_cpu)
        if rate or own is None:
            continue
        ratio = report.ratio(workload, CASSANDRA, ECHO)
        found = [report.spread(workload, name, lambda m: m.cpu) for name in names]
        figures = ["" if one is None else f"{one.middle:.0f}" for one in found]
        times = "" if ratio is None else f"{ratio.middle:.1f}"
        lines.append([workload, *figures, f"{own.middle:.0f}", times])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _absent(report: Report) -> str:
    lines = [f"- {name}: {reason}" for name, reason in report.absent.items()]
    return "\nNot measured:\n\n" + "\n".join(lines) + "\n" if lines else ""
