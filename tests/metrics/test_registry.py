"""The registry: what is counted where, and by whom."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app.metrics import METRICS, Metrics

OPERATIONS = ("PutItem", "GetItem")


def test_a_success_is_a_latency_and_nothing_else() -> None:
    metrics = Metrics(OPERATIONS)
    metrics.request("PutItem", 0.004, None)
    assert metrics.value("SuccessfulRequestLatency", "PutItem") == 1
    assert metrics.value("SuccessfulRequests", "PutItem") == 1
    counted = {metric.name for metric in METRICS if metrics.value(metric.name)}
    assert counted == {"SuccessfulRequestLatency", "SuccessfulRequests"}


# UserErrors leaves out what has a metric of its own, see the link in app/metrics.py.
@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("ValidationException", "UserErrors"),
        ("ResourceNotFoundException", "UserErrors"),
        ("InvalidSignatureException", "UserErrors"),
        ("ConditionalCheckFailedException", "ConditionalCheckFailedRequests"),
        ("ThrottlingException", "ThrottledRequests"),
        ("ProvisionedThroughputExceededException", "ThrottledRequests"),
        ("TransactionConflictException", "TransactionConflict"),
        ("InternalServerError", "SystemErrors"),
    ],
)
def test_an_error_is_counted_once_by_its_kind(code: str, name: str) -> None:
    metrics = Metrics(OPERATIONS)
    metrics.request("GetItem", 1.0, code)
    counted = {metric.name: metrics.value(metric.name) for metric in METRICS}
    assert {found for found, value in counted.items() if value} == {name}
    assert metrics.value(name, "GetItem") == 1


def test_what_is_no_operation_is_counted_as_unknown() -> None:
    metrics = Metrics(OPERATIONS)
    metrics.request(None, 0.0, "UnknownOperationException")
    # Neither may a client's text become a label.
    metrics.request("Nonsense", 0.0, "UnknownOperationException")
    assert metrics.value("UserErrors", "unknown") == 2


def test_every_metric_has_numbers_of_its_own() -> None:
    metrics = Metrics(OPERATIONS)
    for number, metric in enumerate(METRICS):
        if metric.kind != "histogram":
            metrics.add(metric.name, number + 1, "GetItem" if metric.by_operation else None)
    for number, metric in enumerate(METRICS):
        if metric.kind != "histogram":
            assert metrics.value(metric.name) == number + 1, metric.name


def test_an_operation_does_not_move_a_metric_without_labels() -> None:
    metrics = Metrics(OPERATIONS)
    metrics.add("CasRetries", operation="GetItem")
    assert metrics.value("CasRetries") == 1


def test_an_undeclared_name_is_refused() -> None:
    with pytest.raises(KeyError):
        Metrics().add("Nonsense")


def test_any_worker_answers_for_all() -> None:
    slab = memoryview(bytearray(8 * Metrics.slab_size(OPERATIONS) * 2)).cast("d")
    workers = [Metrics(OPERATIONS, slab=slab, worker=number) for number in range(2)]
    for number, worker in enumerate(workers):
        for _ in range(number + 1):
            worker.request("PutItem", 0.01, None)
        worker.set("QueueDepth", 5)
    for worker in workers:
        assert worker.value("SuccessfulRequests", "PutItem") == 3
        assert worker.value("QueueDepth") == 10


def test_the_successor_of_a_worker_keeps_counters_and_clears_gauges() -> None:
    slab = memoryview(bytearray(8 * Metrics.slab_size(OPERATIONS))).cast("d")
    killed = Metrics(OPERATIONS, slab=slab)
    killed.request("PutItem", 0.01, None)
    killed.set("QueueDepth", 5)
    successor = Metrics(OPERATIONS, slab=slab)
    assert successor.value("SuccessfulRequests") == 1
    assert successor.value("QueueDepth") == 0


def test_importing_it_imports_no_renderer() -> None:
    # A cold start pays for neither.
    code = (
        "import sys, app.metrics;"
        "assert not any(name.startswith(('prometheus_client', 'aws_lambda_powertools'))"
        " for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
