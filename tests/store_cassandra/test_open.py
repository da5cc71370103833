"""What a store says when it is opened and something is wrong: one sentence, within the deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from app.clock import SystemClock
from app.config import ConfigError
from app.errors import StoreUnavailable
from app.metrics import Metrics
from app.model.version import SLOTS
from app.store.cassandra import CassandraStore, schema
from app.store.cassandra.schema import replicas
from app.store.cassandra.session import Result, Session, Statement, Value
from app.store.cassandra.url import parse
from tests.store_cassandra.support import FaultySession, MakeStore


def store_at(url: str, **arguments: object) -> CassandraStore:
    settings = {"clock": SystemClock(), "metrics": Metrics(), **arguments}
    return CassandraStore(url, **settings)  # type: ignore[arg-type]


async def test_nobody_answers() -> None:
    store = store_at("cassandra://127.0.0.1:1", deadline=1.0)
    async with asyncio.timeout(15):
        with pytest.raises(StoreUnavailable, match=r"no Cassandra node answers at 127\.0\.0\.1:1"):
            await store.open()


async def test_a_name_that_does_not_resolve() -> None:
    store = store_at("cassandra://nowhere.invalid", deadline=1.0)
    with pytest.raises(StoreUnavailable, match="can be resolved"):
        await store.open()


async def test_a_datacentre_that_is_not_there(cassandra_contact: str) -> None:
    store = store_at(f"cassandra://{cassandra_contact}/?local_dc=mars", deadline=1.0)
    with pytest.raises(StoreUnavailable, match="mars"):
        await store.open()


# Versions and markers are measured by clocks.
async def test_clocks_that_differ_by_more_than_a_minute(url: str) -> None:
    for offset in (90.0, -90.0):
        store = store_at(url, clock=SystemClock(offset=offset))
        with pytest.raises(StoreUnavailable, match="clock"):
            await store.open()
        await store.close()


@pytest.mark.parametrize("rows", [[("v1",)], [("v1_without_linearizable_reads",)], []])
async def test_paxos_v1_is_refused_unless_it_is_allowed(
    url: str, make_store: MakeStore, session: FaultySession, rows: list[tuple[str]]
) -> None:
    async def old_cluster(
        driver: Session, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Result:
        return Result(("value",), rows)

    session.on_next("paxos_variant", old_cluster)
    store = store_at(url, session=session)
    with pytest.raises(StoreUnavailable, match="allow_paxos_v1=true"):
        await store.open()
    await store.close()
    allowed = FaultySession(url)
    allowed.on_next("paxos_variant", old_cluster)
    await make_store("&allow_paxos_v1=true", session=allowed)


def test_a_password_that_is_not_in_the_environment() -> None:
    with pytest.raises(ConfigError, match="DYNASPAN_NO_SUCH_VARIABLE"):
        store_at("cassandra://user@127.0.0.1/?password_env=DYNASPAN_NO_SUCH_VARIABLE")


# A write may be sent until its deadline; others wait only `write_seconds` for it.
def test_a_deadline_longer_than_others_wait() -> None:
    with pytest.raises(ConfigError, match="write_seconds"):
        store_at("cassandra://127.0.0.1/?write_seconds=4", deadline=5.0)


def test_replicas_by_the_number_of_nodes() -> None:
    datacenters = {"eu": 3, "us": 2}
    assert replicas(None, datacenters) == {"eu": 3, "us": 1}
    assert replicas(2, datacenters) == {"eu": 2, "us": 2}
    assert replicas({"eu": 5}, datacenters) == {"eu": 5}


# Two processes with one slot could give two images of one item the same version.
async def test_processes_have_slots_of_their_own(make_store: MakeStore) -> None:
    stores = [await make_store() for _ in range(3)]
    slots = {store._slot.versions.next("key") % SLOTS for store in stores}
    assert len(slots) == 3


async def test_ping(make_store: MakeStore, session: FaultySession) -> None:
    store = await make_store(session=session, deadline=1.0)
    await store.ping()
    await session.close()
    with pytest.raises(StoreUnavailable):
        await store.ping()


# In a cluster that is starting nodes know of each other one by one, and what is chosen is kept.
async def test_a_third_node_is_waited_for(
    url: str, monkeypatch: pytest.MonkeyPatch, session: FaultySession
) -> None:
    seen = iter([{"dc": 2}, {"dc": 2}, {"dc": 3}])

    async def datacenters() -> dict[str, int]:
        return next(seen)

    monkeypatch.setattr(session, "datacenters", datacenters)
    assert await schema._replication(session, parse(url)) == {"dc": 3}


# A misspelt name is no fault of the server's, and a datacentre may be seen a moment later.
async def test_replicas_in_a_datacentre_that_is_not_there(cassandra_contact: str) -> None:
    store = store_at(f"cassandra://{cassandra_contact}/?keyspace=mars_test&replication=mars:1")
    with pytest.raises(
        StoreUnavailable,
        match="names datacentre mars, and the cluster has datacenter1: correct the store URL",
    ):
        await store.open()
    await store.close()
