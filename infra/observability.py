"""Observability: a topic, alarms and a dashboard on all that the other stacks measure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.constructs.alarms import Alarms, insight
from infra.constructs.removal import removal
from infra.function import FunctionStack
from infra.jobs import JobsStack
from infra.replication import ReplicationStack
from infra.service import ServiceStack
from infra.stages import Cassandra, Keyspaces, Stage

_MINUTE = Duration.minutes(1)
# https://docs.aws.amazon.com/keyspaces/latest/devguide/metrics-dimensions.html
_KEYSPACES = (
    "ReadThrottleEvents",
    "WriteThrottleEvents",
    "StoragePartitionThroughputCapacityExceeded",
    "PerConnectionRequestRateExceeded",
    "SystemErrors",
)
# Of the tables with catalog and leases, which may have a capacity of their own.
_CATALOG = _KEYSPACES[:3]
# Of the metrics that dynaspan itself writes: what should stay at 0, or under so much.
_OWN = {"SystemErrors": 0, "JobFailures": 2, "IndexDrift": 0}


class ObservabilityStack(Stack):
    """Alarms by their names in RUNBOOK.md; the topic tells `alarm_email` where that is given."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage: Stage,
        service: ServiceStack | None,
        function: FunctionStack | None,
        jobs: JobsStack | None,
        replication: ReplicationStack | None,
        **more: Any,
    ) -> None:
        super().__init__(scope, id, **more)
        self._stage = stage
        self._widgets: list[cloudwatch.IWidget] = []
        self.alarms = Alarms(self, "Alarms", stage=stage.name, topic=self._topic())
        if service is not None:
            self._service(service)
            self._errors("ServerErrorsLogged", service.log)
        if function is not None:
            self._function("Function", function.function)
        self._own()
        if jobs is not None:
            self._errors("JobErrorsLogged", jobs.log)
            if jobs.function is not None:
                self._function("Jobs", jobs.function)
        if replication is not None:
            self._replication(replication)
        if isinstance(stage.store, Keyspaces):
            self._keyspaces("Keyspaces", stage.store.keyspace, _KEYSPACES)
            self._keyspaces("Catalog", f"{stage.store.keyspace}_catalog", _CATALOG)
        self.alarms.together("Down", "ServiceUnanswered", "ServiceErrors", "FunctionErrors")
        store = [f"Keyspaces{name}" for name in _KEYSPACES]
        store += [f"Catalog{name}" for name in _CATALOG]
        self.alarms.together("StoreOverloaded", *store, "FunctionThrottles")
        self._requests()
        board = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=f"dynaspan-{stage.name}")
        for at in range(0, len(self._widgets), 2):
            board.add_widgets(*self._widgets[at : at + 2])

    def _topic(self) -> sns.Topic:
        key = kms.Key(self, "Key", enable_key_rotation=True, removal_policy=removal(self._stage))
        # Alarms write to the topic, whose messages this key encrypts.
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            )
        )
        topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=True)
        if self._stage.alarm_email is not None:
            topic.add_subscription(subscriptions.EmailSubscription(self._stage.alarm_email))
        return topic

    def _above(
        self, name: str, metric: cloudwatch.IMetric, bound: float, *, minutes: int = 3
    ) -> None:
        self.alarms.above(name, metric, bound, minutes=minutes)
        self._widgets.append(cloudwatch.GraphWidget(title=name, left=[metric], width=12))

    def _service(self, stack: ServiceStack) -> None:
        target, service = stack.target.metrics, stack.service
        wanted = self._stage.service
        assert wanted is not None
        self._above(
            "ServiceUnanswered",
            stack.balancer.metrics.http_code_elb(
                elb.HttpCodeElb.ELB_5XX_COUNT, statistic="Sum", period=_MINUTE
            ),
            5,
        )
        self._above(
            "ServiceErrors",
            target.http_code_target(
                elb.HttpCodeTarget.TARGET_5XX_COUNT, statistic="Sum", period=_MINUTE
            ),
            5,
        )
        self._above("ServiceLatency", stack.p99(), 4 * wanted.p99, minutes=5)
        self._above(
            "ServiceUnhealthyTargets",
            target.unhealthy_host_count(statistic="Minimum", period=_MINUTE),
            0,
            minutes=5,
        )
        self._above("ServiceCpu", service.metric_cpu_utilization(period=_MINUTE), 85, minutes=10)
        self._above(
            "ServiceMemory", service.metric_memory_utilization(period=_MINUTE), 85, minutes=10
        )

    def _errors(self, name: str, group: logs.ILogGroup) -> None:
        """Lines of severity error, which servers write in JSON."""
        metric = cloudwatch.Metric(
            namespace="dynaspan/logs",
            metric_name=f"{self._stage.name}-{name}",
            statistic="Sum",
            period=_MINUTE,
        )
        logs.MetricFilter(
            self,
            name,
            log_group=group,
            metric_namespace=metric.namespace,
            metric_name=metric.metric_name,
            filter_pattern=logs.FilterPattern.any(
                logs.FilterPattern.string_value("$.level", "=", "ERROR"),
                logs.FilterPattern.string_value("$.level", "=", "error"),
            ),
            metric_value="1",
        )
        self._above(name, metric, 0, minutes=3)

    def _function(self, name: str, function: functions.Function) -> None:
        self._above(
            f"{name}Errors", function.metric_errors(statistic="Sum", period=_MINUTE), 0, minutes=3
        )
        self._above(
            f"{name}Throttles", function.metric_throttles(statistic="Sum", period=_MINUTE), 0
        )
        seconds = function.timeout.to_seconds() if function.timeout is not None else 3
        # Jobs run until just before their time is over, as they should.
        if name != "Jobs":
            self._above(
                f"{name}Duration",
                function.metric_duration(statistic="p99", period=_MINUTE),
                800 * float(seconds),
            )

    def _requests(self) -> None:
        """What clients see, whichever server or function answers: no alarm, a picture."""
        for title, statistic, names in (
            ("Requests", "SUM", ("SuccessfulRequests", "UserErrors", "ThrottledRequests")),
            ("Latency", "AVG", ("SuccessfulRequestLatency",)),
        ):
            drawn = [
                insight(f'SELECT {statistic}({name}) FROM "dynaspan" GROUP BY Operation', name)
                for name in names
            ]
            self._widgets.append(cloudwatch.GraphWidget(title=title, left=drawn, width=12))

    def _own(self) -> None:
        for name, bound in _OWN.items():
            query = f'SELECT SUM({name}) FROM "dynaspan"'
            self._above(f"Own{name}", insight(query, name), bound)
        # On Keyspaces there are no streams.
        if isinstance(self._stage.store, Cassandra):
            self._above("OwnStreamLag", _largest("StreamLag"), 60)

    def _keyspaces(self, prefix: str, keyspace: str, names: Sequence[str]) -> None:
        # A query takes no OR: one for each keyspace.
        for name in names:
            query = f"SELECT SUM({name}) FROM \"AWS/Cassandra\" WHERE Keyspace = '{keyspace}'"
            self._above(f"{prefix}{name}", insight(query, name), 0)

    def _replication(self, stack: ReplicationStack) -> None:
        function = stack.function
        self._function("Replication", function)
        age = function.metric("IteratorAge", statistic="Maximum", period=_MINUTE)
        self._above("ReplicationIteratorAge", age, 300_000, minutes=5)
        for name in (
            "DroppedEventCount",
            "OnFailureDestinationDeliveredEventCount",
            "DestinationDeliveryFailures",
        ):
            metric = function.metric(name, statistic="Sum", period=_MINUTE)
            self._above(f"Replication{name}", metric, 0, minutes=1)
        kept = cloudwatch.Metric(
            namespace="dynaspan", metric_name="ReplicationKept", statistic="Sum", period=_MINUTE
        )
        self._above("OwnReplicationKept", kept, 0, minutes=1)
        self._above("OwnReplicationLag", _largest("ReplicationLag"), 300, minutes=1)


def _largest(name: str) -> cloudwatch.Metric:
    """Of the processes of dynaspan, each of which writes it without dimensions."""
    return cloudwatch.Metric(
        namespace="dynaspan", metric_name=name, statistic="Maximum", period=_MINUTE
    )
