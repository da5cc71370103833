"""`python -m bench [quick|default|worst|streams|curves|full]`: one run, its tables and picture."""

from __future__ import annotations

import argparse
import datetime
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from . import curves, stream_delay
from .catalogue import PLANS, Plan
from .contenders import field_of
from .curve_picture import draw as draw_curves
from .picture import draw
from .publish import publish, publish_curves
from .report import Report, show, write_json
from .run import run
from .worker import Worker

_STREAMS = "streams"
_CURVES = "curves"


def main() -> int:
    options = _parser().parse_args()
    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False)
    if options.plan == _STREAMS:
        return _stream_delay(options.out, console)
    begin = time.monotonic()
    wanted = [part.strip() for part in options.only.split(",") if part.strip()]

    def only(name: str) -> bool:
        return not wanted or any(part in name for part in wanted)

    options.out.mkdir(parents=True, exist_ok=True)
    if options.plan in (_CURVES, "full"):
        found = curves.measure(curves.Pace(), console, only)
        curves.write_json(found, options.out / "curves.json")
        draw_curves(found, options.out / "curves.svg")
        console.print(curves.markdown(found))
        if options.publish:
            publish_curves(options.out, _how_curves())
        console.print(f"{time.monotonic() - begin:.0f} s; {options.out}/curves.json, curves.svg")
    if options.plan != _CURVES:
        _compare(options, console, begin, only)
    return _stream_delay(options.out, console) if options.plan == "full" else 0


def _compare(
    options: argparse.Namespace, console: Console, begin: float, only: Callable[[str], bool]
) -> None:
    plan = PLANS[options.plan]
    with (
        tempfile.TemporaryDirectory(prefix="dynaspan-bench-") as home,
        Worker("bench.load") as load,
    ):
        with field_of(Path(home), load, only, plan.contents) as field:
            console.print(f"ready after {time.monotonic() - begin:.0f} s")
            for name, reason in field.absent.items():
                console.print(f"[red]{name} takes no part: {reason}[/red]")
            cells = run(field, plan, console)
        report = Report(cells, field.absent)
    write_json(report, options.out / "results.json", plan=options.plan)
    draw(report, options.out / "results.svg")
    show(report, console)
    console.print(f"{time.monotonic() - begin:.0f} s; {options.out}/results.json, results.svg")
    if options.publish:
        publish(options.out, _how(options.plan, plan))


def _stream_delay(out: Path, console: Console) -> int:
    if stream_delay.run(out, console):
        return 0
    console.print("[red]a record takes longer than a second at the median[/red]")
    return 1


def _how(name: str, plan: Plan) -> str:
    """One sentence under the figures."""
    return (
        f"`make bench BENCH={name}` on {datetime.date.today()}, {os.cpu_count()} cores, load "
        f"{_busy():.1f} for each core: {plan.repeats} turns of {plan.seconds:g} s, medians; "
        "ratios are medians of those within a turn."
    )


def _how_curves() -> str:
    pace = curves.Pace()
    return (
        f"`make bench BENCH=curves` on {datetime.date.today()}, {os.cpu_count()} cores, load "
        f"{_busy():.1f} for each core: of {pace.repeats} turns of {pace.seconds:g} s the one whose "
        "ratio to raw echo is in the middle."
    )


def _busy() -> float:
    return os.getloadavg()[2] / (os.cpu_count() or 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    plans = sorted({*PLANS, _STREAMS, _CURVES})
    parser.add_argument("plan", nargs="?", choices=plans, default="default")
    parser.add_argument(
        "--only", default="", help="contenders, by parts of their names: echo,SQLite"
    )
    parser.add_argument("--out", type=Path, default=Path(".bench"), help="folder of the results")
    parser.add_argument(
        "--publish", action="store_true", help="put the results into bench/ and README.md"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
