"""Several serving processes on the same sockets, and the one that looks after them."""

from __future__ import annotations

import logging
import multiprocessing
import signal
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from ..config import ConfigError, Settings
from ..http.server import Endpoint
from ..main import OPERATION_NAMES, create_app
from ..metrics import Metrics
from .logs import configure_logging
from .worker import run_worker

_log = logging.getLogger("dynaspan.supervisor")

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
# A worker that has lived this long did not die of what its predecessors died of.
_HEALTHY_SECONDS = 60.0
_KILL_AFTER = 10.0
_CONFIG_ERROR = 2


@dataclass(slots=True)
class _Worker:
    """One place for a process; times are monotonic."""

    number: int
    process: SpawnProcess | None = None
    ready: Connection | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    failures: int = 0


class Supervisor:
    """Spawns `settings.workers` processes that inherit the bound sockets.

    A dead one is started again, after a pause that doubles each time. SIGTERM and SIGINT are handed
    on and waited for; a second signal, or a drain that takes too long, kills.
    """

    def __init__(
        self, settings: Settings, endpoints: Sequence[Endpoint], announce: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._endpoints = endpoints
        self._announce = announce
        self._announced = False
        # Spawned, not forked: a driver's threads and locks do not survive a fork.
        self._spawn = multiprocessing.get_context("spawn")
        self._slab = self._spawn.RawArray(
            "d", Metrics.slab_size(OPERATION_NAMES) * settings.workers
        )
        self._workers = [_Worker(number) for number in range(settings.workers)]
        self._signals = 0
        self._kill_at: float | None = None
        self._status = 0

    def run(self) -> int:
        """Returns the exit status when all workers are gone."""
        wake, waker = socket.socketpair()
        for end in (wake, waker):
            end.setblocking(False)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._count_signal)
        try:
            while self._kill_at is None or any(worker.process for worker in self._workers):
                self._start_due()
                self._wait(wake)
                self._reap()
                self._pass_signals()
        finally:
            signal.set_wakeup_fd(-1)
            self._kill()
        return self._status

    def _count_signal(self, *_: Any) -> None:
        self._signals += 1

    def _start_due(self) -> None:
        if self._kill_at is not None:
            return
        now = time.monotonic()
        for worker in self._workers:
            if worker.process is None and worker.start_at <= now:
                receiver, sender = self._spawn.Pipe(duplex=False)
                worker.process = self._spawn.Process(
                    target=_work,
                    args=(self._settings, self._endpoints, self._slab, worker.number, sender),
                    name=f"dynaspan-{worker.number}",
                    daemon=True,
                )
                worker.process.start()
                sender.close()
                worker.ready = receiver
                worker.started_at = now

    def _wait(self, wake: socket.socket) -> None:
        sources: list[Any] = [wake]
        deadlines = [] if self._kill_at is None else [self._kill_at]
        for worker in self._workers:
            if worker.process is None:
                if self._kill_at is None:
                    deadlines.append(worker.start_at)
            else:
                sources.append(worker.process.sentinel)
                if worker.ready is not None:
                    sources.append(worker.ready)
        timeout = max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
        awake = wait(sources, timeout)
        if wake in awake:
            wake.recv(4096)
        for worker in self._workers:
            if worker.ready in awake:
                self._hear(worker)

    def _hear(self, worker: _Worker) -> None:
        """The first worker that is ready makes the server ready."""
        assert worker.ready is not None
        try:
            worker.ready.recv_bytes()
        except EOFError:
            pass
        else:
            if not self._announced:
                self._announced = True
                self._announce()
        worker.ready.close()
        worker.ready = None

    def _reap(self) -> None:
        now = time.monotonic()
        for worker in self._workers:
            process = worker.process
            if process is None or process.exitcode is None:
                continue
            worker.process = None
            if self._kill_at is not None:
                continue
            if process.exitcode == _CONFIG_ERROR:
                self._status = _CONFIG_ERROR
                self._signals = max(self._signals, 1)
            lived = now - worker.started_at
            worker.failures = 0 if lived > _HEALTHY_SECONDS else worker.failures + 1
            pause = min(_FIRST_PAUSE * 2 ** (worker.failures - 1), _LONGEST_PAUSE)
            worker.start_at = now + pause
            _log.error(
                "worker %d (process %s) ended with status %d after %.1f s; next one in %.1f s",
                worker.number,
                process.pid,
                process.exitcode,
                lived,
                pause,
            )

    def _pass_signals(self) -> None:
        if self._signals and self._kill_at is None:
            patience = self._settings.drain_delay + self._settings.drain_timeout + _KILL_AFTER
            self._kill_at = time.monotonic() + patience
            for endpoint in self._endpoints:
                # The workers decide how long connections are still accepted.
                endpoint.socket.close()
            for worker in self._workers:
                if worker.process is not None:
                    worker.process.terminate()
        elif self._kill_at is not None and (self._signals > 1 or time.monotonic() >= self._kill_at):
            self._status = 1
            self._kill()

    def _kill(self) -> None:
        for worker in self._workers:
            if worker.process is not None:
                worker.process.kill()


def _work(
    settings: Settings,
    endpoints: Sequence[Endpoint],
    slab: Any,
    number: int,
    ready: Connection,
) -> None:
    """The main function of a worker process."""
    # Ctrl-C reaches the whole process group; the supervisor says what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    configure_logging(settings)
    parent = multiprocessing.parent_process()
    assert parent is not None
    doubles = memoryview(slab).cast("B").cast("d")
    metrics = Metrics(OPERATION_NAMES, slab=doubles, worker=number)
    try:
        app = create_app(settings, metrics=metrics)
    except ConfigError as fault:
        _log.error("%s", fault)
        raise SystemExit(_CONFIG_ERROR) from None

    def tell() -> None:
        ready.send_bytes(b"ready")
        ready.close()

    status = run_worker(settings, app, endpoints, tell, parent=parent.sentinel)
    raise SystemExit(status)
