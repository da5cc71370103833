"""A parameter that is missing or contradicts another is told in one sentence that names it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.stages import WrongStage, read_stage, read_stages
from tests.infra.conftest import ROOT

STAGES: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]["stages"]
REMOVED = object()


def changed(stage: str, path: str, value: object) -> dict[str, Any]:
    """A stage of cdk.json with one parameter changed, or left out."""
    values = copy.deepcopy(STAGES[stage])
    *parents, name = path.split(".")
    at = values
    for parent in parents:
        at = at[parent]
    if value is REMOVED:
        del at[name]
    else:
        at[name] = value
    return values


@pytest.mark.parametrize(
    ("stage", "path", "value", "sentence"),
    [
        ("prod", "account", REMOVED, "prod.account is missing."),
        ("prod", "account", "12", "prod: account is twelve digits, not '12'."),
        ("prod", "region", "Ireland", "prod: region 'Ireland' is no name of a region."),
        ("prod", "colour", "red", "prod.colour is no parameter."),
        ("prod", "auth", "no", "prod.auth is one of enforce, warn, off, not 'no'."),
        ("prod", "service.cpu", "1024", "prod.service.cpu is of type int, not '1024'."),
        ("prod", "network.cidr", "10.0/8", "prod: network.cidr '10.0/8' is no block of IPv4"),
        ("prod", "network.cidr", REMOVED, "prod: exactly one of network.cidr and network.existing"),
        ("prod", "keyspaces", REMOVED, "prod: exactly one of keyspaces and cassandra is"),
        # Whoever is on the internet must sign, and nobody may read along.
        ("prod", "auth", "off", "prod: auth is enforce where service.internet_facing is true, not"),
        ("dev", "auth", "warn", "dev: auth is enforce where function.internet_facing is true, not"),
        (
            "prod",
            "service.certificate_arn",
            None,
            "prod: service.certificate_arn is needed where service.internet_facing is true.",
        ),
        (
            "hybrid",
            "service.internet_facing",
            True,
            "hybrid: network.existing.public_subnet_ids is needed for service.internet_facing.",
        ),
        # Layers of images, and records that cannot be applied, go through S3.
        (
            "hybrid",
            "network.existing.private_route_table_ids",
            REMOVED,
            "hybrid: network.existing.private_route_table_ids has one for each of private_subnet",
        ),
        ("prod", "service.minimum", 31, "prod: service.minimum is at least 1 and at most service."),
        ("prod", "service.memory", 512, "prod: service.memory is 4 to 16 GiB where service.cpu is"),
        ("prod", "service.clients", ["all"], "prod: service.clients: 'all' is no block of IPv4"),
        (
            "prod",
            "function.snap_start",
            True,
            "prod: function.snap_start and function.provisioned exclude each other.",
        ),
        ("prod", "function.reserved", 1, "prod: function.provisioned is at most function.reserved"),
        (
            "staging",
            "function.internet_facing",
            False,
            "staging: function.internet_facing is true, as function.front http-api is.",
        ),
        (
            "staging",
            "function.timeout",
            60,
            "staging: function.timeout is 1 to 900, and at most 29",
        ),
        ("hybrid", "cassandra.contact_points", [], "hybrid: cassandra.contact_points is empty."),
        ("hybrid", "cassandra.cidrs", [], "hybrid: cassandra.cidrs has the blocks"),
        ("hybrid", "replication.parallelization", 11, "hybrid: replication.parallelization is 1"),
        ("staging", "keyspaces.catalog.maximum", 4, "staging: keyspaces.catalog.minimum is at"),
        ("staging", "keyspaces.catalog.percent", 95, "staging: keyspaces.catalog.percent is 20"),
        ("prod", "function.front", "nlb", "prod.function.front is one of alb, http-api, url, not"),
    ],
)
def test_a_wrong_parameter_is_named(stage: str, path: str, value: object, sentence: str) -> None:
    with pytest.raises(WrongStage) as fault:
        read_stage(stage, changed(stage, path, value))
    assert str(fault.value).startswith(sentence)


def test_replication_needs_transactions() -> None:
    values = {**STAGES["prod"], "replication": STAGES["hybrid"]["replication"]}
    with pytest.raises(WrongStage, match="replication needs cassandra, as keyspaces has no"):
        read_stage("prod", values)


# Expired items would stay for ever where only functions answer.
def test_functions_alone_need_jobs() -> None:
    values = {name: v for name, v in STAGES["dev"].items() if name != "service"}
    with pytest.raises(WrongStage, match="jobs is needed where no service runs"):
        read_stage("dev", values)


def test_one_stage_is_chosen_by_name() -> None:
    assert [s.name for s in read_stages({"stages": STAGES, "stage": "prod"})] == ["prod"]
    with pytest.raises(WrongStage, match="stage 'test' is none of dev, staging, prod, hybrid"):
        read_stages({"stages": STAGES, "stage": "test"})


def test_an_image_replaces_the_build() -> None:
    (found,) = read_stages({"stages": STAGES, "stage": "prod", "image": "example.com/d:1"})
    assert found.service is not None
    assert found.service.image == "example.com/d:1"


def test_synth_says_it_and_writes_nothing(
    refused: Callable[[dict[str, Any]], str], tmp_path: Path
) -> None:
    assert refused({"stage": "nowhere"}) == (
        "stage 'nowhere' is none of dev, staging, prod, hybrid.\n"
    )
    assert not list(tmp_path.glob("cdk.out/*.template.json"))


def test_a_missing_bundle_names_its_target(
    refused: Callable[[dict[str, Any]], str], tmp_path: Path
) -> None:
    assert refused({"bundles": str(tmp_path / "none"), "stage": "dev"}).endswith(
        "is missing; `make package` makes it.\n"
    )
