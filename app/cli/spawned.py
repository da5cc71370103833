"""The main module of a worker process, which a supervisor starts."""

from __future__ import annotations

import logging
import mmap
import os
import pickle
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from ..config import ConfigError, Settings
from ..http.server import Endpoint
from ..main import OPERATION_NAMES, create_app
from ..metrics import Metrics
from .logs import configure_logging
from .worker import run_worker

CONFIG_ERROR = 2

_log = logging.getLogger("dynaspan")


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker gets from its supervisor, pickled on standard input; the rest are descriptors.

    sockets: bound sockets, each with certificate and key or None.
    slab: a file for the numbers of all workers' metrics.
    ready: a pipe to close when the worker serves, after one byte.
    Standard input stays open as long as the supervisor lives.
    """

    settings: Settings
    number: int
    sockets: tuple[tuple[int, Path | None, Path | None], ...]
    slab: int
    ready: int


def main() -> int:
    # Ctrl-C reaches the whole process group; the supervisor says what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    task: Task = pickle.load(sys.stdin.buffer)
    configure_logging(task.settings)
    slab = memoryview(mmap.mmap(task.slab, 0)).cast("d")
    metrics = Metrics(OPERATION_NAMES, slab=slab, worker=task.number)
    endpoints = [Endpoint(socket.socket(fileno=fd), *tls) for fd, *tls in task.sockets]
    try:
        app = create_app(task.settings, metrics=metrics)
    except ConfigError as fault:
        _log.error("%s", fault)
        return CONFIG_ERROR

    def tell() -> None:
        os.write(task.ready, b"1")
        os.close(task.ready)

    return run_worker(task.settings, app, endpoints, tell, parent=sys.stdin.fileno())


if __name__ == "__main__":
    sys.exit(main())
