"""Metrics as lines of the log, in the embedded metric format."""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3

from app.clock import SystemClock
from app.jobs.reporting import reporting
from app.metrics import Metrics
from tools.server import Server


def reported(text: str) -> list[tuple[str, dict[str, Any]]]:
    """(name, blob) for each number."""
    blobs = [json.loads(line) for line in text.splitlines() if '"_aws"' in line]
    return [
        (metric["Name"], blob)
        for blob in blobs
        for told in blob["_aws"]["CloudWatchMetrics"]
        for metric in told["Metrics"]
    ]


def total(text: str, name: str, operation: str) -> float:
    found = [blob for each, blob in reported(text) if each == name]
    return sum(sum(blob[name]) for blob in found if blob.get("Operation") == operation)


# What was counted between the last report and the end would be lost otherwise.
async def test_the_last_report_is_that_of_the_end() -> None:
    out, metrics = io.StringIO(), Metrics(["PutItem"])
    async with reporting(metrics, SystemClock(), 3600.0, out):
        metrics.request("PutItem", 0.01, None)
        assert out.getvalue() == ""
    assert total(out.getvalue(), "SuccessfulRequests", "PutItem") == 1


async def test_nothing_is_reported_unless_it_is_asked_for() -> None:
    out, metrics = io.StringIO(), Metrics()
    async with reporting(metrics, SystemClock(), 0.0, out):
        metrics.add("JobFailures")
    assert out.getvalue() == ""


async def test_each_report_has_what_is_new() -> None:
    out, metrics = io.StringIO(), Metrics(["PutItem"])
    async with reporting(metrics, SystemClock(), 0.001, out):
        for number in range(1, 4):
            metrics.request("PutItem", 0.01, "InternalServerError")
            counted = 0.0
            async with asyncio.timeout(30):
                while counted < number:
                    await asyncio.sleep(0.001)
                    counted = total(out.getvalue(), "SystemErrors", "PutItem")
    assert total(out.getvalue(), "SystemErrors", "PutItem") == 3


# As a task on ECS runs it: two workers, and all that they write to the log.
def test_a_server_reports(start_server: Callable[..., Server], tmp_path: Path) -> None:
    server = start_server(
        *("--store", f"sqlite:///{tmp_path}/data.db", "--workers", "2"),
        *("--metrics-interval", "0.2", "--log-format", "json"),
    )
    access = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    client = boto3.client("dynamodb", endpoint_url=server.url, region_name="us-east-1", **access)
    for _ in range(20):
        client.list_tables()
    client.close()
    deadline = time.monotonic() + 30
    while total(server.log(), "SuccessfulRequests", "ListTables") < 20:
        assert time.monotonic() < deadline, server.log()
        time.sleep(0.05)
    assert total(server.log(), "SuccessfulRequests", "ListTables") == 20
    found = reported(server.log())
    assert {blob["_aws"]["CloudWatchMetrics"][0]["Namespace"] for _, blob in found} == {"dynaspan"}
    (up, *_) = [blob for name, blob in found if name == "StoreUp"]
    assert up["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[]]
