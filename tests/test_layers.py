"""The shape of app/, as CONTRIBUTING.md draws it, read from the source."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

APP = Path(__file__).resolve().parent.parent / "app"
MODULES = sorted(APP.rglob("*.py"))

# Each line may import from the lines below it; names on one line do not import each other.
LAYERS = (
    ("cli", "testing", "lambda_handler"),
    ("main",),
    ("http",),
    ("auth",),
    ("replication",),
    ("operations", "migrate", "triggers"),
    ("partiql",),
    ("jobs",),
    ("store",),
    ("expressions",),
    ("model",),
    ("values",),
    ("config", "errors", "metrics", "tracing", "clock", "faults", "aside"),
)
LINE_OF = {name: line for line, names in enumerate(LAYERS) for name in names}


def layer(module: Path, root: Path = APP) -> str:
    """The first part below app/: `store` for app/store/base.py, "" for app/__init__.py."""
    first = module.relative_to(root).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


def imported_layers(module: Path, root: Path = APP) -> Iterator[str]:
    """The layers that a module imports from, also where only for types."""
    package = module.relative_to(root).parts[:-1]
    for node in ast.walk(ast.parse(module.read_text())):
        if not isinstance(node, ast.ImportFrom) or node.level == 0:
            continue
        base = package[: len(package) - (node.level - 1)]
        path = (*base, *(node.module.split(".") if node.module else ()))
        yield from [path[0]] if path else [alias.name for alias in node.names]


def wrong_imports(module: Path, root: Path = APP) -> list[str]:
    own = layer(module, root)
    if own == "":
        return []
    return [
        other
        for other in imported_layers(module, root)
        if other != own and other in LINE_OF and LINE_OF[other] <= LINE_OF[own]
    ]


def caught(handler: ast.ExceptHandler) -> set[str]:
    """The names in an except clause; a bare one catches BaseException."""
    if handler.type is None:
        return {"BaseException"}
    return {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}


Offence = Callable[[Path, ast.AST], bool]


def offenders(offence: Offence) -> list[str]:
    """`path:line` of each node in app/ that is one."""
    return [
        f"{module.relative_to(APP.parent)}:{getattr(node, 'lineno', 0)}"
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text()))
        if offence(module, node)
    ]


def test_every_module_is_in_a_known_layer() -> None:
    assert {layer(module) for module in MODULES} <= {"", *LINE_OF}


def test_imports_point_down() -> None:
    wrong = {str(module): found for module in MODULES if (found := wrong_imports(module))}
    assert wrong == {}


# The wheel ships this package under the name dynaspan, beside a user's own `app`.
def test_imports_of_our_own_are_relative() -> None:
    def absolute(_module: Path, node: ast.AST) -> bool:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        return any(name.split(".")[0] in ("app", "dynaspan") for name in names)

    assert offenders(absolute) == []


def test_modules_are_short_enough_to_read() -> None:
    assert [m for m in MODULES if len(m.read_text().splitlines()) > 400] == []


# One renderer of unexpected errors; elsewhere a broad clause that does not re-raise hides a fault.
def test_only_http_catches_everything() -> None:
    def broad(module: Path, node: ast.AST) -> bool:
        if layer(module) == "http" or not isinstance(node, ast.ExceptHandler):
            return False
        last = node.body[-1]
        reraises = isinstance(last, ast.Raise) and last.exc is None
        return not reraises and bool(caught(node) & {"Exception", "BaseException"})

    assert offenders(broad) == []


def test_only_config_reads_the_environment() -> None:
    def reads(module: Path, node: ast.AST) -> bool:
        if module == APP / "config.py":
            return False
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            return any(alias.name in ("environ", "getenv") for alias in node.names)
        return isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")

    assert offenders(reads) == []


# The check itself: each wrong direction is found, each right one let through.
@pytest.mark.parametrize(
    ("module", "line", "wrong"),
    [
        ("store/base.py", "from ..operations import context", ["operations"]),
        ("store/base.py", "from .. import operations", ["operations"]),
        ("store/sqlite/rows.py", "from ...jobs.expiry import sweep", ["jobs"]),
        ("errors.py", "from .config import Settings", ["config"]),
        ("operations/get_item.py", "from ..migrate import plan", ["migrate"]),
        ("store/sqlite/rows.py", "from ..base import Row", []),
        ("operations/get_item.py", "from ..store.base import Row", []),
        ("model/table.py", "from ..values import size", []),
    ],
)
def test_a_wrong_direction_is_seen(
    tmp_path: Path, module: str, line: str, wrong: list[str]
) -> None:
    path = tmp_path / module
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(line)
    assert wrong_imports(path, tmp_path) == wrong
