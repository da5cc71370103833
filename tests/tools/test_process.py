from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tools.process import Process, StartFailed

# Says its child's pid, then both sleep on.
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""

# Says the pid of a process that it made, then both sleep on.
LAUNCHER = """
import sys, time
from pathlib import Path
from tools.process import Process
sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
print(Process(sleep, log_path=Path(sys.argv[1])).pid, flush=True)
time.sleep(60)
"""


def runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def eventually(fact: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while not fact() and time.monotonic() < deadline:
        time.sleep(0.02)
    return fact()


def test_kill_ends_what_the_process_started(tmp_path: Path) -> None:
    process = Process([sys.executable, "-c", PARENT], log_path=tmp_path / "log")
    process.wait_until(lambda: process.log().endswith("\n"), 20)
    child = int(process.log())
    assert sorted(process.group()) == sorted([process.pid, child])

    process.kill()

    assert process.returncode == -signal.SIGKILL
    assert eventually(lambda: not runs(child))
    assert process.group() == []


# A developer's terminal that is closed, or a test run that is killed, leaves no database behind.
@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells a process of its parent's end"
)
def test_a_killed_parent_takes_the_process_along(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LAUNCHER, str(tmp_path / "log")]
    launcher = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert launcher.stdout is not None
    with launcher.stdout:
        pid = int(launcher.stdout.readline())
    assert runs(pid)

    os.kill(launcher.pid, signal.SIGKILL)
    launcher.wait()

    assert eventually(lambda: not runs(pid))


def test_a_process_that_ends_early_is_told_with_its_last_words(tmp_path: Path) -> None:
    process = Process([sys.executable, "-c", "exit('no such disk')"], log_path=tmp_path / "log")
    with pytest.raises(StartFailed, match="ended with status 1:\nno such disk"):
        process.wait_until(lambda: False, 20)


def test_a_process_that_is_not_ready_in_time_is_told_so(tmp_path: Path) -> None:
    process = Process([sys.executable, "-c", PARENT], log_path=tmp_path / "log")
    with pytest.raises(StartFailed, match="not ready after 0 s"):
        process.wait_until(lambda: False, 0.1)
    process.kill()


# SIGTERM may be ignored by what hangs.
def test_stop_kills_a_process_that_ignores_sigterm(tmp_path: Path) -> None:
    script = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True)\n"
    process = Process([sys.executable, "-c", script + "time.sleep(60)"], log_path=tmp_path / "log")
    process.wait_until(lambda: "up" in process.log(), 20)
    process.stop(timeout=0.2)
    assert process.returncode == -signal.SIGKILL
