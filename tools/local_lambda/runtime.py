"""The Runtime API, the process that asks it for events, and the front door."""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ..loopback import own_address
from ..process import Process
from ..server import ROOT, inherited_environment
from .fronts import FRONTS, Event, Request, Response, response_of

_API = "/2018-06-01/runtime/"
_ARN = "arn:aws:lambda:us-east-1:000000000000:function:dynaspan"


@dataclass
class _Invocation:
    event: Event
    deadline: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    done: threading.Event = field(default_factory=threading.Event)
    answer: Event | None = None
    error: str = ""


class LocalLambda:
    """One function with one execution environment: events wait for each other.

    `front` is a name of FRONTS; `environment` is added to that of the function. Serves from the
    start; `url` is the front door.
    """

    def __init__(
        self,
        front: str,
        *,
        log_path: Path,
        environment: Mapping[str, str],
        handler: str = "app.lambda_handler.handler",
        timeout: float = 30.0,
        port: int | None = None,
    ) -> None:
        self._event_of = FRONTS[front]
        self._timeout = timeout
        self._waiting: queue.Queue[_Invocation] = queue.Queue()
        self._under_way: dict[str, _Invocation] = {}
        address, (api_port, front_port) = own_address(2)
        self._servers = [
            _serve((address, api_port), self._runtime_api),
            _serve((address, front_port) if port is None else ("127.0.0.1", port), self._front),
        ]
        host, bound = self._servers[1].server_address[:2]
        self.url = f"http://{host!s}:{bound}"
        self.process = Process(
            [sys.executable, "-m", "awslambdaric", handler],
            log_path=log_path,
            cwd=ROOT,
            env={
                **inherited_environment(),
                "AWS_LAMBDA_RUNTIME_API": f"{address}:{api_port}",
                "AWS_LAMBDA_FUNCTION_NAME": "dynaspan",
                "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
                "AWS_REGION": "us-east-1",
                "LAMBDA_TASK_ROOT": str(ROOT),
                **environment,
            },
        )

    def invoke(self, event: Event) -> Event:
        """The handler's answer. Raises RuntimeError when it failed or did not answer in time."""
        invocation = _Invocation(event, time.time() + self._timeout)
        self._under_way[invocation.id] = invocation
        self._waiting.put(invocation)
        if not invocation.done.wait(self._timeout):
            raise RuntimeError("the function did not answer in time")
        if invocation.answer is None:
            raise RuntimeError(invocation.error)
        return invocation.answer

    def stop(self) -> None:
        self.process.stop()
        for server in self._servers:
            server.shutdown()
            server.server_close()

    # -- what the servers answer ------------------------------------------------------------

    def _runtime_api(self, request: Request) -> Response:
        path = request.target.removeprefix(_API)
        if path == "invocation/next":
            return self._next()
        if path == "init/error":
            return Response(202, [], b"{}")
        _, id, what = path.split("/")
        invocation = self._under_way.pop(id)
        if what == "response":
            invocation.answer = json.loads(request.body)
        else:
            invocation.error = request.body.decode()
        invocation.done.set()
        return Response(202, [("Content-Type", "application/json")], b'{"status":"OK"}')

    def _next(self) -> Response:
        invocation = self._waiting.get()
        headers = [
            ("Lambda-Runtime-Aws-Request-Id", invocation.id),
            ("Lambda-Runtime-Deadline-Ms", str(int(invocation.deadline * 1000))),
            ("Lambda-Runtime-Invoked-Function-Arn", _ARN),
            ("Content-Type", "application/json"),
        ]
        return Response(200, headers, json.dumps(invocation.event).encode())

    def _front(self, request: Request) -> Response:
        try:
            return response_of(self.invoke(self._event_of(request)))
        except RuntimeError as fault:
            return Response(502, [("Content-Type", "text/plain")], str(fault).encode())


def _serve(address: tuple[str, int], answer: Callable[[Request], Response]) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one segment: two would wait 40 ms for a delayed acknowledgement.
        wbufsize = 1 << 20
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._do()

        def do_POST(self) -> None:
            self._do()

        def _do(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            response = answer(Request(self.command, self.path, headers, self.rfile.read(size)))
            self.send_response_only(response.status)
            names = set()
            for name, value in response.headers:
                names.add(name.lower())
                self.send_header(name, value)
            if "content-length" not in names:
                self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)
            self.wfile.flush()

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet: the function has a log of its own."""

    server = ThreadingHTTPServer(address, Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
