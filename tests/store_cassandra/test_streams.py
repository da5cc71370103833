"""Logs of streams: buckets, what is trimmed, and what is being written: STREAMS.md."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from app.clock import SystemClock
from app.metrics import Metrics
from app.model.stream import StreamOfTable
from app.model.table import Table
from app.store.base import Committed, StreamPage, Trimmed
from app.store.cassandra import CassandraStore, stream_log, stream_reads, stream_statements
from app.store.cassandra.outbox import stream_key
from app.store.cassandra.session import Consistency, Statement
from tests.store_cassandra.faults import no_node
from tests.store_cassandra.indexing import item
from tests.store_cassandra.streaming import (
    becomes_complete,
    records,
    relays,
    replayed,
    streamed,
    write,
)
from tests.store_cassandra.support import FaultySession, MakeStore, created, new_key, until


@pytest.fixture
async def make(own_url: str) -> AsyncIterator[MakeStore]:
    async with AsyncExitStack() as stack:

        async def make(**arguments: object) -> CassandraStore:
            settings = {"clock": SystemClock(), "metrics": Metrics(), **arguments}
            store = CassandraStore(own_url, **settings)  # type: ignore[arg-type]
            stack.push_async_callback(store.close)
            await store.open()
            await relays(store)
            return store

        yield make


def in_one_shard() -> Table:
    table = streamed()
    assert table.stream is not None
    return replace(table, stream=replace(table.stream, shards=1))


async def stream_of(store: CassandraStore, table: Table) -> StreamOfTable:
    assert table.stream is not None
    stream = await store.stream(table.name, table.stream.label)
    assert stream is not None
    return stream


async def read(
    store: CassandraStore, stream: StreamOfTable, start: int | None, limit: int = 100
) -> list[int]:
    page = await store.read_stream(stream, 0, start=start, limit=limit)
    assert isinstance(page, StreamPage)
    return [logged.sequence for logged in page.records]


async def filled(store: CassandraStore, table: Table, count: int) -> StreamOfTable:
    for _ in range(count):
        key = new_key()
        assert await write(store, table, key, item(key)) == Committed()
    stream = await stream_of(store, table)
    await until(lambda: store.shards(stream), lambda shards: shards[0].next > count)
    return stream


# A log is spread over partitions of a bounded size, which no reader notices.
async def test_reading_across_buckets(make: MakeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (stream_statements, stream_reads):
        monkeypatch.setattr(module, "BUCKET_RECORDS", 5)
    store = await make()
    stream = await filled(store, await created(store, in_one_shard()), 23)
    assert await until(lambda: read(store, stream, None), lambda found: len(found) == 23) == list(
        range(1, 24)
    )
    assert await read(store, stream, 4, limit=9) == list(range(4, 13))
    assert await read(store, stream, 6, limit=5) == list(range(6, 11))
    assert await read(store, stream, 24) == []


# It was given a number, and is on its way to the log: what comes behind it must wait.
async def test_a_reader_passes_no_gap(make: MakeStore) -> None:
    store = await make()
    table = await created(store, in_one_shard())
    stream = await filled(store, table, 3)
    place = (stream_key(table.id, stream.stream.label), 0)
    await until(lambda: read(store, stream, 1), lambda found: found == [1, 2, 3])
    statements = stream_statements.LogStatements(f"{store._address.keyspace}_catalog")
    log = f"{store._address.keyspace}_catalog.log"
    remove = stream_statements.Statement(
        f"DELETE FROM {log} WHERE stream = ? AND shard = ? AND bucket = 0 AND seq = ?",
        stream_statements.Consistency.LOCAL_QUORUM,
    )
    await store._patient.execute(remove, (*place, 2))
    head = (await store._patient.execute(statements.head_decided, place)).rows[0]
    owner, sequence, base = head[0], head[1], head[2]
    # As if all three were of the last append.
    values = (sequence, 0, b"[]", *place, owner, sequence)
    assert (await store._patient.execute(statements.assign, values)).rows[0][0]
    assert sequence == 3
    assert base in (0, 1, 2)
    assert await read(store, stream, 1) == [1]
    assert await read(store, stream, 2) == []
    page = await store.read_stream(stream, 0, start=2, limit=9)
    assert page == StreamPage((), 2)


async def test_records_are_trimmed(make: MakeStore) -> None:
    store = await make(keep_seconds=2)
    table = await created(store, in_one_shard())
    stream = await filled(store, table, 1)
    assert await read(store, stream, None) == [1]
    await until(lambda: read(store, stream, None), lambda found: found == [])
    await filled(store, table, 1)
    stream = await filled(store, table, 1)
    await until(lambda: store.shards(stream), lambda shards: shards[0].next == 4)
    assert await store.read_stream(stream, 0, start=1, limit=1) == Trimmed()
    assert set(await read(store, stream, None)) <= {2, 3}


# All that was written of it expires, and nothing of that is taken for a stream to be relayed.
async def test_a_former_stream_is_forgotten(
    make: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_log, "_BUCKET_GRACE_SECONDS", 0)
    store = await make(keep_seconds=2)
    table = await created(store, streamed())
    key = new_key()
    await write(store, table, key, item(key))
    without = replace(table, stream=None, version=table.version + 1)
    assert await store.change_table(without)
    assert table.stream is not None
    label = table.stream.label
    await until(lambda: store.stream(table.name, label), lambda stream: stream is None)
    log = store._streams.relay._log
    places = {(stream_key(table.id, label), number) for number in range(2)}
    assert not places & set(await log.open_places())
    for place in places:
        await until(lambda place=place: log.is_closed(place), bool)  # type: ignore[misc]
        assert not await log.take(place)
    other = await created(store, streamed())
    await write(store, other, key, item(key))
    await becomes_complete(store, other)
    assert len(await records(store, other)) == 1


# Who watches a cluster sees that consumers are behind, and when they no longer are.
async def test_the_lag_is_told(make: MakeStore, own_url: str) -> None:
    session, metrics = FaultySession(own_url), Metrics()
    store = await make(session=session, metrics=metrics, deadline=0.5)
    table = await created(store, streamed())
    for _ in range(1000):
        session.on_next(".log (", no_node)
    key = new_key()
    await write(store, table, key, item(key))

    async def lag() -> float:
        return metrics.value("StreamLag")

    shown = await until(lag, lambda seconds: seconds > 1)
    await until(lag, lambda seconds: seconds > shown)
    session.heal()
    await becomes_complete(store, table)
    await until(lag, lambda seconds: seconds == 0)


# A8: a slice would go through the tombstones of all rows that were relayed, and fail in the end.
async def test_nobody_slices_outbox_rows(make: MakeStore, own_url: str) -> None:
    session = FaultySession(own_url)
    store = await make(session=session)
    table = await created(store, streamed())
    key = new_key()
    for number in range(3):
        await write(store, table, key, item(key, n=str(number)))
    await becomes_complete(store, table)
    await replayed(store, table)
    sent = [cql for cql in session.sent_for(table) if "kind = 100" in cql]
    assert sent
    assert all("pk = ? AND kind = 100 AND ik = ? AND sk = ?" in cql for cql in sent)


# A8: tombstones of marks and records are many, and go after three hours.
async def test_tombstones_of_streams_go_soon(make: MakeStore) -> None:
    store = await make()
    statement = Statement(
        "SELECT table_name, gc_grace_seconds FROM system_schema.tables WHERE keyspace_name = ?",
        Consistency.LOCAL_QUORUM,
    )
    keyspace = f"{store._address.keyspace}_catalog"
    rows = (await store._session.execute(statement, (keyspace,), 5.0)).rows
    seconds = dict(rows)
    assert {seconds[name] for name in ("pending", "log", "dirty")} == {3 * 3600}
