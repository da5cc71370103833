"""Commits that share a transaction: what becomes of each when one, or all, cannot be done."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.errors import StoreUnknown, TableGone
from app.model.rows import Key
from app.model.table import Table
from app.store.base import ABSENT, Batch, Committed, Conflict, Write
from app.store.sqlite import SqliteStore
from app.testing.contract.support import (
    created,
    dropped,
    item_of,
    keys,
    new_table,
    put,
    query,
    read,
    scan,
)
from tests.store.sqlite.support import opened, raw, url_of


async def test_good_ones_among_bad_ones(store: SqliteStore, table: Table, path: Path) -> None:
    gone = await created(store, new_table())
    await dropped(store, gone)
    there = Key("there", "s")
    await put(store, table, there)
    good = [Key("good", f"{number}") for number in range(10)]
    half = Key("half", "s")
    halves = (
        Write(table, half, ABSENT, item_of(table, half)),
        Write(table, there, ABSENT, item_of(table, there)),
    )
    # While another holds the file all of them gather behind its transaction.
    other = raw(path)
    other.execute("BEGIN IMMEDIATE")
    tasks = [asyncio.create_task(put(store, table, key)) for key in good[:5]]
    tasks.append(asyncio.create_task(put(store, gone, Key("p", "s"))))
    tasks.append(asyncio.create_task(put(store, table, there, ABSENT)))
    tasks.append(asyncio.create_task(store.commit(Batch(halves))))
    tasks += [asyncio.create_task(put(store, table, key)) for key in good[5:]]
    await asyncio.sleep(0.02)
    other.execute("COMMIT")
    other.close()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert results[:5] + results[8:] == [Committed()] * 10
    assert isinstance(results[5], TableGone)
    assert results[6:8] == [Conflict(), Conflict()]
    assert keys(await query(store, table, "good")) == good
    assert await read(store, table, half) is None


@contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    """A disk that takes no more: this process's files cannot grow beyond `size` bytes."""
    before, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, hard))


# COMMIT is where the file is written. When that fails nobody may be told that it was done, nor that
# it was not: the log may hold all of it.
async def test_a_disk_that_fails_at_the_commit(
    store: SqliteStore, table: Table, path: Path
) -> None:
    before = Key("before", "s")
    await put(store, table, before)
    log = path.with_name(path.name + "-wal").stat().st_size
    lost = [Key("lost", f"{number}") for number in range(5)]
    with files_no_longer_than(log + 10_000):
        results = await asyncio.gather(
            *[put(store, table, key, text={"S": "x" * 100_000}) for key in lost],
            return_exceptions=True,
        )
    assert {type(result) for result in results} == {StoreUnknown}
    # Afterwards the store goes on, from what is in the file.
    after = Key("after", "s")
    assert await put(store, table, after) == Committed()
    found = set(keys(await scan(store, table)))
    assert {before, after} <= found <= {before, after, *lost}
    await store.close()
    async with opened(url_of(path)) as reopened:
        assert set(keys(await scan(reopened, table))) == found
    await store.open()
