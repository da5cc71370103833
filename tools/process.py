"""A server process that does not outlive its parent."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

_PR_SET_PDEATHSIG = 1
_KILLED_SECONDS = 10.0
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _die_with(parent: int) -> None:
    """Runs in the child between fork and exec; `parent` may have died before the request."""
    # What a shell starts in the background ignores it, and so would the child.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


class StartFailed(Exception):
    """The process ended, or did not answer in time; the text ends with its last log lines."""


class Process:
    """Starts at once, both output streams into `log_path`.

    On Linux it is killed with the thread that made it, also when that is killed: make it in a
    thread that lives as long as the process is wanted.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log_path: Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.log_path = log_path
        parent = os.getpid()
        with log_path.open("wb") as log:
            self._popen = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=env,
                # A Ctrl-C in the terminal is the launcher's to hand on.
                start_new_session=True,
                preexec_fn=lambda: _die_with(parent),
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._popen.poll()

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def wait_until(self, ready: Callable[[], bool], timeout: float) -> None:
        """Polls `ready`; StartFailed when the process ends first or after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while not ready():
            if self.returncode is not None:
                raise StartFailed(f"ended with status {self.returncode}:\n{self._tail()}")
            if time.monotonic() > deadline:
                raise StartFailed(f"not ready after {timeout:.0f} s:\n{self._tail()}")
            time.sleep(0.05)

    def _tail(self) -> str:
        lines = self.log().splitlines()
        # What ended it may stand far above what it wrote while ending.
        faults = [line for line in lines[:-15] if "ERROR" in line or "Exception" in line]
        return "\n".join([*faults[:10], *lines[-15:]])

    def group(self) -> list[int]:
        """What still runs of it: itself and what it started and has kept in its group."""
        return [
            process.pid
            for process in psutil.process_iter(["status"])
            if process.info["status"] != psutil.STATUS_ZOMBIE and _group_of(process.pid) == self.pid
        ]

    def kill(self) -> None:
        """SIGKILL to it and the processes it started, and wait until all of them are gone."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()
        # Its children are not ours to wait for: they end a moment later than it does.
        deadline = time.monotonic() + _KILLED_SECONDS
        while self.group() and time.monotonic() < deadline:
            time.sleep(0.01)

    def terminate(self) -> None:
        """SIGTERM; does not wait."""
        self._popen.terminate()

    def wait(self, timeout: float) -> int:
        """The exit status; raises subprocess.TimeoutExpired."""
        return self._popen.wait(timeout)

    def stop(self, timeout: float = 20.0) -> None:
        """SIGTERM, then SIGKILL after `timeout` seconds."""
        self.terminate()
        try:
            self.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
