"""`python -m bench curves`: whether an operation costs the same whatever else there is.

Items of a table, tables, connections, workers; and what a worker takes that does nothing. Each
point is measured next to raw ASGI echo with as many connections: the ratio says what the machine's
other work would hide.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson
import psutil
from rich.console import Console

from . import scale, servers
from .contenders import CASSANDRA, SQLITE, create, isolate
from .measurement import Measurement, Order
from .servers import Running
from .worker import Failed, Worker

_TABLE = "scale"
_ITEMS = (1_000, 10_000, 100_000, 1_000_000)
_TABLES = {SQLITE: (1, 10, 100, 500), CASSANDRA: (1, 10, 100)}
_CONNECTIONS = (1, 10, 100, 500)
_WORKERS = (1, 2)
_FEW = 1_000
_OF_EACH_TABLE = 70
_USUAL_CONNECTIONS = 16
_FILL_STEP = 10_000
_SETUP_CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Point:
    """`x` of what `curve` is over. cpu, echo: microseconds; echo that of raw echo beside it."""

    curve: str
    contender: str
    operation: str
    x: int
    cpu: float
    echo: float

    @property
    def ratio(self) -> float:
        return self.cpu / self.echo


@dataclass(frozen=True, slots=True)
class Pace:
    """fill_seconds: the most that filling one table may take; what is not reached is left out."""

    repeats: int = 3
    seconds: float = 0.7
    warm_up: float = 0.2
    fill_seconds: float = 480.0


@dataclass(slots=True)
class Curves:
    """idle: megabytes resident of each worker's process, by contender."""

    points: list[Point] = field(default_factory=list)
    idle: dict[str, float] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def of(self, curve: str, contender: str, operation: str) -> list[Point]:
        wanted = (curve, contender, operation)
        return [p for p in self.points if (p.curve, p.contender, p.operation) == wanted]


class _Bench:
    def __init__(self, load: Worker, pace: Pace, console: Console, found: Curves) -> None:
        self._load = load
        self._pace = pace
        self._console = console
        self._found = found

    def point(
        self,
        curve: str,
        contender: str,
        x: int,
        running: Running,
        echo: Running,
        *,
        items: int,
        tables: int = 1,
        connections: int = _USUAL_CONNECTIONS,
    ) -> None:
        for operation in scale.OPERATIONS:
            pairs = []
            for _ in range(self._pace.repeats):
                name = scale.name(operation, items, tables)
                try:
                    own = self._measured(name, running, connections)
                    floor = self._measured(scale.name(operation, 10), echo, connections)
                except Failed as exc:
                    self._left_out(f"{curve}, {contender}, {operation}, {x}: {exc}")
                    break
                if own.failed:
                    self._left_out(f"{curve}, {contender}, {operation}, {x}: {own.failure}")
                    break
                pairs.append((own.cpu, floor.cpu))
            else:
                # Of all turns the one whose ratio is in the middle.
                pairs.sort(key=lambda pair: pair[0] / pair[1])
                cpu, floor_cpu = pairs[len(pairs) // 2]
                point = Point(curve, contender, operation, x, cpu, floor_cpu)
                self._found.points.append(point)
                self._console.print(
                    f"{curve}, {contender}, {operation}, {x}: {cpu:.0f} µs, {point.ratio:.1f}"
                )

    def _measured(self, name: str, running: Running, connections: int) -> Measurement:
        order = Order(
            *(name, _TABLE, running.url, running.pids, running.storage),
            connections=connections,
            warm_up=self._pace.warm_up,
            seconds=self._pace.seconds,
        )
        return self._load.run(order)

    def _left_out(self, what: str) -> None:
        self._found.left_out.append(what)
        self._console.print(f"[red]left out: {what}[/red]")

    def over_items(self, contender: str, running: Running, echo: Running) -> None:
        end = time.monotonic() + self._pace.fill_seconds
        there = 0
        for wanted in _ITEMS:
            there = self._filled_up(running, there, wanted, end)
            if there < wanted:
                self._left_out(f"items, {contender}: {wanted}, {there} were there in time")
                return
            self.point("items", contender, there, running, echo, items=there)

    def _filled_up(self, running: Running, there: int, wanted: int, end: float) -> int:
        """How many items there are then. By plain writes, which take a tenth of the time; what is
        measured afterwards is not."""
        table = scale.table_of(_TABLE, 0)
        isolate(running.url, table, "forbid_rmw")
        while there < wanted and time.monotonic() < end:
            step = min(there + _FILL_STEP, wanted)
            self._fill(running, scale.fill_name(there, step))
            there = step
        isolate(running.url, table, "always_use_lwt")
        # The first such write waits until no plain one can be under way.
        self._fill(running, scale.fill_name(0, 1))
        return there

    def over_tables(self, contender: str, running: Running, echo: Running) -> None:
        """Behind `over_items`, whose table is the first."""
        end = time.monotonic() + self._pace.fill_seconds
        there = 1
        for wanted in _TABLES[contender]:
            for number in range(there, wanted):
                create(running.url, scale.table_of(_TABLE, number))
                if time.monotonic() > end:
                    self._left_out(f"tables, {contender}: {wanted}, {number} were there in time")
                    return
            there = wanted
            self._fill(running, scale.fill_name(0, _OF_EACH_TABLE, wanted))
            self.point(
                *("tables", contender, wanted, running, echo), items=_OF_EACH_TABLE, tables=wanted
            )

    def _fill(self, running: Running, name: str) -> None:
        order = Order(name, _TABLE, running.url, running.pids, connections=_SETUP_CONNECTIONS)
        for _ in range(3):
            if not (done := self._load.run(order)).failed:
                return
        raise Failed(f"the table could not be filled: {done.failure}")

    def one_table(self, running: Running) -> None:
        create(running.url, scale.table_of(_TABLE, 0))
        self._fill(running, scale.fill_name(0, _FEW))


def measure(pace: Pace, console: Console, only: Callable[[str], bool]) -> Curves:
    found = Curves()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dynaspan-bench-")))
        load = stack.enter_context(Worker("bench.load"))
        echo = stack.enter_context(servers.echo(_folder(home, "echo")))
        bench = _Bench(load, pace, console, found)
        for contender, running in _served(stack, home, only, found):
            create(running.url, scale.table_of(_TABLE, 0))
            bench.over_items(contender, running, echo)
            for connections in _CONNECTIONS:
                bench.point(
                    *("connections", contender, connections, running, echo),
                    items=_FEW,
                    connections=connections,
                )
            bench.over_tables(contender, running, echo)
        if only(SQLITE):
            _over_workers(bench, home, found)
    return found


def _served(
    stack: ExitStack, home: Path, only: Callable[[str], bool], found: Curves
) -> Iterator[tuple[str, Running]]:
    if only(SQLITE):
        folder = _folder(home, "sqlite")
        running = stack.enter_context(servers.dynaspan(folder, f"sqlite:///{folder}/bench.db"))
        found.idle[SQLITE] = _resident(running)
        yield SQLITE, running
    if only(CASSANDRA):
        node = stack.enter_context(servers.cassandra(_folder(home, "cassandra")))
        assert node.pid is not None
        running = stack.enter_context(
            servers.dynaspan(
                _folder(home, "dynaspan"), f"cassandra://{node.contact_point}", storage=[node.pid]
            )
        )
        found.idle[CASSANDRA] = _resident(running)
        yield CASSANDRA, running


def _over_workers(bench: _Bench, home: Path, found: Curves) -> None:
    for workers in _WORKERS:
        folder = _folder(home, f"workers{workers}")
        store = f"sqlite:///{folder}/bench.db"
        with (
            servers.dynaspan(folder, store, "--workers", str(workers)) as running,
            servers.echo(folder, workers) as echo,
        ):
            found.idle[f"{SQLITE}, {workers} workers"] = _resident(running)
            bench.one_table(running)
            bench.point("workers", SQLITE, workers, running, echo, items=_FEW)


def _resident(running: Running) -> float:
    """Megabytes of the largest process that serves: a worker."""
    (pid,) = running.pids
    server = psutil.Process(pid)
    workers = server.children() or [server]
    return float(max(process.memory_info().rss for process in workers)) / 1e6


def _folder(home: Path, name: str) -> Path:
    folder = home / name
    folder.mkdir()
    return folder


def flatness(points: Sequence[Point]) -> float:
    """How many times the first point's ratio the last has, or whichever is furthest from it."""
    first = points[0].ratio
    return max((p.ratio / first for p in points), key=lambda times: abs(times - 1))


def write_json(found: Curves, path: Path) -> None:
    path.write_bytes(orjson.dumps(asdict(found), option=orjson.OPT_APPEND_NEWLINE))


def read_json(path: Path) -> Curves:
    told = orjson.loads(path.read_bytes())
    return Curves([Point(**point) for point in told["points"]], told["idle"], told["left_out"])


def markdown(found: Curves) -> str:
    """A table for each curve: microseconds, and times raw echo."""
    parts = []
    for curve in dict.fromkeys(point.curve for point in found.points):
        mine = [point for point in found.points if point.curve == curve]
        places = sorted({point.x for point in mine})
        lines = [[curve, *(f"{x:,}" for x in places), "furthest from the first"]]
        lines.append(["---", *["---:"] * (len(places) + 1)])
        for contender, operation in dict.fromkeys((p.contender, p.operation) for p in mine):
            row = {point.x: point for point in found.of(curve, contender, operation)}
            cells = [f"{row[x].cpu:.0f} µs, {row[x].ratio:.1f}" if x in row else "" for x in places]
            lines.append([f"{contender}: {operation}", *cells, f"{flatness([*row.values()]):.2f}"])
        parts.append("\n".join(f"| {' | '.join(line)} |" for line in lines))
    idle = ", ".join(f"{name} {size:.0f} MB" for name, size in found.idle.items())
    parts.append(f"A worker that has answered nothing yet: {idle}.")
    parts += [f"- left out: {what}" for what in found.left_out]
    return "\n\n".join(parts) + "\n"
