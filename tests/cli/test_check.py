"""`dynaspan check URL`: what it finds of a server that is well, and of one that is not."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3

from tools.server import ROOT, Server, inherited_environment

ACCESS = {"AWS_ACCESS_KEY_ID": "ID", "AWS_SECRET_ACCESS_KEY": "SECRET"}


def check(url: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.cli", "check", url],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**inherited_environment(), **ACCESS, **environment},
        timeout=100,
    )


def enforcing(start_server: Callable[..., Server], tmp_path: Path) -> Server:
    store = f"sqlite:///{tmp_path}/data.db"
    environment = {"DYNASPAN_ACCESS_KEYS": "ID:SECRET"}
    return start_server("--store", store, "--auth", "enforce", env=environment)


def test_a_server_that_is_well(start_server: Callable[..., Server], tmp_path: Path) -> None:
    server = enforcing(start_server, tmp_path)
    done = check(server.url)
    assert done.returncode == 0, done.stdout + done.stderr
    steps = re.findall(r"^ok {6}(.*) \(\d+ ms\)$", done.stdout, re.M)
    assert steps == [
        *("CreateTable", "the table becomes ACTIVE", "PutItem", "GetItem", "UpdateItem"),
        *("Query", "DeleteItem", "DeleteTable"),
    ]
    access: dict[str, Any] = {name.lower(): value for name, value in ACCESS.items()}
    client = boto3.client("dynamodb", endpoint_url=server.url, region_name="us-east-1", **access)
    assert client.list_tables()["TableNames"] == []
    client.close()


def test_credentials_that_are_wrong(start_server: Callable[..., Server], tmp_path: Path) -> None:
    server = enforcing(start_server, tmp_path)
    done = check(server.url, AWS_SECRET_ACCESS_KEY="wrong")
    assert done.returncode == 1
    (line,) = done.stdout.splitlines()
    assert line.startswith("FAILED  CreateTable: An error occurred (InvalidSignatureException)")


def test_no_url() -> None:
    done = check("127.0.0.9:1")
    assert done.returncode == 2
    assert done.stderr.startswith("dynaspan: Invalid endpoint: 127.0.0.9:1; give it as http://")


def test_no_credentials() -> None:
    done = check(
        "http://127.0.0.9:1",
        AWS_ACCESS_KEY_ID="",
        AWS_SECRET_ACCESS_KEY="",
        AWS_SHARED_CREDENTIALS_FILE="/dev/null",
        AWS_CONFIG_FILE="/dev/null",
        AWS_EC2_METADATA_DISABLED="true",
    )
    assert done.returncode == 2
    assert done.stderr.startswith("dynaspan: no credentials are found; set AWS_ACCESS_KEY_ID")


def test_nobody_there() -> None:
    done = check("http://127.0.0.9:1")
    assert done.returncode == 1
    assert done.stdout.startswith("FAILED  CreateTable: Could not connect")
