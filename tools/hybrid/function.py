"""The replication handler behind HTTP: `python -m tools.hybrid.function HOST PORT`.

Like one execution environment of Lambda: it is set by its environment, handles one event at a time,
and is killed whenever somebody likes.
"""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from ..loopback import own_address
from ..process import Process
from ..server import ROOT, inherited_environment


class Function:
    """The process, from the start. `url` stays the same when it is started anew."""

    def __init__(self, log_path: Path, environment: Mapping[str, str]) -> None:
        self._host, (self._port,) = own_address()
        self._log_path = log_path
        self._environment = {**inherited_environment(), **environment}
        self.url = f"http://{self._host}:{self._port}/"
        self._process = self._started()

    def kill(self) -> None:
        """SIGKILL, and another one in its place; does not wait until that answers."""
        self._process.kill()
        self._process = self._started()

    def wait_ready(self) -> None:
        self._process.wait_until(self._answers, 60)

    def stop(self) -> None:
        self._process.kill()

    def log(self) -> str:
        return self._process.log()

    def _started(self) -> Process:
        command = [sys.executable, "-m", "tools.hybrid.function", self._host, str(self._port)]
        return Process(command, log_path=self._log_path, cwd=ROOT, env=self._environment)

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(self.url, timeout=5).close()
        except urllib.error.HTTPError as fault:
            fault.close()
            return True
        except OSError:
            return False
        return True


_KINDS = ("Applied", "Skipped", "Kept", "Failed")


def counted(handler: Any) -> dict[str, int]:
    """Records by what became of them, since the process began."""
    return {kind: int(handler.metrics.value(f"Replication{kind}")) for kind in _KINDS}


class _Front(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        from app.replication import stream_handler

        event = json.loads(self.rfile.read(int(self.headers["content-length"])))
        handler = stream_handler.handler
        before = counted(handler)
        try:
            status, answer = 200, handler(event, None)
            answer["outcomes"] = {kind: counted(handler)[kind] - before[kind] for kind in _KINDS}
        except stream_handler.BatchFailed as fault:
            status, answer = 500, {"errorMessage": str(fault)}
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: metrics and faults are enough."""


if __name__ == "__main__":
    HTTPServer((sys.argv[1], int(sys.argv[2])), _Front).serve_forever()
