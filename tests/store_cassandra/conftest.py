"""One keyspace on a real node for the run, and stores over it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from app.clock import SystemClock
from app.metrics import Metrics
from app.model.table import Table
from app.store.cassandra import CassandraStore
from tests.store_cassandra.support import (
    FaultySession,
    MakeStore,
    created,
    drop_keyspaces,
    new_table,
)

pytest.register_assert_rewrite("app.testing.contract")


@pytest.fixture(scope="session")
def url(cassandra_contact: str, driver_name: str) -> str:
    """Its keyspace goes with the node."""
    keyspace = f"test_{uuid.uuid4().hex[:12]}"
    return f"cassandra://{cassandra_contact}/?keyspace={keyspace}&driver={driver_name}"


@pytest.fixture
async def make_store(url: str) -> AsyncIterator[MakeStore]:
    """`await make_store(options="&copy_seconds=1", session=…)` -> an open store of this test."""
    async with AsyncExitStack() as stack:

        async def make(options: str = "", **arguments: object) -> CassandraStore:
            settings = {"clock": SystemClock(), "metrics": Metrics(), **arguments}
            store = CassandraStore(url + options, **settings)  # type: ignore[arg-type]
            stack.push_async_callback(store.close)
            await store.open()
            return store

        yield make


@pytest.fixture(scope="module")
async def own_url(cassandra_contact: str) -> AsyncIterator[str]:
    """A keyspace in which nobody sweeps and relays but the stores of the module."""
    url = f"cassandra://{cassandra_contact}/?keyspace=test_{uuid.uuid4().hex[:12]}"
    yield url
    await drop_keyspaces(url)


@pytest.fixture
def own_session(own_url: str) -> FaultySession:
    return FaultySession(own_url)


@pytest.fixture
async def make(own_url: str) -> AsyncIterator[MakeStore]:
    """`await make(faults=…)` -> an open store over `own_url` that soon takes over from the dead."""
    async with AsyncExitStack() as stack:

        async def make(**arguments: object) -> CassandraStore:
            settings = {"clock": SystemClock(), "metrics": Metrics(), "patience": 0.4, **arguments}
            store = CassandraStore(own_url, **settings)  # type: ignore[arg-type]
            stack.push_async_callback(store.close)
            await store.open()
            return store

        yield make


@pytest.fixture(scope="session")
async def store(url: str) -> AsyncIterator[CassandraStore]:
    """One store that many tests share: use a table or keys of your own."""
    store = CassandraStore(url, clock=SystemClock(), metrics=Metrics())
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def session(url: str) -> FaultySession:
    return FaultySession(url)


@pytest.fixture
async def faulty_store(make_store: MakeStore, session: FaultySession) -> CassandraStore:
    """Its statements go through `session`."""
    return await make_store(session=session, deadline=2.0)


@pytest.fixture(scope="session")
async def sorted_table(store: CassandraStore) -> Table:
    return await created(store, new_table("S", "S"))


@pytest.fixture(scope="session")
async def hash_table(store: CassandraStore) -> Table:
    return await created(store, new_table("S", None))
