"""Prints what the README of the Cassandra store says about its drivers: CPU of one statement.

    python -m tests.store_cassandra.measure_drivers 127.0.0.1:9042 [ROUNDS]

CPU is that of this process, all threads, by the operating system's accounting. Contenders take
turns, so that what else the machine does is the same for all.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
import tracemalloc
import uuid
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count

import uvloop

from app.store.cassandra.drivers import driver_of
from app.store.cassandra.session import Consistency, Session, Statement, Value
from app.store.cassandra.url import parse

STATEMENTS = 800
AT_ONCE = 16
_QUORUM = Consistency.LOCAL_QUORUM
_ITEM = b"x" * 1000


@dataclass(frozen=True, slots=True)
class Contender:
    """keep: statements stay prepared."""

    driver: str
    loop: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    connections: int = 1
    keep: bool = True
    at_once: int = AT_ONCE


CONTENDERS = {
    "python": Contender("python"),
    "cpp": Contender("cpp"),
    "python, one at a time": Contender("python", at_once=1),
    "cpp, one at a time": Contender("cpp", at_once=1),
    "python, asyncio's loop": Contender("python", asyncio.new_event_loop),
    "python, 2 connections": Contender("python", connections=2),
    "python, 4 connections": Contender("python", connections=4),
    "python, prepared each time": Contender("python", keep=False),
}


class Work:
    def __init__(self, keyspace: str) -> None:
        self.name = f"{keyspace}.items"
        row = "pk = ? AND sk = ?"
        self.cql = {
            "get": f"SELECT item, ver FROM {self.name} WHERE {row}",
            "put": f"UPDATE {self.name} SET ver = ?, item = ?, last[?] = ? WHERE {row} "
            "IF txid = null",
            "query": f"SELECT sk, item, ver FROM {self.name} WHERE pk = ?",
        }
        self._numbers = count(1)

    def values(self, kind: str) -> Sequence[Value]:
        number = next(self._numbers)
        row = (f"k{number % 500}", "s")
        if kind == "put":
            return (number, _ITEM, b"w", number, *row)
        return row if kind == "get" else ("seven",)

    def statement(self, kind: str) -> Statement:
        return Statement(self.cql[kind], _QUORUM, conditional=kind == "put")

    async def fill(self, driver: Session) -> None:
        keyspace, _, _ = self.name.partition(".")
        replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}"
        await driver.execute_ddl(
            f"CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = {replication}", 30.0
        )
        await driver.execute_ddl(
            f"CREATE TABLE IF NOT EXISTS {self.name} (pk text, sk text, ver bigint, item blob, "
            "txid blob, last map<blob, bigint>, PRIMARY KEY (pk, sk))",
            30.0,
        )
        put = self.statement("put")
        for number in range(7):
            await driver.execute(put, (number, _ITEM, b"w", number, "seven", f"{number}"), 30.0)
        for _ in range(500):
            await driver.execute(put, self.values("put"), 30.0)


async def measured(contender: Contender, url: str, work: Work) -> dict[str, float]:
    """Microseconds of CPU for a statement of each kind."""
    found = {}
    async with AsyncExitStack() as stack:
        drivers = []
        for _ in range(contender.connections):
            driver = driver_of(parse(f"{url}?driver={contender.driver}"), None)
            await driver.open(30.0)
            stack.push_async_callback(driver.close)
            drivers.append(driver)
        for kind in work.cql:
            kept = [work.statement(kind) for _ in drivers]

            async def run(number: int, kind: str = kind, kept: list[Statement] = kept) -> None:
                turns = iter(range(number))

                async def task() -> None:
                    for turn in turns:
                        at = turn % len(drivers)
                        statement = kept[at] if contender.keep else work.statement(kind)
                        await drivers[at].execute(statement, work.values(kind), 30.0)

                await asyncio.gather(*(task() for _ in range(contender.at_once)))

            await run(50)
            begin = time.process_time()
            await run(STATEMENTS)
            found[kind] = (time.process_time() - begin) / STATEMENTS * 1e6
    return found


async def memory(url: str, work: Work) -> None:
    """What a statement that stays prepared holds."""
    driver = driver_of(parse(url), None)
    await driver.open(30.0)
    tracemalloc.start()
    kept = [Statement(f"{work.cql['get']} LIMIT {number}", _QUORUM) for number in range(1, 301)]
    before, _ = tracemalloc.get_traced_memory()
    for statement in kept:
        await driver.execute(statement, work.values("get"), 30.0)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    sys.stdout.write(f"a prepared statement holds {(after - before) / len(kept):.0f} bytes\n")
    await driver.close()


async def filled(url: str, work: Work) -> None:
    driver = driver_of(parse(url), None)
    await driver.open(30.0)
    await work.fill(driver)
    await driver.close()


async def dropped(url: str, work: Work) -> None:
    driver = driver_of(parse(url), None)
    await driver.open(30.0)
    await driver.execute_ddl(f"DROP KEYSPACE {work.name.partition('.')[0]}", 60.0)
    await driver.close()


def main(contact: str, rounds: str = "9") -> None:
    url, work = f"cassandra://{contact}/", Work(f"measure_{uuid.uuid4().hex[:8]}")
    uvloop.run(filled(url, work))
    found: dict[tuple[str, str], list[float]] = {}
    for _ in range(int(rounds)):
        for name, contender in CONTENDERS.items():
            with asyncio.Runner(loop_factory=contender.loop) as runner:
                for kind, cost in runner.run(measured(contender, url, work)).items():
                    found.setdefault((name, kind), []).append(cost)
    for (name, kind), costs in found.items():
        beside = "python" if CONTENDERS[name].at_once == AT_ONCE else "python, one at a time"
        # Within a round, as the rest of the machine may do more in one than in another.
        ratios = [cost / other for cost, other in zip(costs, found[beside, kind], strict=True)]
        sys.stdout.write(
            f"{name:28} {kind:6} least {min(costs):4.0f}, "
            f"median {statistics.median(costs):4.0f} us; "
            f"beside {beside}: {statistics.median(ratios):.2f}\n"
        )
    uvloop.run(memory(url, work))
    uvloop.run(dropped(url, work))


if __name__ == "__main__":
    main(*sys.argv[1:])
