"""Prints what app/store/sqlite/README.md says about speed.

    python -m tests.store.sqlite.measure [DIRECTORY]

CPU is that of the whole process, writer thread included, for one operation. The file store syncs
to a new folder in DIRECTORY, by default the system's place for temporary files.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable

import uvloop

from app.clock import SystemClock
from app.model.rows import EVERYTHING, WHOLE, Key
from app.model.table import Table
from app.store.base import ANY, Batch, Store, Write
from app.store.sqlite import SqliteStore
from app.testing.contract.support import created, item_of, new_table

ROUNDS = 7
PARTITIONS = 4000
SORTS = 7
ATTRIBUTES = {"text": {"S": "x" * 220}, "count": {"N": "42"}}
PROCESSES = 3
SECONDS = 5.0


async def measured(
    name: str, operation: Callable[[], Awaitable[object]], count: int, writers: int = 1
) -> None:
    """The best of some rounds: what else the machine does only adds."""

    async def work() -> None:
        for _ in range(count // writers):
            await operation()

    cpu = took = float("inf")
    for _ in range(ROUNDS):
        began, began_cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(work() for _ in range(writers)))
        cpu = min(cpu, time.process_time() - began_cpu)
        took = min(took, time.perf_counter() - began)
    print(f"  {name:32} {cpu / count * 1e6:8.1f} us CPU {count / took:9.0f}/s", flush=True)


async def filled(store: Store) -> Table:
    table = await created(store, new_table())
    for partition in range(PARTITIONS):
        keys = [Key(f"user-{partition}", f"sort-{sort}") for sort in range(SORTS)]
        writes = [Write(table, key, ANY, item_of(table, key, **ATTRIBUTES)) for key in keys]
        await store.commit(Batch(tuple(writes)))
    return table


async def measure(url: str) -> None:
    store = SqliteStore(url, clock=SystemClock())
    await store.open()
    table = await filled(store)

    def key() -> Key:
        return Key(f"user-{random.randrange(PARTITIONS)}", f"sort-{random.randrange(SORTS)}")

    async def get() -> None:
        await store.get(table, key(), consistent=True)

    async def query() -> None:
        await store.query(table, key().partition, EVERYTHING, limit=100)

    async def scan() -> None:
        await store.scan(table, WHOLE, limit=1000)

    async def cached_table() -> None:
        store.cached_table(table.name)

    async def put() -> None:
        at = key()
        await store.commit(Batch((Write(table, at, ANY, item_of(table, at, **ATTRIBUTES)),)))

    async def update() -> None:
        row = await store.get(table, at := key(), consistent=True)
        assert row is not None
        await store.commit(Batch((Write(table, at, row.version, row.item),)))

    print("memory" if url == "sqlite://" else "file")
    await measured("cached_table", cached_table, 5000)
    await measured("get", get, 5000)
    await measured("query of 7", query, 2000)
    await measured("scan, page of 1000", scan, 20)
    await measured("commit, 1 writer", put, 500)
    await measured("commit, 16 writers", put, 3200, writers=16)
    await measured("get and commit, 16 writers", update, 3200, writers=16)
    await store.close()


async def _writes_of_one_process(url: str, name: str) -> None:
    store = SqliteStore(url, clock=SystemClock())
    await store.open()
    table = await store.table(name)
    assert table is not None
    waits: list[float] = []
    end = time.monotonic() + SECONDS

    async def work() -> None:
        while (began := time.monotonic()) < end:
            key = Key(str(random.random()), "s")
            await store.commit(Batch((Write(table, key, ANY, item_of(table, key)),)))
            waits.append(time.monotonic() - began)

    await asyncio.gather(*(work() for _ in range(16)))
    await store.close()
    waits.sort()
    half, most = waits[len(waits) // 2], waits[len(waits) * 99 // 100]
    print(
        f"  {len(waits) / SECONDS:7.0f}/s  p50 {half * 1e3:.1f} ms  p99 {most * 1e3:.1f} ms"
        f"  longest {waits[-1] * 1e3:.1f} ms",
        flush=True,
    )


def _process(url: str, name: str) -> None:
    uvloop.run(_writes_of_one_process(url, name))


async def _new_table(url: str) -> str:
    store = SqliteStore(url, clock=SystemClock())
    await store.open()
    name = (await created(store, new_table())).name
    await store.close()
    return name


def main() -> None:
    uvloop.run(measure("sqlite://"))
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        uvloop.run(measure(f"sqlite:///{folder}/one.db"))
        url = f"sqlite:///{folder}/many.db"
        name = uvloop.run(_new_table(url))
        print(f"{PROCESSES} processes, 16 writers each, one file")
        spawn = multiprocessing.get_context("spawn")
        processes = [spawn.Process(target=_process, args=(url, name)) for _ in range(PROCESSES)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()


if __name__ == "__main__":
    main()
