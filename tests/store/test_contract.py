"""The contract suite, over the store that `--store` names."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from tests.store.contract import *  # noqa: F403

_SUITE = Path(__file__).parent / "contract"


# Of two tests with one name only the last would run.
def test_the_suite_is_whole() -> None:
    found = [
        name
        for path in sorted(_SUITE.glob("*.py"))
        for name in vars(import_module(f"tests.store.contract.{path.stem}"))
        if name.startswith("test_") and path.stem != "__init__"
    ]
    assert len(found) == len(set(found))
    assert set(found) <= set(globals())
