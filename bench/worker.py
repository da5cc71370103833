"""A process that takes orders: the load generator, or a bare driver."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Self

import orjson

from .measurement import Measurement, Order

_ROOT = Path(__file__).resolve().parent.parent
_EXTRA_SECONDS = 180.0


class Failed(Exception):
    """The order was not carried out; the text says why."""


class Worker:
    """`module` and its arguments, until the end of the with block."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._lines: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(b"")

    def run(self, order: Order) -> Measurement:
        """Raises Failed."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(orjson.dumps(asdict(order)) + b"\n")
            self._process.stdin.flush()
            line = self._lines.get(timeout=order.warm_up + order.seconds + _EXTRA_SECONDS)
        except (OSError, queue.Empty):
            line = b""
        if not line:
            self._process.kill()
            raise Failed("the process that carries out orders has ended or is silent")
        answer = orjson.loads(line)
        if "error" in answer:
            raise Failed(answer["error"])
        return Measurement(**answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
