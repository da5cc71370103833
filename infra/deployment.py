"""The stacks of one stage, wired."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aws_cdk import App, Environment, Validations
from cdk_nag import AwsSolutionsChecks

from infra.data import DataStack
from infra.function import FunctionStack
from infra.jobs import JobsStack
from infra.network import NetworkStack
from infra.observability import ObservabilityStack
from infra.replication import ReplicationStack
from infra.service import ServiceStack
from infra.stages import Stage, read_stages


def synthesize(root: Path, folder: Path) -> None:
    """Writes the assembly of the stages that the context of cdk.json under `root`, and of the cdk
    command, asks for. Raises WrongStage."""
    context = json.loads((root / "cdk.json").read_text())["context"]
    app = App(context=context, outdir=str(folder))
    given = {name: app.node.try_get_context(name) for name in ("stages", "stage", "image")}
    bundles = Path(app.node.try_get_context("bundles") or root / "build" / "lambda")
    for stage in read_stages(given):
        deploy(app, stage, code=root, bundles=bundles)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


def deploy(app: App, stage: Stage, *, code: Path, bundles: Path) -> None:
    """code: the folder of Dockerfile. bundles: one folder of Lambda code an architecture."""
    common: dict[str, Any] = {
        "stage": stage,
        "env": Environment(account=stage.account, region=stage.region),
        "termination_protection": stage.retain,
        "tags": {"project": "dynaspan", "stage": stage.name},
    }

    def name(part: str) -> str:
        return f"dynaspan-{stage.name}-{part}"

    network = NetworkStack(app, name("network"), **common)
    data = DataStack(app, name("data"), **common)
    placed = {**common, "network": network, "data": data}
    service = function = jobs = replication = None
    if stage.service is not None:
        service = ServiceStack(app, name("service"), wanted=stage.service, code=str(code), **placed)
    if stage.function is not None:
        function = FunctionStack(
            app, name("function"), wanted=stage.function, bundles=bundles, **placed
        )
    if stage.jobs != "none":
        jobs = JobsStack(app, name("jobs"), code=str(code), bundles=bundles, **placed)
    if stage.replication is not None:
        replication = ReplicationStack(
            app, name("replication"), wanted=stage.replication, bundles=bundles, **placed
        )
    ObservabilityStack(
        app,
        name("observability"),
        service=service,
        function=function,
        jobs=jobs,
        replication=replication,
        **common,
    )
