"""The AWS SDK for JavaScript, version 3, with signatures verified."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.node import node, packages

FOLDER = Path(__file__).parent / "javascript"


def test_the_sdk_for_javascript(start_server: Callable[..., Any], store_url: str) -> None:
    keys = {"DYNASPAN_ACCESS_KEYS": "AK:secret"}
    server = start_server("--store", store_url, "--auth", "enforce", env=keys)
    done = subprocess.run(
        [node(), FOLDER / "smoke.mjs", server.url, packages(FOLDER)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.stdout == "ok\n", done.stderr
