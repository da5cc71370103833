from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.model.table import Table
from app.store.sqlite import SqliteStore
from app.testing.contract.support import created, new_table
from tests.store.sqlite.support import opened, url_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    """A store of this test's own, in a file, that does not wait long for others."""
    async with opened(url_of(path), busy_seconds=0.2) as store:
        yield store


@pytest.fixture
async def table(store: SqliteStore) -> Table:
    return await created(store, new_table())
