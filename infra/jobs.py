"""Jobs: time to live, indexes, the relay of streams and the sweeper where no server does them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs.code import Code
from infra.constructs.task import Task
from infra.data import DataStack
from infra.network import NetworkStack
from infra.stages import Architecture, Stage

_SCHEDULE_SECONDS = 60


class JobsStack(Stack):
    """`log` group of the jobs, and `function` where they run by a schedule."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage: Stage,
        network: NetworkStack,
        data: DataStack,
        code: str,
        bundles: Path,
        **more: Any,
    ) -> None:
        super().__init__(scope, id, **more)
        self.function: functions.Function | None = None
        self.log: logs.LogGroup
        if stage.jobs == "service":
            self._service(stage, network, data, code)
        else:
            self._schedule(stage, network, data, bundles)

    def _service(self, stage: Stage, network: NetworkStack, data: DataStack, code: str) -> None:
        like = stage.service
        architecture: Architecture = "arm64" if like is None else like.architecture
        task = Task(
            self,
            "Jobs",
            stage=stage,
            data=data,
            code=code,
            image=None if like is None else like.image,
            architecture=architecture,
            cpu=256,
            memory=512,
            command=["jobs"],
            settings={},
            serves=False,
        )
        self.log = task.log
        ecs.FargateService(
            self,
            "Service",
            cluster=ecs.Cluster(
                self,
                "Cluster",
                vpc=network.vpc,
                container_insights_v2=ecs.ContainerInsights.ENHANCED,
            ),
            task_definition=task.definition,
            desired_count=1,
            # Of two for a moment one waits for the leases of the other.
            min_healthy_percent=100,
            max_healthy_percent=200,
            circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            assign_public_ip=False,
            vpc_subnets=network.private,
            security_groups=[network.group(self, "Group", "Jobs of dynaspan")],
        )

    def _schedule(
        self, stage: Stage, network: NetworkStack, data: DataStack, bundles: Path
    ) -> None:
        made = Code(
            self,
            "Jobs",
            stage=stage,
            network=network,
            data=data,
            bundles=bundles,
            architecture="arm64" if stage.function is None else stage.function.architecture,
            handler="dynaspan.lambda_handler.jobs_handler",
            memory=1024,
            timeout=_SCHEDULE_SECONDS,
            # The next one comes when this one is over; leases keep two from doing one job.
            reserved=2,
        )
        self.function, self.log = made.function, made.log
        events.Rule(
            self,
            "EveryMinute",
            schedule=events.Schedule.rate(Duration.seconds(_SCHEDULE_SECONDS)),
            targets=[targets.LambdaFunction(made.function, retry_attempts=0)],
        )
