from __future__ import annotations

import os
import subprocess
import sys

from bench.coldstart import LAZY


# They would be paid for by every new environment, and are used by few.
def test_the_handler_does_not_import_what_few_use() -> None:
    code = "import sys; from app.lambda_handler import handler; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={
            **os.environ,
            "DYNASPAN_STORE": "sqlite://",
            "DYNASPAN_AUTH": "off",
            "DYNASPAN_INSECURE": "true",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(LAZY) & set(done.stdout.split()) == set()
