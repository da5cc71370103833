"""What a new Lambda environment imports, and when. How long that takes: `make bench-coldstart`."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import coldstart


# They would be paid for by every new environment, and are used by few.
def test_the_handler_does_not_import_what_few_use() -> None:
    assert set(coldstart.imported()).isdisjoint((*coldstart.LAZY, *coldstart.EARLY))


# One import too many in what a GetItem needs brings all of it back.
def test_a_get_item_imports_what_it_needs_and_nothing_else(tmp_path: Path) -> None:
    there = set(coldstart.imported_by_get_item(f"sqlite:///{tmp_path}/cold.db"))
    assert there.issuperset(coldstart.EARLY)
    assert there.isdisjoint(coldstart.LAZY)


# A snapshot is taken once, and restored many times: nothing is left for a request to import.
@pytest.mark.parametrize("kind", ["snap-start", "provisioned-concurrency"])
def test_an_environment_made_ahead_imports_all(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", kind)
    there = set(coldstart.imported())
    ahead = {"app.expressions", "app.http.application", "app.operations.scan", "app.partiql"}
    assert there.issuperset(ahead)
