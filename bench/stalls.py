"""How long the largest requests keep all others of a process waiting.

    python -m bench.stalls [sqlite] [cassandra]

Each workload runs beside a small GetItem that is asked for all the time over a connection of its
own; the server is `bench.ticking`.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
import urllib.request
from array import array
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import IO

import orjson
import uvloop
from rich.console import Console
from rich.table import Table

from tools.loopback import own_address
from tools.server import inherited_environment

from . import servers
from .accounting import family, forget_peak, peak_bytes
from .client import Load
from .contenders import create
from .load import drained
from .measurement import percentile
from .signing import ACCESS_KEY, SECRET_KEY, signed
from .workloads import Request, Workload, contents, get_item
from .worst import GIANTS, worst_contents

_TABLE = "bench"
_SECONDS = 4.0
_AT_ONCE = 16
_START_SECONDS = 60.0
_HEADER = (
    *("", "answers", "longest delay of a timer, ms", "CPU within: loop", "all threads"),
    *("small GetItem: p50, ms", "p99", "most", "memory, MB"),
)


@dataclass(slots=True)
class _Ticking:
    """The server, which tells what was longest since it was asked last."""

    url: str
    process: subprocess.Popen[bytes]

    def longest(self) -> tuple[float, float, float]:
        """Milliseconds: see `ticking.Longest`."""
        told, answers = self._pipe(self.process.stdin), self._pipe(self.process.stdout)
        told.write(b"\n")
        told.flush()
        found = orjson.loads(answers.readline())
        return found["delay"] * 1e3, found["loop_cpu"] * 1e3, found["all_cpu"] * 1e3

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
        assert pipe is not None
        return pipe


@contextmanager
def _ticking(store: str) -> Iterator[_Ticking]:
    address, (port,) = own_address()
    url = f"http://{address}:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.ticking", store, address, str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=servers.ROOT,
        env={**inherited_environment(), "DYNASPAN_ACCESS_KEYS": f"{ACCESS_KEY}:{SECRET_KEY}"},
    )
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the server on {store} does not start")
            time.sleep(0.05)
        yield _Ticking(url, process)
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    with suppress(OSError):
        urllib.request.urlopen(url, timeout=5).close()
        return True
    return False


def measured(server: _Ticking, workload: Workload | None) -> tuple[str, ...]:
    """One row of the table."""
    requests = [] if workload is None else [workload.request(_TABLE, n) for n in range(3)]
    connections = 0 if workload is None else workload.connections
    small = signed(server.url, [get_item(_TABLE, number) for number in range(100)])
    processes = family([server.process.pid])
    forget_peak(processes)
    server.longest()

    async def run() -> tuple[Load, Load]:
        large = Load(server.url, signed(server.url, requests), once=False, rate=0.0)
        other = Load(server.url, small, once=False, rate=0.0)
        for load, count in ((other, 1), (large, connections)):
            for _ in range(count):
                (await load.connect()).send(perf_counter())
        await asyncio.sleep(_SECONDS)
        for load in (large, other):
            load.running = False
        await drained(large)
        await drained(other)
        return large, other

    large, other = uvloop.run(run())
    delay, loop_cpu, all_cpu = server.longest()
    latencies = array("d", sorted(other.latencies))
    name = "small GetItems alone" if workload is None else workload.name
    failed = f", {large.failed} failed: {large.failure}" if large.failed else ""
    return (
        f"{name}{f', {connections} at once' if connections > 1 else ''}",
        f"{large.answered if workload else other.answered}{failed}",
        *(f"{value:.1f}" for value in (delay, loop_cpu, all_cpu)),
        *(f"{percentile(latencies, part) * 1e3:.1f}" for part in (0.5, 0.99, 1.0)),
        f"{peak_bytes(processes) / 1e6:.0f}",
    )


def fill(url: str) -> None:
    create(url, _TABLE)
    made: list[Request] = [*contents(_TABLE), *worst_contents(_TABLE)]

    async def run() -> None:
        load = Load(url, signed(url, made), once=True, rate=0.0)
        for _ in range(4):
            (await load.connect()).send(perf_counter())
        await drained(load)
        if load.failed:
            raise SystemExit(f"the table could not be filled: {load.failure}")

    uvloop.run(run())


def main(words: Sequence[str]) -> int:
    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False)
    workloads = (None, *GIANTS, replace(GIANTS[0], connections=_AT_ONCE))
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dynaspan-bench-")))
        for word in words or ("sqlite", "cassandra"):
            store = f"sqlite:///{home}/stalls.db" if word == "sqlite" else word
            if word == "cassandra":
                node = stack.enter_context(servers.cassandra(home))
                store = f"cassandra://{node.contact_point}"
            grid = Table(*_HEADER, title=store.partition(":")[0], title_justify="left")
            with _ticking(store) as server:
                fill(server.url)
                for workload in workloads:
                    grid.add_row(*measured(server, workload))
            console.print(grid)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
