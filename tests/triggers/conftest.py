"""`dynaspan trigger` as a process, and something for it to call."""

from __future__ import annotations

import json
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest

from tools.process import Process
from tools.server import ROOT, Server, inherited_environment

ACCESS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
ENVIRONMENT = {name.upper(): value for name, value in ACCESS.items()}


class Endpoint:
    """An HTTP endpoint that keeps the events it is sent. `answer` makes status and body of each."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.answer: Callable[[dict[str, Any]], tuple[int, Any]] = lambda _: (200, None)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                event = json.loads(body)
                status, answer = outer.answer(event)
                outer.events.append(event)
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/function"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def records(self) -> list[dict[str, Any]]:
        return [record for event in self.events for record in event["Records"]]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    found = Endpoint()
    yield found
    found.close()


@pytest.fixture(scope="module")
def server(start_server: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    path = tmp_path_factory.mktemp("store") / "dynaspan.db"
    return start_server("--store", f"sqlite:///{path}")


@pytest.fixture
def client(server: Server) -> Iterator[Any]:
    client = boto3.client("dynamodb", endpoint_url=server.url, region_name="us-east-1", **ACCESS)
    yield client
    client.close()


@pytest.fixture
def stream(client: Any) -> tuple[str, str]:
    """(table, ARN of its stream)."""
    return make_stream(client)


def make_stream(client: Any) -> tuple[str, str]:
    name = f"t{uuid.uuid4().hex[:12]}"
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    return name, client.describe_table(TableName=name)["Table"]["LatestStreamArn"]


StartTrigger = Callable[..., Process]


@pytest.fixture
def start_trigger(server: Server, tmp_path: Path) -> Iterator[StartTrigger]:
    """`start_trigger(arn, to, "--bisect", ...)`."""
    started: list[Process] = []

    def start(arn: str, to: str, *arguments: str) -> Process:
        log = tmp_path / f"trigger-{len(started)}.log"
        process = Process(
            [
                *(sys.executable, "-m", "app.cli", "trigger", "--stream", arn, "--to", to),
                *("--endpoint-url", server.url, *arguments),
            ],
            log_path=log,
            cwd=ROOT,
            env={**inherited_environment(), **ENVIRONMENT},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()


def wait_for(
    condition: Callable[[], bool], what: Callable[[], object] = lambda: "", seconds: float = 30
) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(0.02)
