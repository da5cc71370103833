"""`dynaspan doctor`, and what a server says of it when it starts."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from tools.server import ROOT, inherited_environment

# The tests' node is set up for speed; it has this one fault, and SQLite has none.
FAULT = "acknowledges a write up to 10 s before it is on disk"


def test_a_server_and_the_doctor_say_the_same(
    start_server: Callable[..., Any], durable_store_url: str, store_kind: str
) -> None:
    server = start_server("--store", durable_store_url)
    sick = store_kind == "cassandra"
    end = time.monotonic() + 60
    while sick and FAULT not in server.log() and time.monotonic() < end:
        time.sleep(0.05)
    assert (FAULT in server.log()) is sick
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "doctor", "--store", durable_store_url],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env=inherited_environment(),
    )
    assert done.returncode == int(sick)
    assert (f"WRONG node {durable_store_url[12:].split('/')[0]} {FAULT}" in done.stdout) is sick
    assert "remedy: " in done.stdout or not sick
    assert done.stdout.startswith("ok    ")
