"""A file or a folder that this process may only read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.clock import SystemClock
from app.errors import StoreUnavailable
from app.model.rows import Key
from app.model.table import Table
from app.store.sqlite import SqliteStore
from app.testing.contract.support import created, new_table, present, put
from tests.store.sqlite.support import opened, url_of

NOBODY = 65534
KEY = Key("p", "s")


@contextmanager
def unprivileged() -> Iterator[None]:
    """Modes of files mean nothing to the superuser, so for a while this process is not."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


def set_mode(path: Path, mode: int) -> None:
    path.chmod(mode)


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that is not below a folder that others may not enter."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder
        folder.chmod(0o777)


@pytest.fixture
async def table(folder: Path) -> Table:
    """In folder/store.db, with one item."""
    async with opened(url_of(folder / "store.db")) as store:
        table = await created(store, new_table())
        await put(store, table, KEY)
    return table


async def test_a_read_only_file_is_read_and_not_written(folder: Path, table: Table) -> None:
    path = folder / "store.db"
    set_mode(path, 0o444)
    with unprivileged():
        async with opened(url_of(path)) as store:
            assert (await present(store, table, KEY)).key == KEY
            with pytest.raises(StoreUnavailable, match="readonly"):
                await put(store, table, KEY)
            with pytest.raises(StoreUnavailable, match="readonly"):
                await store.create_table(new_table())
            assert (await present(store, table, KEY)).key == KEY


# SQLite needs files beside it: who may not make them finds out at the start.
async def test_a_file_in_a_read_only_folder(folder: Path, table: Table) -> None:
    path = folder / "store.db"
    set_mode(path, 0o666)
    set_mode(folder, 0o555)
    with unprivileged(), pytest.raises(StoreUnavailable, match="readonly"):
        await SqliteStore(url_of(path), clock=SystemClock()).open()


@pytest.mark.parametrize("name", ["new.db", "new/folder/new.db"])
async def test_a_new_file_in_a_read_only_folder(folder: Path, name: str) -> None:
    set_mode(folder, 0o555)
    with unprivileged(), pytest.raises(StoreUnavailable, match=r"unable to open|new\.db"):
        await SqliteStore(url_of(folder / name), clock=SystemClock()).open()
