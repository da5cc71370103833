"""The file: where it is, whose it is, and how it is opened."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import psutil
import pytest

from app.clock import SystemClock
from app.config import ConfigError
from app.errors import StoreUnavailable
from app.model.rows import Key
from app.model.table import Table
from app.store.sqlite import SqliteStore
from app.store.sqlite.file import FORMAT, open_file, path_of
from app.testing.contract.support import created, new_table, put, query
from tests.store.sqlite.support import opened, raw, url_of


def contents(path: Path) -> bytes:
    return path.read_bytes()


def write_nonsense(path: Path, behind: int = 0) -> None:
    kept = path.read_bytes()[:behind] if behind else b""
    path.write_bytes(kept + b"no database at all " * 10_000)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///relative.db", Path("relative.db")),
        ("sqlite:///.dynaspan/a b.db", Path(".dynaspan/a b.db")),
        ("sqlite:////absolute.db", Path("/absolute.db")),
        ("sqlite://", None),
    ],
)
def test_urls(url: str, path: Path | None) -> None:
    assert path_of(url) == path


# The second is what somebody writes who means a relative file: it must not become another one.
@pytest.mark.parametrize(
    "url", ["sqlite:", "sqlite://store.db", "sqlite:///", "sqlite:///:memory:", "other:///x"]
)
def test_urls_that_name_no_file(url: str) -> None:
    with pytest.raises(ConfigError, match="use sqlite:///relative"):
        SqliteStore(url, clock=SystemClock())


# Worker processes are forked from one that has made the store.
def test_nothing_is_opened_before_open(path: Path) -> None:
    SqliteStore(url_of(path), clock=SystemClock())
    assert not path.exists()


async def test_parent_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "store.db"
    async with opened(url_of(path)):
        assert path.exists()


async def test_a_relative_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened("sqlite:///folder/store.db"):
        assert (tmp_path / "folder" / "store.db").exists()


async def test_two_stores_in_memory_have_nothing_in_common() -> None:
    async with opened("sqlite://") as one, opened("sqlite://") as other:
        table = await created(one, new_table())
        assert await other.table(table.name) is None


# Less would lose acknowledged writes with the power, however well the other tests go.
def test_every_commit_is_synced(path: Path) -> None:
    connection = open_file(path, 1.0)
    full = 2
    assert connection.execute("PRAGMA synchronous").fetchone() == (full,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


async def test_a_file_of_a_newer_format_is_refused_and_left_alone(path: Path) -> None:
    async with opened(url_of(path)):
        pass
    newer = raw(path)
    newer.execute(f"PRAGMA user_version = {FORMAT + 1}")
    newer.close()
    before = contents(path)
    with pytest.raises(StoreUnavailable, match=f"format {FORMAT + 1}.*upgrade dynaspan"):
        await SqliteStore(url_of(path), clock=SystemClock()).open()
    assert contents(path) == before


async def test_somebody_elses_database_is_refused_and_left_alone(path: Path) -> None:
    theirs = raw(path)
    theirs.execute("CREATE TABLE customers (name)")
    theirs.close()
    before = contents(path)
    with pytest.raises(StoreUnavailable, match="none of dynaspan's"):
        await SqliteStore(url_of(path), clock=SystemClock()).open()
    assert contents(path) == before


async def test_a_file_that_is_no_database(path: Path) -> None:
    write_nonsense(path)
    with pytest.raises(StoreUnavailable, match="not a database"):
        await SqliteStore(url_of(path), clock=SystemClock()).open()


async def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="unable to open"):
        await SqliteStore(url_of(tmp_path), clock=SystemClock()).open()


async def test_a_file_in_the_place_of_the_folder(path: Path) -> None:
    write_nonsense(path)
    with pytest.raises(StoreUnavailable, match="File exists"):
        await SqliteStore(url_of(path / "below.db"), clock=SystemClock()).open()


async def test_a_corrupt_page(store: SqliteStore, path: Path, table: Table) -> None:
    for number in range(200):
        await put(store, table, Key("p", f"{number:03}"), text={"S": "x" * 500})
    await store.close()
    # The first pages hold the schema and the catalog.
    write_nonsense(path, behind=8 * 4096)
    await store.open()
    with pytest.raises(StoreUnavailable, match="malformed"):
        await query(store, table, "p")


# An older dynaspan on a file that a newer one has used, each table by itself.
async def test_a_catalog_row_of_a_newer_format(
    store: SqliteStore, path: Path, table: Table
) -> None:
    other = await created(store, new_table())
    newer = raw(path)
    with newer:
        newer.execute(
            'UPDATE catalog SET spec = \'{"format":99,"table":{}}\' WHERE name = ?', (table.name,)
        )
        newer.execute("UPDATE state SET changes = changes + 1")
    newer.close()
    with pytest.raises(StoreUnavailable, match=r"newer dynaspan.*upgrade"):
        await store.table(table.name)
    assert await store.table(other.name) == other


def test_a_connection_that_cannot_be_used_is_closed(path: Path) -> None:
    write_nonsense(path)
    with pytest.raises(StoreUnavailable):
        open_file(path, 0.1)
    assert str(path) not in {file.path for file in psutil.Process().open_files()}


@contextmanager
def files_left(count: int) -> Iterator[None]:
    """This process can open so many more files."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = {int(name) for name in os.listdir("/dev/fd")}
    free = (number for number in range(max(used) + count + 2) if number not in used)
    last = list(islice(free, count + 1))[-1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (last, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


# A store has two connections of several files each: wherever it ends, it gives back what it has.
async def test_a_start_that_runs_out_of_files_leaves_none_open(path: Path) -> None:
    async with opened(url_of(path)):
        pass
    failed = 0
    for count in range(1, 12):
        store = SqliteStore(url_of(path), clock=SystemClock(), busy_seconds=0.0)
        try:
            with files_left(count):
                await store.open()
        except StoreUnavailable:
            failed += 1
        else:
            await store.close()
        left = [file.path for file in psutil.Process().open_files() if str(path) in file.path]
        assert (count, left) == (count, [])
    assert 0 < failed < 11
