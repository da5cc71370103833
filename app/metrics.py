"""One registry of counts under DynamoDB's own CloudWatch names, and two renderers of it.

`METRICS` is the whole list. CloudWatch (embedded metric format) shows the names as they are,
latency in milliseconds. Prometheus shows `dynaspan_` + the name in snake case, + `_seconds` for
latency, + `_total` for counters: UserErrors is dynaspan_user_errors_total.

The numbers are doubles in a slab that several worker processes may share: each adds to a row of its
own, and any of them can sum all rows.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from prometheus_client.core import Metric as Family

Kind = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True, slots=True)
class Metric:
    """`unit` is CloudWatch's. `by_operation`: one number for each operation, else one in all."""

    name: str
    kind: Kind
    unit: str
    help: str
    by_operation: bool = False


LATENCY = "SuccessfulRequestLatency"

METRICS = (
    Metric(LATENCY, "histogram", "Milliseconds", "Time of answered requests.", True),
    Metric("SuccessfulRequests", "counter", "Count", "Requests answered with 200.", True),
    Metric("UserErrors", "counter", "Count", "Answers 400 that no other metric counts.", True),
    Metric("SystemErrors", "counter", "Count", "Answers 500.", True),
    Metric("ThrottledRequests", "counter", "Count", "Requests refused for lack of room.", True),
    Metric("ConditionalCheckFailedRequests", "counter", "Count", "Failed conditions.", True),
    Metric("TransactionConflict", "counter", "Count", "Requests lost to a transaction.", True),
    Metric("ReturnedItemCount", "counter", "Count", "Items that reads returned.", True),
    Metric("TimeToLiveDeletedItemCount", "counter", "Count", "Items deleted as expired."),
    Metric("TimeToLiveLag", "gauge", "Seconds", "How late the last item was deleted as expired."),
    Metric(
        "OnlineIndexPercentageProgress", "gauge", "Percent", "How far an index has been filled."
    ),
    Metric("StreamLag", "gauge", "Seconds", "Age of the oldest record on its way to its stream."),
    Metric("ReplicationApplied", "counter", "Count", "Stream records applied to their item."),
    Metric(
        "ReplicationSkipped", "counter", "Count", "Records that a later one, or they, came before."
    ),
    Metric("ReplicationKept", "counter", "Count", "Unusable records given to the destination."),
    Metric("ReplicationFailed", "counter", "Count", "Records to be delivered again."),
    Metric("ReplicationLag", "gauge", "Seconds", "Age of the oldest record of the last batch."),
    Metric("JobFailures", "counter", "Count", "Rounds of a background job that failed."),
    Metric("IndexDrift", "counter", "Count", "Index entries found not to be as their items say."),
    Metric("IndexDriftMended", "counter", "Count", "Of those: mended."),
    Metric("CasRetries", "counter", "Count", "Writes tried again after a lost race."),
    Metric("LockedRetries", "counter", "Count", "Writes tried again behind a transaction."),
    Metric("UnknownOutcomes", "counter", "Count", "Writes that the store did not answer in time."),
    Metric("UnknownOutcomesResolved", "counter", "Count", "Of those: decided by reading again."),
    Metric("QueueRefusals", "counter", "Count", "Writes refused as too many wait for one key."),
    Metric("QueueDepth", "gauge", "Count", "Writes that wait for another to the same key."),
    Metric("ExpressionCacheHits", "counter", "Count", "Expressions that had been parsed before."),
    Metric("ExpressionCacheMisses", "counter", "Count", "Expressions that were parsed."),
    Metric("SigningKeyCacheHits", "counter", "Count", "Signatures by a key derived before."),
    Metric("SigningKeyCacheMisses", "counter", "Count", "Signing keys derived."),
    Metric("RememberedItemHits", "counter", "Count", "Items that were as last written here."),
    Metric("RememberedItemMisses", "counter", "Count", "Items that others had written since."),
    Metric("AuthWarnings", "counter", "Count", "Requests that auth=enforce would refuse."),
    Metric("StoreUp", "gauge", "Count", "Workers that reach the store."),
)

# Upper bounds in seconds. The service's own answers lie between 1 and 20 ms.
BUCKETS = (
    *(0.00025, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075),
    *(0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
_SUM = len(BUCKETS) + 1
_HISTOGRAM_WIDTH = len(BUCKETS) + 2

_COUNTED_AS: Mapping[str, str] = {
    "ConditionalCheckFailedException": "ConditionalCheckFailedRequests",
    "TransactionConflictException": "TransactionConflict",
    "TransactionInProgressException": "TransactionConflict",
    "ProvisionedThroughputExceededException": "ThrottledRequests",
    "RequestLimitExceeded": "ThrottledRequests",
    "ThrottlingException": "ThrottledRequests",
    "InternalServerError": "SystemErrors",
    "ServiceUnavailable": "SystemErrors",
}
_UNKNOWN = "unknown"


class Metrics:
    """Counts of one process. Call it from one thread: additions are not atomic.

    `operations` are the values of the only label; what is none of them is counted as `unknown`.
    `slab` holds `slab_size(operations) * workers` doubles, zero at first; `worker` is the row of
    it that belongs to this process. Without a slab there is one row, private to this object.
    """

    def __init__(
        self,
        operations: Iterable[str] = (),
        *,
        slab: memoryview[float] | None = None,
        worker: int = 0,
    ) -> None:
        names = (_UNKNOWN, *operations)
        self.operations = names
        self._slots = {name: slot for slot, name in enumerate(names)}
        self._at: dict[str, int] = {}
        self._slots_of: dict[str, Mapping[str, int]] = {}
        size = 0
        for metric in METRICS:
            self._at[metric.name] = size
            self._slots_of[metric.name] = self._slots if metric.by_operation else {}
            size += _width(metric, len(names))
        self._size = size
        if slab is None:
            slab = memoryview(bytearray(8 * size)).cast("d")
        self._slab: memoryview[float] = slab
        self._row = self._slab[worker * size : (worker + 1) * size]
        self._successes = self._at["SuccessfulRequests"]
        for metric in METRICS:
            # A worker's counters go on where those of its killed predecessor ended.
            if metric.kind == "gauge":
                self._row[self._at[metric.name]] = 0.0

    @staticmethod
    def slab_size(operations: Iterable[str]) -> int:
        """Doubles in one worker's row."""
        names = len(tuple(operations)) + 1
        return sum(_width(metric, names) for metric in METRICS)

    def request(self, operation: str | None, seconds: float, error_code: str | None) -> None:
        """Counts one answered request; `error_code` is the error's type without its prefix."""
        slot = 0 if operation is None else self._slots.get(operation, 0)
        row = self._row
        if error_code is None:
            row[self._successes + slot] += 1.0
            at = slot * _HISTOGRAM_WIDTH
            row[at + bisect_left(BUCKETS, seconds)] += 1.0
            row[at + _SUM] += seconds
        else:
            row[self._at[_COUNTED_AS.get(error_code, "UserErrors")] + slot] += 1.0

    def add(self, name: str, value: float = 1, operation: str | None = None) -> None:
        """Adds to a counter or gauge of `METRICS`; KeyError for any other name."""
        slot = 0 if operation is None else self._slots_of[name].get(operation, 0)
        self._row[self._at[name] + slot] += value

    def set(self, name: str, value: float) -> None:
        """Sets a gauge of this process; workers' gauges are shown as their sum."""
        self._row[self._at[name]] = value

    def value(self, name: str, operation: str | None = None) -> float:
        """What all workers counted; for the latency, the number of requests."""
        metric = next(metric for metric in METRICS if metric.name == name)
        totals = self._totals(self._slab)
        found = [
            sum(numbers[:_SUM]) if metric.kind == "histogram" else numbers[0]
            for label, numbers in self._numbers(metric, totals)
            if operation is None or label == operation
        ]
        return sum(found)

    def _totals(self, rows: memoryview[float]) -> list[float]:
        size = self._size
        row_views = (rows[start : start + size] for start in range(0, len(rows), size))
        return [sum(column) for column in zip(*row_views, strict=True)]

    def _numbers(self, metric: Metric, row: list[float]) -> Iterator[tuple[str, list[float]]]:
        """(operation, its numbers) for each label; the label is empty for a metric without."""
        labels = self.operations if metric.by_operation else ("",)
        at = self._at[metric.name]
        width = _HISTOGRAM_WIDTH if metric.kind == "histogram" else 1
        for slot, label in enumerate(labels):
            yield label, row[at + slot * width : at + (slot + 1) * width]

    # -- renderers --------------------------------------------------------------------------

    def prometheus(self) -> bytes:
        """The text exposition of all workers' sums; operations never called are left out."""
        from prometheus_client import CollectorRegistry, generate_latest

        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Collector(self))
        return generate_latest(registry)

    def families(self) -> Iterator[Family]:
        from prometheus_client.core import (
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
        )

        totals = self._totals(self._slab)
        for metric in METRICS:
            labels = ["operation"] if metric.by_operation else []
            name = prometheus_name(metric)
            if metric.kind == "histogram":
                histogram = HistogramMetricFamily(name, metric.help, labels=labels)
                for label, numbers in self._numbers(metric, totals):
                    if any(numbers):
                        histogram.add_metric([label], _cumulative(numbers), numbers[_SUM])
                yield histogram
                continue
            make = GaugeMetricFamily if metric.kind == "gauge" else CounterMetricFamily
            family = make(name, metric.help, labels=labels)
            for label, (number,) in self._numbers(metric, totals):
                if not metric.by_operation:
                    family.add_metric([], number)
                elif number:
                    family.add_metric([label], number)
            yield family


class Emf:
    """Embedded metric format: what this process counted since the last call.

    A latency distribution becomes at most 100 values, the most that one metric of a blob may have:
    averages and percentiles are right, the number of requests is SuccessfulRequests.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """

    def __init__(self, metrics: Metrics, namespace: str) -> None:
        self._metrics = metrics
        self._namespace = namespace
        self._last = list(metrics._row)

    def blobs(self, now: float) -> list[dict[str, Any]]:
        """One JSON object for each operation that did anything, and one without dimensions.

        `now` is in epoch seconds. What is zero is left out, as DynamoDB does.
        """
        from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import (
            AmazonCloudWatchEMFProvider,
        )

        current = list(self._metrics._row)
        changes = [new - old for new, old in zip(current, self._last, strict=True)]
        self._last = current
        sets: dict[str, dict[str, Any]] = {}
        for metric in METRICS:
            source = current if metric.kind == "gauge" else changes
            for label, numbers in self._metrics._numbers(metric, source):
                values = _samples(numbers) if metric.kind == "histogram" else numbers
                if any(values):
                    sets.setdefault(label, {})[metric.name] = {"Unit": metric.unit, "Value": values}
        blobs = []
        for label, found in sets.items():
            provider = AmazonCloudWatchEMFProvider(namespace=self._namespace)
            provider.timestamp = int(now * 1000)
            dimensions = {"Operation": label} if label else {}
            blobs.append(dict(provider.serialize_metric_set(found, dimensions, {})))
        return blobs


def prometheus_name(metric: Metric) -> str:
    name = "dynaspan" + re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), metric.name)
    # The client library itself appends _total to counters.
    return name + "_seconds" if metric.kind == "histogram" else name


class _Collector:
    """What prometheus_client asks of a collector."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Family]:
        return self._metrics.families()


def _width(metric: Metric, labels: int) -> int:
    return (labels if metric.by_operation else 1) * (
        _HISTOGRAM_WIDTH if metric.kind == "histogram" else 1
    )


def _cumulative(numbers: list[float]) -> list[tuple[str, float]]:
    total = 0.0
    buckets = []
    for bound, number in zip((*map(str, BUCKETS), "+Inf"), numbers, strict=False):
        total += number
        buckets.append((bound, total))
    return buckets


def _samples(numbers: list[float]) -> list[float]:
    """At most 100 latencies in milliseconds that are distributed as the counts are."""
    counts = numbers[:_SUM]
    total = sum(counts)
    wanted = min(int(total), 100)
    samples: list[float] = []
    seen = 0.0
    for bucket, count in enumerate(counts):
        lower = 0.0 if bucket == 0 else BUCKETS[bucket - 1]
        upper = BUCKETS[min(bucket, len(BUCKETS) - 1)]
        seen += count
        while len(samples) < wanted and (len(samples) + 0.5) * total / wanted <= seen:
            samples.append((lower + upper) / 2 * 1000)
    return samples
