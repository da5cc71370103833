"""A `dynaspan serve` process of this checkout, for tests and benchmarks."""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from .loopback import own_address
from .process import Process

ROOT = Path(__file__).resolve().parent.parent


def inherited_environment() -> dict[str, str]:
    """This process's environment less the server's settings, so that tests begin with defaults."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("DYNASPAN_") or name.startswith("DYNASPAN_TEST_")
    }


class Server:
    """Serves on a loopback address of its own from the start; `arguments` follow `serve`.

    `env` is added to this process's environment, less its settings.
    """

    def __init__(self, *arguments: str, log_path: Path, env: Mapping[str, str] | None = None):
        address, (port,) = own_address()
        self.url = f"http://{address}:{port}"
        self._process = Process(
            [
                *(sys.executable, "-m", "app.cli", "serve"),
                *("--host", address, "--port", str(port)),
                *arguments,
            ],
            log_path=log_path,
            cwd=ROOT,
            env={**inherited_environment(), **(env or {})},
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._process.returncode

    def wait_ready(self, timeout: float = 60.0) -> None:
        """Until HTTP answers. Raises StartFailed with the log's end."""
        self._process.wait_until(self._answers, timeout)

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(self.url, timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """SIGKILL to the server and its workers, as when the machine fails."""
        self._process.kill()

    def terminate(self, timeout: float = 20.0) -> int:
        """SIGTERM to the server, waits until it has drained; its exit status.

        Raises subprocess.TimeoutExpired.
        """
        self._process.terminate()
        return self._process.wait(timeout)

    def stop(self) -> None:
        """SIGTERM, then SIGKILL."""
        self._process.stop()

    def leftovers(self) -> list[int]:
        """Processes of this server that still run."""
        return self._process.group()

    def log(self) -> str:
        return self._process.log()
