"""What runs dynaspan elsewhere: the image, Kubernetes, systemd, and the bundles."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from app.config import Settings
from infra.package import install_arguments, requirements
from tests.infra.conftest import ROOT

INFRA = ROOT / "infra"
BASE = INFRA / "kubernetes"
# The oldest that gets fixes when this was written, and the newest that has schemas here.
KUBERNETES = ("1.33", "1.36")


def base(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((BASE / f"{name}.yaml").read_text())
    return found


def hadolint(file: Path) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).parent / "hadolint"
    return subprocess.run([command, file], capture_output=True, text=True, check=False)


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    done = hadolint(ROOT / "Dockerfile")
    assert (done.returncode, done.stdout) == (0, "")


# Or the test above could pass without looking.
def test_hadolint_would_find_something(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python\nRUN cd /tmp && sudo pip install x\n")
    assert "DL3006" in hadolint(tmp_path / "Dockerfile").stdout


# The build stage would otherwise fetch wheels of one machine into the image of another.
def test_the_image_is_of_any_architecture() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert "--platform" not in text
    assert not re.search(r"amd64|arm64|x86_64|aarch64", text)


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize(
    "name", ["deployment", "service", "horizontalpodautoscaler", "poddisruptionbudget"]
)
def test_kubernetes_takes_the_base(name: str, version: str) -> None:
    kubernetes_validate.validate(base(name), version, strict=True)


def test_kustomize_has_every_file_of_the_base() -> None:
    files = {path.name for path in BASE.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(base("kustomization")["resources"]) == files


# What selects pods by other labels selects none, and says nothing.
def test_parts_of_the_base_belong_together() -> None:
    deployment = base("deployment")["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    (container,) = deployment["template"]["spec"]["containers"]
    ports = {port["name"] for port in container["ports"]}
    service = base("service")
    assert deployment["selector"]["matchLabels"] == labels
    assert service["spec"]["selector"] == labels
    assert base("poddisruptionbudget")["spec"]["selector"]["matchLabels"] == labels
    assert service["spec"]["ports"][0]["targetPort"] in ports
    monitor = base("servicemonitor")["spec"]
    assert monitor["selector"]["matchLabels"] == service["metadata"]["labels"]
    assert monitor["endpoints"][0]["port"] == service["spec"]["ports"][0]["name"]
    target = base("horizontalpodautoscaler")["spec"]["scaleTargetRef"]
    assert target["name"] == base("deployment")["metadata"]["name"]


# Kubernetes sets NAME_PORT for each service NAME, and DYNASPAN_PORT is a setting.
def test_variables_of_services_are_not_taken_for_settings() -> None:
    assert base("deployment")["spec"]["template"]["spec"]["enableServiceLinks"] is False


def test_settings_of_the_base_exist() -> None:
    (made,) = base("kustomization")["configMapGenerator"]
    (container,) = base("deployment")["spec"]["template"]["spec"]["containers"]
    names = [literal.partition("=")[0] for literal in made["literals"]]
    names += [one["name"] for one in container["env"] if one["name"].startswith("DYNASPAN_")]
    assert {name.removeprefix("DYNASPAN_").lower() for name in names} <= set(Settings.model_fields)


def test_requests_end_before_kubernetes_or_systemd_kill() -> None:
    (made,) = base("kustomization")["configMapGenerator"]
    delay = next(float(x.partition("=")[2]) for x in made["literals"] if "DRAIN_DELAY" in x)
    drain = Settings.model_fields["drain_timeout"].default
    assert (
        delay + drain
        < base("deployment")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    )
    delay = tomllib.loads((INFRA / "dynaspan.toml").read_text())["drain_delay"]
    assert delay + drain < float(unit()["Service"]["TimeoutStopSec"])


def unit() -> ConfigParser:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(INFRA / "systemd" / "dynaspan.service")
    return parser


def test_the_unit_starts_a_command_that_exists() -> None:
    _, *arguments = unit()["Service"]["ExecStart"].split()
    command = Path(sys.executable).parent / "dynaspan"
    done = subprocess.run(
        [command, arguments[0], "--help"], capture_output=True, text=True, check=True
    )
    assert arguments[1] in done.stdout
    assert unit()["Service"]["DynamicUser"] == "yes"


@pytest.mark.parametrize(("architecture", "machine"), [("arm64", "aarch64"), ("x86_64", "x86_64")])
def test_bundles_hold_wheels_of_their_machine_only(architecture: str, machine: str) -> None:
    arguments = install_arguments(architecture, Path("x"))
    platforms = [a for a in arguments if a.startswith("--platform=")]
    assert platforms
    assert all(platform.endswith(machine) for platform in platforms)
    assert "--only-binary=:all:" in arguments


_WITHOUT = """
import sys
for name in ("uvicorn", "uvloop", "httptools", "rich", "typer"):
    sys.modules[name] = None
from dynaspan.lambda_handler import handler, jobs_handler
import dynaspan.replication.stream_handler
"""


# The bundle leaves them out: 10 MB less, and a function that imports one would not start.
def test_functions_do_not_import_what_bundles_leave_out() -> None:
    left = {"uvicorn", "uvloop", "httptools", "rich", "typer"}
    assert "aws-xray-sdk" in requirements()
    assert not {re.split(r"[^a-z]", entry)[0] for entry in requirements()} & left
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT],
        env={"DYNASPAN_ACCESS_KEYS": "ID:SECRET", "DYNASPAN_STORE": "sqlite://"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
