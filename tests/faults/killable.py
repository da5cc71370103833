"""Servers that kill themselves, with SIGKILL, at a chosen step. Only tests run this.

    python -m tests.faults.killable STORE_URL HOST|PORT|STEP|NTH[|OFFSET] ...

One process for each server, forked after the imports, which take longest. STEP is a fault point
(`cas:answered`), `sent TEXT` (a statement with this text is on its way) or `-` (none); the server
dies when it gets there for the NTH time. OFFSET: seconds by which its clock is wrong.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence

from app.cli.logs import configure_logging
from app.cli.start import _bind
from app.cli.worker import run_worker
from app.clock import SystemClock
from app.config import load_settings
from app.main import OPERATION_NAMES, create_app
from app.metrics import Metrics
from app.store.cassandra import CassandraStore
from app.store.cassandra.python_driver import PythonDriver
from app.store.cassandra.session import Result, Statement, Value
from app.store.cassandra.url import parse

_ON_ITS_WAY_SECONDS = 0.001


class Death:
    """Both ports at which it may strike: `faults` and the session."""

    def __init__(self, step: str, nth: int) -> None:
        self.step = step
        self._left = nth

    def here(self) -> bool:
        self._left -= 1
        return self._left == 0

    async def at(self, point: str) -> None:
        if point == self.step and self.here():
            die()


class DyingDriver(PythonDriver):
    def __init__(self, url: str, death: Death) -> None:
        super().__init__(parse(url), None)
        self._death = death
        self._text = death.step.removeprefix("sent ")
        self._serving = False

    async def execute(
        self, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Result:
        # Not while it starts: the first statement about items comes with the first request.
        self._serving = self._serving or ".t_" in statement.cql
        counts = self._serving and self._death.step.startswith("sent ")
        if counts and self._text in statement.cql and self._death.here():
            asyncio.get_running_loop().call_later(_ON_ITS_WAY_SECONDS, die)
        return await super().execute(statement, values, seconds)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def serve(url: str, host: str, port: int, death: Death, offset: float) -> int:
    settings = load_settings({"store": url, "host": host, "port": port})
    configure_logging(settings)
    clock, metrics = SystemClock(offset=offset), Metrics(OPERATION_NAMES)
    store = CassandraStore(
        url,
        clock=clock,
        metrics=metrics,
        faults=death,
        deadline=settings.deadline,
        session=DyingDriver(url, death),
    )
    app = create_app(settings, store=store, clock=clock, metrics=metrics)
    return run_worker(settings, app, _bind(settings), lambda: None)


def main() -> int:
    url, *servers = sys.argv[1:]
    children = []
    for server in servers:
        host, port, step, *rest = server.split("|")
        nth, offset = int(rest[0]), float(rest[1]) if len(rest) > 1 else 0.0
        pid = os.fork()
        if pid == 0:
            os._exit(serve(url, host, int(port), Death(step, nth), offset))
        children.append(pid)
    signal.signal(signal.SIGTERM, lambda *_: [os.kill(pid, signal.SIGTERM) for pid in children])
    while children:
        pid, _ = os.wait()
        children.remove(pid)
    return 0


if __name__ == "__main__":
    sys.exit(main())
