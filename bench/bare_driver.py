"""The other floor: the statements of the document translator, sent by a bare CQL driver.

    python -m bench.bare_driver python|own|cpp HOST:PORT

Orders in and measurements out, as `bench.load`; the CPU is that of this process, the load included.
"""

from __future__ import annotations

import asyncio
import os
import sys
from array import array
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from itertools import count
from time import perf_counter
from typing import Any, Protocol

import orjson
import uvloop

from . import catalogue
from .accounting import cpu_seconds, family, forget_peak, peak_bytes
from .measurement import Measurement, Order, percentile
from .workloads import KEYS, item_of

_KEYSPACE = "bench_bare"
_TABLE = f"{_KEYSPACE}.items"
_ROW = "pk = ? AND kind = 0 AND ik = 0x00 AND sk = ?"
_ITEM = orjson.dumps(item_of("k0", "s"))
_WRITER = b"\x00" * 8
_SECONDS = 30.0
_FENCE = b"\x01" * 16

SCHEMA = (
    f"CREATE KEYSPACE IF NOT EXISTS {_KEYSPACE} WITH replication = "
    "{'class': 'SimpleStrategy', 'replication_factor': 1}",
    f"CREATE TABLE IF NOT EXISTS {_TABLE} (pk text, kind tinyint, ik blob, sk text, ver bigint, "
    "live boolean, item blob, txid blob, txp blob, last map<blob, bigint>, "
    "PRIMARY KEY ((pk), kind, ik, sk))",
)


def _write(condition: str) -> str:
    return (
        f"BEGIN BATCH UPDATE {_TABLE} SET ver = ?, item = ?, live = true WHERE {_ROW} "
        f"IF {condition}txid = null AND last[?] = null; "
        f"UPDATE {_TABLE} USING TTL 600 SET last[?] = ? WHERE {_ROW}; APPLY BATCH"
    )


CQL = {
    "get": f"SELECT item, ver FROM {_TABLE} WHERE {_ROW}",
    "put": _write(""),
    "change": _write("ver = ? AND "),
    "query": f"SELECT sk, item, ver FROM {_TABLE} WHERE pk = ? AND kind = 0 AND ik = 0x00",
}


class Driver(Protocol):
    async def execute(self, name: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]: ...


async def python_driver(host: str, port: int) -> Driver:
    """cassandra-driver as its documentation has it: libev in a thread of its own."""
    from cassandra import ConsistencyLevel
    from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
    from cassandra.io.libevreactor import LibevConnection
    from cassandra.query import tuple_factory

    loop = asyncio.get_running_loop()
    profile = ExecutionProfile(
        row_factory=tuple_factory,
        consistency_level=ConsistencyLevel.LOCAL_QUORUM,
        serial_consistency_level=ConsistencyLevel.LOCAL_SERIAL,
    )
    cluster = Cluster(
        [host],
        port=port,
        protocol_version=4,
        connection_class=LibevConnection,
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
    )
    session = await asyncio.to_thread(cluster.connect)
    for cql in SCHEMA:
        await asyncio.to_thread(session.execute, cql)
    prepared = {name: await asyncio.to_thread(session.prepare, cql) for name, cql in CQL.items()}

    class Python:
        async def execute(self, name: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
            answer = loop.create_future()

            def tell(call: Callable[[Any], None], value: Any) -> None:
                loop.call_soon_threadsafe(call, value)

            session.execute_async(prepared[name], values).add_callbacks(
                lambda rows: tell(answer.set_result, rows),
                lambda exc: tell(answer.set_exception, exc),
            )
            rows: Sequence[Sequence[Any]] = await answer
            return rows

    return Python()


async def cpp_driver(host: str, port: int) -> Driver:
    import acsylla

    cluster = acsylla.create_cluster(
        [host], port=port, protocol_version=4, num_threads_io=1, log_level="error"
    )
    session = await cluster.create_session()
    for cql in SCHEMA:
        await session.execute(acsylla.create_statement(cql))
    prepared = {name: await session.create_prepared(cql) for name, cql in CQL.items()}

    class Cpp:
        async def execute(self, name: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
            statement = prepared[name].bind(consistency=acsylla.Consistency.LOCAL_QUORUM)
            statement.bind_list(list(values))
            return [row.as_list() for row in await session.execute(statement)]

    return Cpp()


async def own_driver(host: str, port: int) -> Driver:
    """cassandra-driver as dynaspan uses it: sockets on the event loop, no ResponseFuture."""
    from app.store.cassandra.python_driver import PythonDriver
    from app.store.cassandra.session import Consistency, Statement
    from app.store.cassandra.url import parse

    driver = PythonDriver(parse(f"cassandra://{host}:{port}"), None)
    await driver.open(_SECONDS)
    for cql in SCHEMA:
        await driver.execute_ddl(cql, _SECONDS)
    statements = {
        name: Statement(cql, Consistency.LOCAL_QUORUM, conditional="BATCH" in cql)
        for name, cql in CQL.items()
    }

    class Own:
        async def execute(self, name: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
            return (await driver.execute(statements[name], values, _SECONDS)).rows

    return Own()


class Work:
    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._versions = count(1)

    async def fill(self) -> None:
        for number in range(KEYS):
            await self.put(number)
        for partition in range(200):
            for number in range(7):
                await self._put(f"q{partition}", f"{number:03}")

    async def get(self, number: int) -> None:
        await self._driver.execute("get", (f"k{number % KEYS}", "s"))

    async def put(self, number: int) -> None:
        await self._put(f"k{number % KEYS}", "s")

    async def _put(self, partition: str, sort: str) -> None:
        version = next(self._versions)
        row = (partition, sort)
        values = (version, _ITEM, *row, _FENCE, _WRITER, version, *row)
        await self._driver.execute("put", values)

    async def update(self, number: int) -> None:
        row = (f"k{number % KEYS}", "s")
        ((_, before),) = await self._driver.execute("get", row)
        version = next(self._versions)
        values = (version, _ITEM, *row, before, _FENCE, _WRITER, version, *row)
        await self._driver.execute("change", values)

    async def query(self, number: int) -> None:
        await self._driver.execute("query", (f"q{number % 200}",))


async def measured(order: Order, work: Callable[[int], Awaitable[None]]) -> Measurement:
    numbers = count()
    latencies = array("d")
    end = perf_counter() + order.warm_up

    async def worker() -> None:
        while (started := perf_counter()) < end:
            await work(next(numbers))
            latencies.append(perf_counter() - started)

    async def round_() -> None:
        await asyncio.gather(*(worker() for _ in range(order.connections)))

    await round_()
    latencies = array("d")
    own, storage = family([os.getpid()]), family(order.storage)
    forget_peak(own)
    cpu, storage_cpu, begin = cpu_seconds(own), cpu_seconds(storage), perf_counter()
    end = begin + order.seconds
    await round_()
    operations = len(latencies)
    ordered = sorted(latencies)
    return Measurement(
        operations=operations,
        seconds=perf_counter() - begin,
        failed=0,
        sent=next(numbers),
        cpu=(cpu_seconds(own) - cpu) / operations * 1e6,
        storage_cpu=(cpu_seconds(storage) - storage_cpu) / operations * 1e6,
        peak_bytes=peak_bytes(own),
        p50=percentile(ordered, 0.5) * 1e3,
        p99=percentile(ordered, 0.99) * 1e3,
        p999=percentile(ordered, 0.999) * 1e3,
    )


async def main(kind: str, contact: str) -> None:
    host, _, port = contact.rpartition(":")
    connect = {"python": python_driver, "own": own_driver, "cpp": cpp_driver}[kind]
    work = Work(await connect(host, int(port)))
    filled = False
    loop = asyncio.get_running_loop()
    # In a thread: the driver's heartbeats go on while this waits for an order.
    while line := await loop.run_in_executor(None, sys.stdin.buffer.readline):
        told = orjson.loads(line)
        order = Order(**{**told, "storage": tuple(told["storage"])})
        name = catalogue.find(order.workload).driver
        if not filled:
            await work.fill()
            filled = True
        answer = asdict(await measured(order, getattr(work, name)))
        sys.stdout.buffer.write(orjson.dumps(answer) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
