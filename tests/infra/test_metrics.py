"""Alarms on dynaspan's own numbers, against what a process of it writes."""

from __future__ import annotations

import io
import json
import logging
import re
from typing import Any

import pytest

from app.cli.logs import JsonFormatter
from app.clock import SystemClock
from app.jobs.reporting import NAMESPACE, reporting
from app.metrics import METRICS, Metrics
from tests.infra.conftest import Assembly
from tests.infra.test_templates import STAGES

Number = tuple[str, str, frozenset[str]]
"""Namespace, name, names of dimensions."""


@pytest.fixture(scope="module")
async def written() -> set[Number]:
    """All that a process can write, read as CloudWatch reads it."""
    out, metrics = io.StringIO(), Metrics(["PutItem"])
    async with reporting(metrics, SystemClock(), 3600.0, out):
        metrics.request("PutItem", 0.01, None)
        for metric in METRICS:
            if metric.kind != "histogram":
                metrics.add(metric.name, 1, "PutItem" if metric.by_operation else None)
    told = [
        told
        for line in out.getvalue().splitlines()
        for told in json.loads(line)["_aws"]["CloudWatchMetrics"]
    ]
    return {
        (each["Namespace"], metric["Name"], frozenset(names))
        for each in told
        for metric in each["Metrics"]
        for names in each["Dimensions"]
    }


def alarms(assembly: Assembly, stage: str) -> list[dict[str, Any]]:
    return assembly.resources(stage, "observability", "AWS::CloudWatch::Alarm")


@pytest.mark.parametrize("stage", STAGES)
def test_alarms_are_on_numbers_that_are_written(
    assembly: Assembly, written: set[Number], stage: str
) -> None:
    seen = set()
    for alarm in alarms(assembly, stage):
        if alarm.get("Namespace") == NAMESPACE:
            names = frozenset(each["Name"] for each in alarm.get("Dimensions", []))
            assert (NAMESPACE, alarm["MetricName"], names) in written
            seen.add(alarm["MetricName"])
        for query in alarm.get("Metrics", []):
            asked = re.fullmatch(
                rf'SELECT \w+\((\w+)\) FROM "{NAMESPACE}"', query.get("Expression", "")
            )
            if asked is not None:
                # Over all dimensions that there are.
                assert asked[1] in {name for _, name, _ in written}
                seen.add(asked[1])
    assert {"SystemErrors", "JobFailures", "IndexDrift"} <= seen
    (board,) = assembly.resources(stage, "observability", "AWS::CloudWatch::Dashboard")
    drawn = set(re.findall(rf"\((\w+)\) FROM \W+{NAMESPACE}\W", json.dumps(board)))
    assert drawn <= {name for _, name, _ in written}
    assert {"SuccessfulRequests", "SuccessfulRequestLatency", "ThrottledRequests"} <= drawn
    # Keyspaces has neither streams nor the transactions of replication.
    for name in ("ReplicationLag", "ReplicationKept", "StreamLag"):
        assert (name in seen) is (stage == "hybrid")


@pytest.mark.parametrize("stage", STAGES)
def test_tasks_write_them(assembly: Assembly, stage: str) -> None:
    tasks = [
        container
        for part in ("service", "jobs")
        if part in assembly.templates(stage)
        for task in assembly.resources(stage, part, "AWS::ECS::TaskDefinition")
        for container in task["ContainerDefinitions"]
        if container["Name"] == "dynaspan"
    ]
    assert tasks
    for task in tasks:
        settings = {one["Name"]: one["Value"] for one in task["Environment"]}
        assert settings["DYNASPAN_METRICS_INTERVAL"] == "60"
        assert task["LogConfiguration"]["LogDriver"] == "awslogs"


# The filter's pattern and the form of a line are written in two places.
@pytest.mark.parametrize("stage", STAGES)
def test_errors_in_logs_are_counted(assembly: Assembly, stage: str) -> None:
    filters = {
        one["MetricTransformations"][0]["MetricName"]: one["FilterPattern"]
        for one in assembly.resources(stage, "observability", "AWS::Logs::MetricFilter")
    }
    on_logs = {
        alarm["MetricName"]
        for alarm in alarms(assembly, stage)
        if alarm.get("Namespace") == "dynaspan/logs"
    }
    assert on_logs == set(filters)
    record = logging.LogRecord("dynaspan", logging.ERROR, "", 0, "text", None, None)
    line = json.loads(JsonFormatter().format(record))
    for pattern in filters.values():
        wanted = re.findall(r'\$\.(\w+) = "(\w+)"', pattern)
        assert any(line.get(name) == value for name, value in wanted)


# What throttles leases stops indexes and expiry, and shows in no metric of the users' tables.
@pytest.mark.parametrize("stage", STAGES)
def test_both_keyspaces_are_watched(assembly: Assembly, stage: str) -> None:
    text = json.dumps(alarms(assembly, stage))
    watched = set(re.findall(r"(\w+)\) FROM \W+AWS/Cassandra\W+ WHERE Keyspace = '(\w+)'", text))
    made = {
        one["KeyspaceName"] for one in assembly.resources(stage, "data", "AWS::Cassandra::Keyspace")
    }
    assert {keyspace for _, keyspace in watched} == made
    for keyspace in made:
        for name in ("ReadThrottleEvents", "WriteThrottleEvents"):
            assert (name, keyspace) in watched
