"""Replication functions that kill themselves, with SIGKILL, at a chosen step.

    python -m tests.faults.killable_replicator STORE_URL KEPT EVENTS STEP|NTH ...

One process for each step, forked after the imports, which take longest. EVENTS is a file with a
list of events, one for each. Prints the steps at which a process has not died.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from app.config import load_replication_settings
from app.replication.stream_handler import StreamHandler
from tests.faults.killable import Death


def settings_of(url: str, kept: str) -> dict[str, Any]:
    # One item after the other, so that each step is reached at a known one.
    return {"store": url, "on_failure": f"file://{kept}", "replication_concurrency": 1}


def main() -> None:
    url, kept, events, *steps = sys.argv[1:]
    children = {}
    for step, event in zip(steps, json.loads(Path(events).read_text()), strict=True):
        pid = os.fork()
        if pid == 0:
            name, nth = step.split("|")
            settings = load_replication_settings(settings_of(url, kept))
            StreamHandler(settings, faults=Death(name, int(nth)))(event, None)
            os._exit(0)
        children[pid] = step
    while children:
        pid, status = os.wait()
        step = children.pop(pid)
        if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
            sys.stdout.write(f"{step}\n")


if __name__ == "__main__":
    main()
