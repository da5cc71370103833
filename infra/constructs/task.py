"""One ECS task of dynaspan: least rights, read-only file system, secrets, logs."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecr_assets as assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs.reasons import acknowledge
from infra.constructs.removal import log_group
from infra.data import CA_FOLDER, DataStack
from infra.stages import Architecture, Stage

PORT = 8000
_WRITE_CA = "import os, pathlib; pathlib.Path('%s/ca.pem').write_text(os.environ['CA'])"
_PLATFORM = {"arm64": assets.Platform.LINUX_ARM64, "x86_64": assets.Platform.LINUX_AMD64}
_HEALTH = (
    f"import urllib.request; urllib.request.urlopen('http://127.0.0.1:{PORT}/healthz', timeout=2)"
)


class Task(Construct):
    """`definition`, and the `log` group of its container. Without port it serves nobody."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage: Stage,
        data: DataStack,
        code: str,
        image: str | None,
        architecture: Architecture,
        cpu: int,
        memory: int,
        command: Sequence[str],
        settings: dict[str, str],
        serves: bool,
    ) -> None:
        super().__init__(scope, id)
        self._code = code
        self._architecture: Architecture = architecture
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
        data.grant(role)
        self.definition = ecs.FargateTaskDefinition(
            self,
            "Definition",
            task_role=role,
            cpu=cpu,
            memory_limit_mib=memory,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=(
                    ecs.CpuArchitecture.ARM64
                    if architecture == "arm64"
                    else ecs.CpuArchitecture.X86_64
                ),
                operating_system_family=ecs.OperatingSystemFamily.LINUX,
            ),
        )
        self.log = log_group(self, "Log", stage)
        found = self._image(image)
        held = {name: ecs.Secret.from_secrets_manager(s) for name, s in data.secrets.items()}
        container = self.definition.add_container(
            "dynaspan",
            image=found,
            command=list(command),
            environment={
                **data.settings(stage),
                "DYNASPAN_STORE": data.url(),
                "DYNASPAN_METRICS_INTERVAL": "60",
                **settings,
            },
            secrets=held,
            logging=ecs.LogDrivers.aws_logs(
                stream_prefix="dynaspan",
                log_group=self.log,
                mode=ecs.AwsLogDriverMode.NON_BLOCKING,
            ),
            readonly_root_filesystem=True,
            stop_timeout=Duration.seconds(60),
            port_mappings=[ecs.PortMapping(container_port=PORT)] if serves else None,
            health_check=(
                ecs.HealthCheck(
                    command=["CMD", "python", "-c", _HEALTH],
                    interval=Duration.seconds(10),
                    timeout=Duration.seconds(3),
                    start_period=Duration.seconds(30),
                )
                if serves
                else None
            ),
        )
        if data.ca is not None:
            self._certificates(found, container, ecs.Secret.from_secrets_manager(data.ca))
        acknowledge(
            self.definition,
            "IAM5[Resource::*]",
            "ecr:GetAuthorizationToken, by which the image is fetched, is of no resource.",
        )
        acknowledge(
            self.definition,
            "ECS2",
            "Variables hold settings only; whatever is secret comes from Secrets Manager.",
        )

    def _image(self, uri: str | None) -> ecs.ContainerImage:
        if uri is None:
            # Built at deploy; .dockerignore leaves in what the image copies, nothing else.
            return ecs.ContainerImage.from_asset(
                self._code, platform=_PLATFORM[self._architecture], asset_name="dynaspan"
            )
        name, _, tag = uri.rpartition(":")
        registry = name.split("/", 1)
        if ".dkr.ecr." not in registry[0] or len(registry) != 2:
            return ecs.ContainerImage.from_registry(uri)
        parts = registry[0].split(".")
        repository = ecr.Repository.from_repository_arn(
            self, "Repository", f"arn:aws:ecr:{parts[3]}:{parts[0]}:repository/{registry[1]}"
        )
        return ecs.ContainerImage.from_ecr_repository(repository, tag)

    def _certificates(
        self, image: ecs.ContainerImage, server: ecs.ContainerDefinition, ca: ecs.Secret
    ) -> None:
        """A first container writes the secret to the file that the store's URL names."""
        self.definition.add_volume(name="certificates")
        writer = self.definition.add_container(
            "certificates",
            image=image,
            entry_point=["python", "-c", _WRITE_CA % CA_FOLDER],
            user="0",
            essential=False,
            secrets={"CA": ca},
            readonly_root_filesystem=True,
            logging=ecs.LogDrivers.aws_logs(
                stream_prefix="certificates",
                log_group=self.log,
                mode=ecs.AwsLogDriverMode.NON_BLOCKING,
            ),
        )
        for container, read_only in ((writer, False), (server, True)):
            container.add_mount_points(
                ecs.MountPoint(
                    container_path=CA_FOLDER, source_volume="certificates", read_only=read_only
                )
            )
        server.add_container_dependencies(
            ecs.ContainerDependency(
                container=writer, condition=ecs.ContainerDependencyCondition.SUCCESS
            )
        )
