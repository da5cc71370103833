"""Several serving processes on the same sockets, and the one that looks after them."""

from __future__ import annotations

import logging
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..config import Settings
from ..http.server import Endpoint
from ..main import OPERATION_NAMES
from ..metrics import Metrics
from . import spawned
from .spawned import CONFIG_ERROR, Task

_log = logging.getLogger("dynaspan.supervisor")

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
# A worker that has lived this long did not die of what its predecessors died of.
_HEALTHY_SECONDS = 60.0
_KILL_AFTER = 10.0
_DOUBLE_BYTES = 8


@dataclass(slots=True)
class _Worker:
    """One place for a process; times are monotonic, `ready` is the pipe it will write to."""

    number: int
    process: subprocess.Popen[bytes] | None = None
    ready: int | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    failures: int = 0


class Supervisor:
    """Starts `settings.workers` processes that inherit the bound sockets.

    A dead one is started again, after a pause that doubles each time. SIGTERM and SIGINT are handed
    on and waited for; a second signal, or a drain that takes too long, kills.
    """

    def __init__(
        self, settings: Settings, endpoints: Sequence[Endpoint], announce: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._endpoints = endpoints
        self._announce: Callable[[], None] | None = announce
        self._workers = [_Worker(number) for number in range(settings.workers)]
        self._signals = 0
        self._kill_at: float | None = None
        self._status = 0

    def run(self) -> int:
        """Returns the exit status when all workers are gone."""
        with tempfile.TemporaryFile() as slab:
            row = Metrics.slab_size(OPERATION_NAMES) * _DOUBLE_BYTES
            slab.truncate(row * self._settings.workers)
            self._supervise(slab.fileno())
        return self._status

    def _supervise(self, slab: int) -> None:
        wake, waker = socket.socketpair()
        for end in (wake, waker):
            end.setblocking(False)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._count_signal)
        try:
            while self._kill_at is None or any(worker.process for worker in self._workers):
                self._start_due(slab)
                self._wait(wake.fileno())
                self._reap()
                self._obey()
        finally:
            signal.set_wakeup_fd(-1)
            self._kill()

    def _count_signal(self, *_: Any) -> None:
        self._signals += 1

    def _start_due(self, slab: int) -> None:
        now = time.monotonic()
        for worker in self._workers:
            if worker.process is None and worker.start_at <= now and self._kill_at is None:
                worker.started_at = now
                try:
                    self._start(worker, slab)
                except OSError as fault:
                    pause = _next_start(worker, now)
                    _log.error("worker %d: %s; next try in %.1f s", worker.number, fault, pause)

    def _start(self, worker: _Worker, slab: int) -> None:
        worker.ready, ready = os.pipe()
        sockets = [
            (endpoint.socket.fileno(), endpoint.tls_cert, endpoint.tls_key)
            for endpoint in self._endpoints
        ]
        task = Task(self._settings, worker.number, tuple(sockets), slab, ready)
        try:
            # A new interpreter, not a fork: a driver's threads and locks do not survive a fork.
            worker.process = subprocess.Popen(
                [sys.executable, "-m", spawned.__name__],
                stdin=subprocess.PIPE,
                pass_fds=[slab, ready, *(fd for fd, *_ in sockets)],
            )
        finally:
            os.close(ready)
        assert worker.process.stdin is not None
        try:
            pickle.dump(task, worker.process.stdin)
            worker.process.stdin.flush()
        except BrokenPipeError:
            # It has died already, which `_reap` will see.
            pass

    def _wait(self, wake: int) -> None:
        """Until a signal (also of a worker's end), a worker that is ready, or the next deadline."""
        if self._kill_at is None:
            deadlines = [worker.start_at for worker in self._workers if worker.process is None]
        else:
            deadlines = [self._kill_at]
        timeout = max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
        pipes = {worker.ready: worker for worker in self._workers if worker.ready is not None}
        awake, _, _ = select.select([wake, *pipes], [], [], timeout)
        for source in awake:
            if source == wake:
                os.read(wake, 4096)
            else:
                self._hear(pipes[source], source)

    def _hear(self, worker: _Worker, pipe: int) -> None:
        """The first worker that is ready makes the server ready; a dead one only hangs up."""
        if os.read(pipe, 1):
            _log.debug("worker %d is ready", worker.number)
            if self._announce is not None:
                self._announce()
                self._announce = None
        os.close(pipe)
        worker.ready = None

    def _reap(self) -> None:
        now = time.monotonic()
        for worker in self._workers:
            process = worker.process
            if process is None or (status := process.poll()) is None:
                continue
            worker.process = None
            assert process.stdin is not None
            process.stdin.close()
            if self._kill_at is not None:
                continue
            if status == CONFIG_ERROR:
                self._status = CONFIG_ERROR
                self._signals += 1
            pause = _next_start(worker, now)
            _log.error(
                "worker %d (process %d) ended with status %d; next one in %.1f s",
                *(worker.number, process.pid, status, pause),
            )

    def _obey(self) -> None:
        if self._signals and self._kill_at is None:
            patience = self._settings.drain_delay + self._settings.drain_timeout + _KILL_AFTER
            self._kill_at = time.monotonic() + patience
            for endpoint in self._endpoints:
                # The workers have copies, and decide how long connections are still accepted.
                endpoint.socket.close()
            for worker in self._workers:
                if worker.process is not None:
                    worker.process.terminate()
        elif self._kill_at is not None and (self._signals > 1 or time.monotonic() > self._kill_at):
            self._status = 1
            self._kill()

    def _kill(self) -> None:
        for worker in self._workers:
            if worker.process is not None:
                worker.process.kill()


def _next_start(worker: _Worker, now: float) -> float:
    """The pause before the next start of a worker that has failed, in seconds."""
    worker.failures = 1 if now - worker.started_at > _HEALTHY_SECONDS else worker.failures + 1
    pause: float = min(_FIRST_PAUSE * 2 ** (worker.failures - 1), _LONGEST_PAUSE)
    worker.start_at = now + pause
    return pause
