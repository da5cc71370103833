"""The contract suite, over the store that `--store` names."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from app.testing import contract as suite
from app.testing.contract import *  # noqa: F403

_SUITE = Path(suite.__file__).parent


# Of two tests with one name only the last would run.
def test_the_suite_is_whole() -> None:
    found = [
        name
        for path in sorted(_SUITE.glob("*.py"))
        for name in vars(import_module(f"app.testing.contract.{path.stem}"))
        if name.startswith("test_") and path.stem != "__init__"
    ]
    assert len(found) == len(set(found))
    assert set(found) <= set(globals())
