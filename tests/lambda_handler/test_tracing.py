"""What AWS X-Ray is told: real datagrams of a process that has the environment of a function."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.config import sampled

ROOT = Path(__file__).resolve().parents[2]
ROOT_ID, PARENT_ID = "1-5759e988-bd862e3fe1be46a994272793", "53995c3f42cd8ad8"
HEADER = f"Root={ROOT_ID};Parent={PARENT_ID};Sampled="
_INVOKE = """
import json, os, sys
from {module} import {handler} as handler
class Context:
    aws_request_id = "1"
    function_name = "dynaspan"
    def get_remaining_time_in_millis(self): return 6_000
ahead = "aws_xray_sdk" in sys.modules
for name in {events!r}:
    event = json.load(open("events/" + name + ".json"))
    handler(event, Context())
patched = [m for m in sys.modules if m.startswith("aws_xray_sdk.ext.")]
print(json.dumps([ahead, "aws_xray_sdk" in sys.modules, patched]), file=sys.stderr)
"""
WEB = ("app.lambda_handler", "handler")


@pytest.fixture
def daemon() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.setblocking(False)
        yield listener


def invoke(
    daemon: socket.socket, home: Path, *events: str, **changed: str
) -> tuple[list[bool], list[dict[str, Any]]]:
    """Whether X-Ray's SDK was there before the first event and behind the last one; subsegments."""
    module, handler = WEB
    if events[0].startswith("stream"):
        module, handler = "app.replication.stream_handler", "handler"
    code = _INVOKE.format(module=module, handler=handler, events=events)
    port = daemon.getsockname()[1]
    environment = {
        "DYNASPAN_STORE": f"sqlite:///{home}/data.db",
        "DYNASPAN_AUTH": "off",
        "DYNASPAN_INSECURE": "true",
        "LAMBDA_TASK_ROOT": str(ROOT),
        "_X_AMZN_TRACE_ID": f"{HEADER}1",
        "AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{port}",
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment, **changed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *imported, patched = json.loads(done.stderr.splitlines()[-1])
    assert patched == []
    told = []
    while True:
        try:
            datagram = daemon.recv(65_536)
        except BlockingIOError:
            return imported, told
        told.append(json.loads(datagram.partition(b"\n")[2]))


def test_a_traced_request_is_told_with_its_operation_and_without_its_content(
    daemon: socket.socket, tmp_path: Path
) -> None:
    imported, told = invoke(daemon, tmp_path, "alb-create-table", "alb-put-item", "alb-not-found")
    # Only the first request waits for it, and only if it is traced.
    assert imported == [False, True]
    assert [each["annotations"] for each in told] == [
        {"Service": "dynaspan", "ColdStart": True, "Operation": "CreateTable"},
        {"Service": "dynaspan", "ColdStart": False, "Operation": "PutItem"},
        {"Service": "dynaspan", "ColdStart": False},
    ]
    for each in told:
        assert (each["trace_id"], each["parent_id"]) == (ROOT_ID, PARENT_ID)
        assert each["name"] == "## request"
        assert each["end_time"] >= each["start_time"]
        assert "metadata" not in each
    assert "Grüße" not in json.dumps(told, ensure_ascii=False)


def test_batches_of_records_are_told(daemon: socket.socket, tmp_path: Path) -> None:
    _, told = invoke(daemon, tmp_path, "stream-missing-table")
    (each,) = told
    assert each["name"] == "## records"
    assert each["annotations"] == {"Service": "dynaspan", "ColdStart": True}


FUNCTION = {"LAMBDA_TASK_ROOT": "/var/task", "_X_AMZN_TRACE_ID": f"{HEADER}1"}


@pytest.mark.parametrize(
    ("environment", "is_sampled"),
    [
        (FUNCTION, True),
        (FUNCTION | {"POWERTOOLS_TRACE_DISABLED": "false"}, True),
        (FUNCTION | {"POWERTOOLS_TRACE_DISABLED": "true"}, False),
        (FUNCTION | {"AWS_SAM_LOCAL": "true"}, False),
        (FUNCTION | {"_X_AMZN_TRACE_ID": f"{HEADER}0"}, False),
        ({"LAMBDA_TASK_ROOT": "/var/task"}, False),
        # Outside Lambda nobody takes datagrams.
        ({"_X_AMZN_TRACE_ID": f"{HEADER}1"}, False),
    ],
)
def test_what_is_sampled(
    environment: dict[str, str], is_sampled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LAMBDA_TASK_ROOT", "_X_AMZN_TRACE_ID", "POWERTOOLS_TRACE_DISABLED"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert sampled() is is_sampled


# Not even ahead of any request, where it is not to be traced.
@pytest.mark.parametrize(
    "changed",
    [
        {"_X_AMZN_TRACE_ID": f"{HEADER}0"},
        {
            "POWERTOOLS_TRACE_DISABLED": "true",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "provisioned-concurrency",
        },
    ],
)
def test_what_is_not_traced_costs_nothing(
    daemon: socket.socket, tmp_path: Path, changed: dict[str, str]
) -> None:
    assert invoke(daemon, tmp_path, "alb-health", **changed) == ([False, False], [])


def test_a_snapshot_holds_it(daemon: socket.socket, tmp_path: Path) -> None:
    ahead = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}
    imported, _ = invoke(daemon, tmp_path, "alb-health", **ahead)
    assert imported == [True, True]


_WITHOUT = """
import sys
sys.modules["aws_xray_sdk"] = None
from app.tracing import Tracing
with Tracing(lambda: True).invocation("x", dict):
    print("done")
"""


# Whoever installs without the extra and switches tracing on still gets answers.
def test_without_the_extra_nothing_is_traced_and_that_is_told() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
    assert "nothing is traced without the extra tracing" in done.stderr
