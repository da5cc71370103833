"""Prometheus and embedded metric format show the same registry."""

from __future__ import annotations

import json

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.metrics import BUCKETS, Emf, Metrics


def samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(metrics.prometheus().decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_prometheus_names_are_dynamodbs_in_snake_case() -> None:
    metrics = Metrics(["PutItem"])
    metrics.request("PutItem", 0.1, "ConditionalCheckFailedException")
    metrics.add("TimeToLiveDeletedItemCount", 2.5)
    metrics.set("QueueDepth", 7)
    found = samples(metrics)
    name = "dynaspan_conditional_check_failed_requests_total"
    assert found[name, (("operation", "PutItem"),)] == 1
    assert found["dynaspan_time_to_live_deleted_item_count_total", ()] == 2.5
    assert found["dynaspan_queue_depth", ()] == 7


def test_prometheus_latency_is_a_cumulative_histogram_in_seconds() -> None:
    metrics = Metrics(["PutItem"])
    for seconds in (0.0001, 0.002, 0.0021, 30.0):
        metrics.request("PutItem", seconds, None)
    found = samples(metrics)
    name = "dynaspan_successful_request_latency_seconds"
    put = ("operation", "PutItem")

    def below(bound: str) -> float:
        return found[f"{name}_bucket", (("le", bound), put)]

    # A bucket counts what is equal to its bound as well.
    assert (below("0.00025"), below("0.002"), below("0.003")) == (1, 2, 3)
    assert (below("10.0"), below("+Inf")) == (3, 4)
    assert found[f"{name}_count", (put,)] == 4
    assert found[f"{name}_sum", (put,)] == pytest.approx(30.0042)


def test_prometheus_leaves_out_operations_never_called() -> None:
    metrics = Metrics(["PutItem", "GetItem"])
    metrics.request("PutItem", 0.1, None)
    assert b"GetItem" not in metrics.prometheus()


def test_emf_says_what_was_added_since_the_last_time() -> None:
    metrics = Metrics(["PutItem"])
    emf = Emf(metrics, "dynaspan")
    metrics.request("PutItem", 0.1, "ValidationException")
    (first,) = emf.blobs(1_700_000_000.5)
    assert first["UserErrors"] == [1.0]
    assert first["Operation"] == "PutItem"
    assert first["_aws"] == {
        "Timestamp": 1_700_000_000_500,
        "CloudWatchMetrics": [
            {
                "Namespace": "dynaspan",
                "Dimensions": [["Operation"]],
                "Metrics": [{"Name": "UserErrors", "Unit": "Count"}],
            }
        ],
    }
    json.dumps(first)
    assert emf.blobs(1_700_000_001.0) == []
    metrics.request("PutItem", 0.1, "ValidationException")
    metrics.request("PutItem", 0.1, "ValidationException")
    (second,) = emf.blobs(1_700_000_002.0)
    assert second["UserErrors"] == [2.0]


def test_emf_shows_metrics_without_operation_and_gauges_as_they_are() -> None:
    metrics = Metrics()
    emf = Emf(metrics, "dynaspan")
    metrics.set("QueueDepth", 3)
    metrics.add("CasRetries", 2)
    for retries in ([2.0], None):
        (blob,) = emf.blobs(0.0)
        assert blob["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[]]
        assert blob["QueueDepth"] == [3.0]
        assert blob.get("CasRetries") == retries


def test_emf_latency_is_in_milliseconds_and_distributed_as_measured() -> None:
    metrics = Metrics(["GetItem"])
    emf = Emf(metrics, "dynaspan")
    for _ in range(900):
        metrics.request("GetItem", 0.0025, None)
    for _ in range(100):
        metrics.request("GetItem", 0.2, None)
    (blob,) = emf.blobs(0.0)
    values = blob["SuccessfulRequestLatency"]
    # 100 values are the most that a metric of one blob may have.
    assert len(values) == 100
    assert values.count(2.5) == 90
    assert values.count(200.0) == 10
    assert blob["SuccessfulRequests"] == [1000.0]


def test_emf_latency_of_few_requests_has_a_value_for_each() -> None:
    metrics = Metrics(["GetItem"])
    emf = Emf(metrics, "dynaspan")
    for seconds in (0.0001, 0.004, 99.0):
        metrics.request("GetItem", seconds, None)
    (blob,) = emf.blobs(0.0)
    # What lies beyond the last bucket is shown as its bound.
    assert blob["SuccessfulRequestLatency"] == [0.125, 4.0, BUCKETS[-1] * 1000]


def test_emf_of_a_worker_leaves_the_others_out() -> None:
    # Each worker writes lines of its own: CloudWatch adds them up.
    slab = memoryview(bytearray(8 * Metrics.slab_size(["GetItem"]) * 2)).cast("d")
    mine, other = (Metrics(["GetItem"], slab=slab, worker=number) for number in range(2))
    emf = Emf(mine, "dynaspan")
    other.add("CasRetries")
    assert emf.blobs(0.0) == []
