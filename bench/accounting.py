"""What the operating system says that processes have used."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil


def family(pids: Iterable[int]) -> list[psutil.Process]:
    """The processes and all their descendants that live now."""
    found: dict[int, psutil.Process] = {}
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            parent = psutil.Process(pid)
            for process in (parent, *parent.children(recursive=True)):
                found[process.pid] = process
    return list(found.values())


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """User and system time of all their threads, also of those that have ended."""
    total = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def forget_peak(processes: Iterable[psutil.Process]) -> None:
    """From now on `peak_bytes` tells of what comes. https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html"""
    for process in processes:
        with suppress(OSError):
            Path(f"/proc/{process.pid}/clear_refs").write_text("5")


def peak_bytes(processes: Iterable[psutil.Process]) -> int:
    """The sum of the most that each has had resident; where the system does not tell, of now."""
    total = 0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            total += _peak(process.pid) or process.memory_info().rss
    return total


def _peak(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0
