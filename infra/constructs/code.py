"""A Lambda function of dynaspan, with the rights it needs and no other."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as functions
from constructs import Construct

from infra.constructs.reasons import acknowledge
from infra.constructs.removal import log_group
from infra.data import DataStack
from infra.network import NetworkStack
from infra.stages import Architecture, Stage, WrongStage

# That of Dockerfile.
RUNTIME = functions.Runtime.PYTHON_3_13
# Lambda itself makes the interfaces, in the name of the function's role.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
_INTERFACES = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)


class Code(Construct):
    """`function`, its `role` and its `log` group."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage: Stage,
        network: NetworkStack,
        data: DataStack,
        bundles: Path,
        architecture: Architecture,
        handler: str,
        memory: int,
        timeout: int,
        settings: dict[str, str] | None = None,
        snap_start: bool = False,
        reserved: int | None = None,
    ) -> None:
        super().__init__(scope, id)
        folder = bundles / architecture
        if not folder.is_dir():
            raise WrongStage(f"bundles: {folder} is missing; `make package` makes it.")
        self.log = log_group(self, "Log", stage)
        self.role = role = self._role()
        data.grant(role)
        self.function = functions.Function(
            self,
            "Function",
            code=functions.Code.from_asset(str(folder)),
            handler=handler,
            runtime=RUNTIME,
            architecture=(
                functions.Architecture.ARM_64
                if architecture == "arm64"
                else functions.Architecture.X86_64
            ),
            memory_size=memory,
            timeout=Duration.seconds(timeout),
            role=role,
            log_group=self.log,
            environment={
                **data.function_environment(stage),
                **(settings or {}),
                # Or a caller's header alone would have invocations traced.
                **({} if stage.tracing else {"POWERTOOLS_TRACE_DISABLED": "true"}),
            },
            tracing=functions.Tracing.ACTIVE if stage.tracing else None,
            vpc=network.vpc,
            vpc_subnets=network.private,
            security_groups=[network.group(self, "Group", "A function of dynaspan")],
            snap_start=functions.SnapStartConf.ON_PUBLISHED_VERSIONS if snap_start else None,
            reserved_concurrent_executions=reserved,
        )
        acknowledge(self.function, "L1", "The Python of the image, whose wheels the bundle holds.")

    def _role(self) -> iam.Role:
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.log.grant_write(role)
        role.add_to_policy(iam.PolicyStatement(actions=list(_INTERFACES), resources=["*"]))
        acknowledge(
            role,
            "IAM5[Resource::*]",
            "Network interfaces have no names before they exist, and traces are of no resource.",
        )
        return role
