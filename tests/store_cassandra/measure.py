"""Prints what the README of the Cassandra store says about speed.

    python -m tests.store_cassandra.measure 127.0.0.1:9042

CPU is that of this process, driver thread included, for one operation of the store.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
import uuid
from collections.abc import Awaitable, Callable

import uvloop

from app.clock import SystemClock
from app.metrics import Metrics
from app.model.rows import EVERYTHING, Key
from app.store.base import ANY, Batch, Write
from app.store.cassandra import CassandraStore
from tests.store_cassandra.support import created, drop_keyspaces, item_of, new_table

CONCURRENCY = 16
OPERATIONS = 1500
ROUNDS = 8


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def measured(name: str, operation: Callable[[int], Awaitable[object]]) -> None:
    """The best of some rounds: what else the machine does only adds."""

    async def run() -> tuple[float, float]:
        numbers = iter(range(OPERATIONS))

        async def work() -> None:
            for number in numbers:
                await operation(number)

        cpu, begin = time.process_time(), time.monotonic()
        await asyncio.gather(*(work() for _ in range(CONCURRENCY)))
        return time.process_time() - cpu, time.monotonic() - begin

    rounds = [await run() for _ in range(ROUNDS)]
    cpu, took = min(cpu for cpu, _ in rounds), min(took for _, took in rounds)
    say(f"{name:28} {cpu / OPERATIONS * 1e6:6.0f} us CPU   {OPERATIONS / took:6.0f}/s")


async def main(contact: str) -> None:
    url = f"cassandra://{contact}/?keyspace=measure_{uuid.uuid4().hex[:8]}"
    store = CassandraStore(url, clock=SystemClock(), metrics=Metrics())
    await store.open()
    times: dict[str, list[float]] = {"create_table": [], "drop_table": []}
    for _ in range(10):
        begin = time.monotonic()
        table = await created(store, new_table())
        times["create_table"].append(time.monotonic() - begin)
        begin = time.monotonic()
        await store.drop_table(table)
        times["drop_table"].append(time.monotonic() - begin)
    for name, seconds in times.items():
        say(f"{name:28} {statistics.median(seconds):.3f} s median, {max(seconds):.3f} s at most")

    table = await created(store, new_table())
    keys = [Key(f"p{number}", "s") for number in range(512)]
    item = item_of(keys[0], text="x" * 1000)

    async def put(number: int) -> None:
        key = keys[number % len(keys)]
        await store.commit(Batch((Write(table, key, ANY, item),)))

    async def get(number: int) -> None:
        await store.get(table, keys[number % len(keys)], consistent=True)

    async def modify(number: int) -> None:
        key = keys[number % len(keys)]
        row = await store.get(table, key, consistent=True)
        assert row is not None
        await store.commit(Batch((Write(table, key, row.version, item),)))

    async def query(number: int) -> None:
        await store.query(table, "seven", EVERYTHING, limit=100, consistent=True)

    for number in range(7):
        write = Write(table, Key("seven", f"{number}"), ANY, item)
        await store.commit(Batch((write,)))
    await measured("blind put, 1 KB", put)
    await measured("get, 1 KB", get)
    await measured("get + conditional put, 1 KB", modify)
    await measured("query of 7 items, 1 KB each", query)
    await store.close()
    await drop_keyspaces(url)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
