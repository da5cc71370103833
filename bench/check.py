"""`make bench-check`: whether the server costs more beside raw ASGI echo than it should.

Both take turns in one run, on SQLite; exits with 1 when the median ratio of a workload is above its
bound. For a person to run: a machine that is busy with other work may well fail it.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from .catalogue import PLANS
from .contenders import ECHO, SQLITE, field_of
from .report import Report
from .run import run
from .worker import Worker

# A quarter above what was measured when they were set.
BOUNDS = {"GetItem": 3.4, "PutItem": 6.5, "UpdateItem": 8.5, "Query of 7": 4.8}
_REPEATS = 5


def above(report: Report) -> list[str]:
    """A sentence for each workload that costs too much."""
    found = []
    for workload, bound in BOUNDS.items():
        ratio = report.ratio(workload, SQLITE, ECHO)
        if ratio is None:
            found.append(f"{workload} was not measured")
        elif ratio.middle > bound:
            found.append(
                f"{workload} costs {ratio.middle:.2f} times raw echo, at most {bound} is due"
            )
    return found


def main() -> int:
    console = Console(highlight=False)
    plan = replace(PLANS["quick"], repeats=_REPEATS, seconds=1.0)
    with (
        tempfile.TemporaryDirectory(prefix="dynaspan-bench-") as home,
        Worker("bench.load") as load,
        field_of(Path(home), load, {ECHO, SQLITE}.__contains__) as field,
    ):
        report = Report(run(field, plan, console), field.absent)
    for workload in BOUNDS:
        ratio = report.ratio(workload, SQLITE, ECHO)
        if ratio is not None:
            console.print(f"{workload}: {ratio.middle:.2f} ({ratio.low:.2f}-{ratio.high:.2f})")
    for sentence in (faults := above(report)):
        console.print(f"[red]{sentence}[/red]")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
