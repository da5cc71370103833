"""Group commit: what shares a transaction, and what one does to the others in it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.errors import StoreUnavailable, TableGone
from app.model.rows import Key
from app.model.table import Table
from app.store.sqlite import SqliteStore
from app.store.sqlite.file import open_file
from app.store.sqlite.writer import LoopWriter, ThreadWriter, Writer, savepoint, transact
from app.testing.contract.support import read
from tests.store.sqlite.support import raw

Work = Callable[[sqlite3.Connection], Any]


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_file(path, 1.0)
    connection.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY)")
    yield connection
    connection.close()


def insert(number: int) -> Work:
    def work(connection: sqlite3.Connection) -> int:
        connection.execute("INSERT INTO numbers VALUES (?)", (number,))
        return number

    return work


def numbers(path: Path) -> list[int]:
    """What another process finds in the file."""
    other = raw(path)
    found = [number for (number,) in other.execute("SELECT number FROM numbers ORDER BY number")]
    other.close()
    return found


def commits(connection: sqlite3.Connection) -> list[str]:
    """Gets one entry for each transaction committed from now on."""
    seen: list[str] = []
    connection.set_trace_callback(
        lambda statement: seen.append(statement) if statement == "COMMIT" else None
    )
    return seen


# -- one transaction ------------------------------------------------------------------------


def test_results_are_in_order(connection: sqlite3.Connection, path: Path) -> None:
    seen = commits(connection)
    assert transact(connection, [insert(3), insert(1), insert(2)]) == [3, 1, 2]
    assert numbers(path) == [1, 2, 3]
    assert len(seen) == 1


def test_one_that_fails_does_not_undo_the_others(
    connection: sqlite3.Connection, path: Path
) -> None:
    def gone(connection: sqlite3.Connection) -> None:
        connection.execute("SELECT * FROM t_00")

    def refused(_: sqlite3.Connection) -> None:
        raise TableGone("no such table")

    works = [insert(1), gone, insert(1), insert(2), refused, insert(3)]
    one, no_table, duplicate, two, refusal, three = transact(connection, works)
    assert [one, two, three] == [1, 2, 3]
    assert isinstance(no_table, TableGone)
    assert isinstance(duplicate, sqlite3.IntegrityError)
    assert isinstance(refusal, TableGone)
    assert numbers(path) == [1, 2, 3]


@pytest.mark.parametrize("value", [1 << 64, "\ud800", object()])
def test_a_value_that_sqlite_cannot_hold(
    connection: sqlite3.Connection, path: Path, value: Any
) -> None:
    bug, two = transact(connection, [insert(value), insert(2)])
    assert isinstance(bug, Exception)
    assert two == 2
    assert numbers(path) == [2]


def test_a_savepoint_is_undone_by_what_is_raised(
    connection: sqlite3.Connection, path: Path
) -> None:
    def half(connection: sqlite3.Connection) -> None:
        with savepoint(connection):
            insert(7)(connection)
            insert(1)(connection)

    _, failed, _ = transact(connection, [insert(1), half, insert(2)])
    assert isinstance(failed, sqlite3.IntegrityError)
    assert numbers(path) == [1, 2]


def test_a_savepoint_that_is_undone(connection: sqlite3.Connection, path: Path) -> None:
    def withdrawn(connection: sqlite3.Connection) -> str:
        with savepoint(connection) as undo:
            insert(7)(connection)
            undo()
            return "withdrawn"

    assert transact(connection, [insert(1), withdrawn, insert(2)]) == [1, "withdrawn", 2]
    assert numbers(path) == [1, 2]


# SQLite itself takes the whole transaction back then.
def test_a_full_disk_undoes_all_and_is_got_over(connection: sqlite3.Connection, path: Path) -> None:
    def large(connection: sqlite3.Connection) -> None:
        with savepoint(connection):
            connection.execute("CREATE TABLE large (data)")
            connection.execute("INSERT INTO large VALUES (zeroblob(1000000))")

    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 5}")
    results = transact(connection, [insert(1), large, insert(2)])
    assert {type(result) for result in results} == {StoreUnavailable}
    assert "full" in str(results[0])
    assert numbers(path) == []
    assert transact(connection, [insert(3)]) == [3]
    assert numbers(path) == [3]


def test_a_read_only_file(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA query_only = ON")
    (error,) = transact(connection, [insert(1)])
    assert isinstance(error, StoreUnavailable)
    assert "readonly" in str(error)
    connection.execute("PRAGMA query_only = OFF")
    assert transact(connection, [insert(1)]) == [1]


# -- the thread -----------------------------------------------------------------------------


async def test_what_arrives_during_a_transaction_shares_the_next(path: Path) -> None:
    connection = open_file(path, 1.0)
    connection.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY)")
    seen = commits(connection)
    writer = ThreadWriter(connection, 1.0)
    began, go_on = threading.Event(), threading.Event()

    def slow(connection: sqlite3.Connection) -> None:
        began.set()
        go_on.wait(30)

    first = asyncio.create_task(writer.run(slow))
    await asyncio.to_thread(began.wait, 30)
    rest = [asyncio.create_task(writer.run(insert(number))) for number in (1, 2, 3, 2, 4)]
    await asyncio.sleep(0)
    go_on.set()
    results = await asyncio.gather(*rest, return_exceptions=True)
    await first
    assert results[:3] + results[4:] == [1, 2, 3, 4]
    # The one that conflicts has undone none of the others.
    assert isinstance(results[3], sqlite3.IntegrityError)
    assert len(seen) == 2
    await writer.close()
    assert numbers(path) == [1, 2, 3, 4]


async def test_who_gives_up_disturbs_nobody(path: Path) -> None:
    connection = open_file(path, 1.0)
    connection.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY)")
    writer = ThreadWriter(connection, 1.0)
    tasks = [asyncio.create_task(writer.run(insert(number))) for number in range(10)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert results[1::2] == [1, 3, 5, 7, 9]
    assert all(isinstance(result, asyncio.CancelledError) for result in results[::2])
    await writer.close()
    # A write that was put is done, whoever still waits for it.
    assert numbers(path) == list(range(10))


async def test_a_closed_writer_refuses(path: Path) -> None:
    writer = ThreadWriter(open_file(path, 1.0), 1.0)
    await writer.close()
    with pytest.raises(StoreUnavailable):
        await writer.run(insert(1))


# It is reported by the thread, and by its own writer; all others get an answer too.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_nobody_waits_for_ever_after_a_bug(path: Path) -> None:
    writer = ThreadWriter(open_file(path, 1.0), 1.0)

    def bug(_: sqlite3.Connection) -> None:
        raise AssertionError("a bug")

    async with asyncio.timeout(30):
        results = await asyncio.gather(
            *[writer.run(bug) for _ in range(20)], return_exceptions=True
        )
        assert {type(result) for result in results} == {StoreUnavailable}
        with pytest.raises(StoreUnavailable):
            await writer.run(insert(1))
        other = raw(path)
        # It did not keep the file to itself.
        other.execute("BEGIN IMMEDIATE")
        other.close()
        await writer.close()


# Reads still work then: a load balancer must not take the process for a sound one.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_store_whose_writer_has_ended_is_not_ready(
    store: SqliteStore, table: Table
) -> None:
    def bug(_: sqlite3.Connection) -> None:
        raise AssertionError("a bug")

    await store.ping()
    with pytest.raises(StoreUnavailable):
        await store._writer.run(bug)
    with pytest.raises(StoreUnavailable):
        await store.ping()
    assert await read(store, table, Key("p", "s")) is None


@pytest.mark.parametrize("kind", ["thread", "loop"])
async def test_what_work_raises_is_raised(path: Path, kind: str) -> None:
    connection = open_file(path, 1.0)
    writer: Writer = ThreadWriter(connection, 1.0) if kind == "thread" else LoopWriter(connection)
    with pytest.raises(StoreUnavailable, match="no such table: nowhere"):
        await writer.run(lambda connection: connection.execute("SELECT * FROM nowhere"))
    assert await writer.run(lambda _: "works") == "works"
    await writer.close()
