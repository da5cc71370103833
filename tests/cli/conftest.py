"""Real `dynaspan serve` processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run("serve", ..., env={...})` for commands that end by themselves."""

    def start(*arguments: str, env: Mapping[str, str] | None = None) -> object:
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith("DYNASPAN_")
        }
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=tmp_path,
            env={**inherited, "PYTHONPATH": str(ROOT), **(env or {})},
        )

    return start  # type: ignore[return-value]


def wait_until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
