"""The DynamoDB Local process."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from pathlib import Path
from typing import Self

from ..process import Process
from ..runtime import Unavailable, jars, java

VERSION = "2.6.0"
_COORDINATE = f"com.amazonaws:DynamoDBLocal:{VERSION}"


class DynamoDBLocal:
    """`home` holds the log; items are in memory and end with the process.

    It listens on every address of the machine, so `port` must be free on all of them.
    """

    def __init__(self, home: Path, *, port: int = 8001, heap_mb: int = 512) -> None:
        self.home = home.resolve()
        self.port = port
        self.log_path = self.home / "dynamodb-local.log"
        self._heap_mb = heap_mb
        self._process: Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Starts the process, does not wait. Raises Unavailable."""
        binary, library = java(), jars(_COORDINATE)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("", self.port))
            except OSError as exc:
                raise Unavailable(
                    f"Port {self.port} cannot be listened on ({exc.strerror})."
                ) from exc
        self.home.mkdir(parents=True, exist_ok=True)
        command: list[str | Path] = [
            binary,
            f"-Xmx{self._heap_mb}m",
            "-XX:+UseSerialGC",
            f"-Djava.library.path={library}",
            "-cp",
            f"{library}/*",
            "com.amazonaws.services.dynamodbv2.local.main.ServerRunner",
            "-inMemory",
            "-disableTelemetry",
            "-port",
            str(self.port),
        ]
        self._process = Process(command, log_path=self.log_path, cwd=self.home)

    def wait_ready(self, timeout: float = 60.0) -> None:
        """Until HTTP answers. Raises StartFailed with the log's end."""
        self._running().wait_until(self.answers, timeout)

    def answers(self) -> bool:
        try:
            urllib.request.urlopen(self.url, timeout=5).close()
        except urllib.error.HTTPError:
            # An unsigned GET is refused with 400 by a server that is up.
            return True
        except OSError:
            return False
        return True

    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    def kill(self) -> None:
        """SIGKILL."""
        self._running().kill()

    def stop(self) -> None:
        """Does nothing when it does not run."""
        if self._process is not None:
            self._process.stop()

    def _running(self) -> Process:
        if self._process is None:
            raise RuntimeError("the server was not started")
        return self._process

    def __enter__(self) -> Self:
        self.start()
        try:
            self.wait_ready()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()
