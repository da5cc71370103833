"""Service: ECS tasks behind a load balancer, scaled by requests, CPU and latency."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from constructs import Construct

from infra.constructs.balancer import Balancer
from infra.constructs.task import PORT, Task
from infra.data import DataStack
from infra.network import NetworkStack
from infra.stages import Service, Stage

_DRAIN_SECONDS = 15


class ServiceStack(Stack):
    """`service`, `balancer`, `target`, and the `log` group of the servers."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage: Stage,
        wanted: Service,
        network: NetworkStack,
        data: DataStack,
        code: str,
        **more: Any,
    ) -> None:
        super().__init__(scope, id, **more)
        cluster = ecs.Cluster(
            self,
            "Cluster",
            vpc=network.vpc,
            container_insights_v2=ecs.ContainerInsights.ENHANCED,
        )
        task = Task(
            self,
            "Server",
            stage=stage,
            data=data,
            code=code,
            image=wanted.image,
            architecture=wanted.architecture,
            cpu=wanted.cpu,
            memory=wanted.memory,
            command=["serve"],
            settings={
                "DYNASPAN_HOST": "0.0.0.0",
                "DYNASPAN_PORT": str(PORT),
                # One worker for each core.
                "DYNASPAN_WORKERS": str(max(1, wanted.cpu // 1024)),
                # The load balancer sees /readyz fail before connections are refused.
                "DYNASPAN_DRAIN_DELAY": str(_DRAIN_SECONDS),
                **({"DYNASPAN_INSECURE": "true"} if stage.auth == "off" else {}),
            },
            serves=True,
        )
        self.log = task.log
        front = Balancer(
            self,
            "Front",
            stage=stage,
            vpc=network.vpc,
            cidr=network.cidr,
            clients=wanted.clients,
            internet_facing=wanted.internet_facing,
            certificate_arn=wanted.certificate_arn,
            firewall=wanted.waf,
        )
        self.balancer = front.balancer
        servers = network.group(self, "Group", "Servers of dynaspan, behind their load balancer")
        self.service = ecs.FargateService(
            self,
            "Service",
            cluster=cluster,
            task_definition=task.definition,
            desired_count=wanted.minimum,
            min_healthy_percent=100,
            max_healthy_percent=200,
            circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            health_check_grace_period=Duration.seconds(60),
            assign_public_ip=False,
            vpc_subnets=network.private,
            security_groups=[servers],
            enable_ecs_managed_tags=True,
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
        )
        self.target = front.listener.add_targets(
            "Servers",
            port=PORT,
            protocol=elb.ApplicationProtocol.HTTP,
            targets=[self.service],
            deregistration_delay=Duration.seconds(_DRAIN_SECONDS),
            health_check=elb.HealthCheck(
                path="/readyz",
                interval=Duration.seconds(10),
                timeout=Duration.seconds(5),
                healthy_threshold_count=2,
                unhealthy_threshold_count=3,
            ),
        )
        self._scale(wanted)
        scheme = "http" if wanted.certificate_arn is None else "https"
        CfnOutput(self, "Url", value=f"{scheme}://{self.balancer.load_balancer_dns_name}")

    def _scale(self, wanted: Service) -> None:
        count = self.service.auto_scale_task_count(
            min_capacity=wanted.minimum, max_capacity=wanted.maximum
        )
        count.scale_on_request_count(
            "Requests",
            requests_per_target=wanted.requests,
            target_group=self.target,
            scale_in_cooldown=Duration.minutes(5),
            scale_out_cooldown=Duration.minutes(1),
        )
        count.scale_on_cpu_utilization(
            "Cpu",
            target_utilization_percent=wanted.cpu_percent,
            scale_in_cooldown=Duration.minutes(5),
            scale_out_cooldown=Duration.minutes(1),
        )
        # Adds only: a fast minute is no reason to take tasks away.
        count.scale_on_metric(
            "Latency",
            metric=self.p99(),
            scaling_steps=[
                scaling.ScalingInterval(lower=0, upper=wanted.p99, change=0),
                scaling.ScalingInterval(lower=wanted.p99, upper=2 * wanted.p99, change=+1),
                scaling.ScalingInterval(lower=2 * wanted.p99, change=+3),
            ],
            cooldown=Duration.minutes(2),
            evaluation_periods=3,
        )

    def p99(self) -> cloudwatch.Metric:
        return self.target.metrics.target_response_time(statistic="p99", period=Duration.minutes(1))
