"""The README is checked against the code: it may neither promise more nor tell less."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.config import Settings
from app.model.limits import SERVICE
from app.operations import OPERATIONS
from tests.differential.known import KNOWN

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def _section(title: str) -> str:
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def _rows(section: str) -> list[list[str]]:
    """Cells of the section's table, without its two header lines."""
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_operation_is_listed_and_no_other() -> None:
    listed = _section("Operations").split("Every other")[0]
    names = re.findall(r"[A-Z][A-Za-z]+", listed)
    assert sorted(names) == sorted(operation.name for operation in OPERATIONS.values())


def test_settings_table_has_every_setting_with_its_default() -> None:
    rows = {row[0].strip("`"): row[1].strip("`") for row in _rows(_section("Settings"))}
    assert sorted(rows) == sorted(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, SecretStr):
            default = default.get_secret_value()
        assert rows[name] == ("" if default is None else str(default)), name


def test_each_difference_names_a_test_that_exists() -> None:
    rows = _rows(_section("Differences from DynamoDB"))
    assert rows
    for row in rows:
        path, _, function = row[-1].strip("`").partition("::")
        assert f"def {function}(" in (ROOT / path).read_text(), row[-1]


def test_each_difference_of_dynamodb_local_is_listed_with_a_test_that_exists() -> None:
    listed = [tuple(row) for row in _rows(_section("Differences of DynamoDB Local"))]
    assert listed == [(each.why, f"`{each.test}`") for each in KNOWN]
    for each in KNOWN:
        path, _, function = each.test.partition("::")
        assert f"def {function}(" in (ROOT / path).read_text(), each.test


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_make_targets_in_documents_exist(document: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"(?:^|`)make ([a-z-]+)", (ROOT / document).read_text(), re.M)):
        assert re.search(rf"^{target}:", makefile, re.M), target


@pytest.mark.parametrize("document", sorted(ROOT.glob("*.md")))
def test_links_to_files_lead_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", document.read_text()):
        assert (document.parent / link).exists(), link


def test_limits_table_has_every_limit_with_the_services_own() -> None:
    units = {"KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "": 1}
    listed = {}
    for names, _, given, _ in _rows(_section("Limits")):
        values = [
            int(number) * units[unit] for number, unit in re.findall(r"(\d+)(KB|MB|GB)?", given)
        ]
        listed |= dict(zip(re.findall(r"`(\w+)`", names), values, strict=True))
    assert listed == asdict(SERVICE)
