"""Real nodes as two datacentres: replicas as asked for, and only the near nodes are asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack

import pytest

from app.clock import SystemClock
from app.errors import StoreUnavailable
from app.metrics import Metrics
from app.model.rows import Key
from app.model.table import KeyAttribute, Table
from app.store.base import ABSENT, Batch, Committed, Write
from app.store.cassandra import CassandraStore
from app.store.cassandra.python_driver import PythonDriver
from app.store.cassandra.session import Consistency, Statement
from app.store.cassandra.url import parse
from tests.conftest import LONG
from tools.cassandra import Cluster, Node
from tools.loopback import own_address

pytestmark = pytest.mark.timeout(300)
NEAR = 2 if LONG else 1
WRITES = 200 if LONG else 60


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    address, (port, storage_port) = own_address(2)
    with Cluster(
        tmp_path_factory.mktemp("two"),
        datacenters=(*["near"] * NEAR, "far"),
        address=address,
        port=port,
        storage_port=storage_port,
    ) as cluster:
        yield cluster
        for node in cluster.nodes:
            node.kill()


def url_of(cluster: Cluster, local_dc: str) -> str:
    return (
        f"cassandra://{','.join(cluster.contact_points)}/?local_dc={local_dc}"
        f"&replication=near:{NEAR},far:1"
    )


@pytest.fixture(scope="module")
async def make_near(
    cluster: Cluster,
) -> AsyncIterator[Callable[[str], Awaitable[CassandraStore]]]:
    async with AsyncExitStack() as stack:

        async def make(driver: str) -> CassandraStore:
            url = f"{url_of(cluster, 'near')}&driver={driver}"
            store = CassandraStore(url, clock=SystemClock(), metrics=Metrics())
            stack.push_async_callback(store.close)
            await store.open()
            return store

        yield make


@pytest.fixture(scope="module")
async def near(make_near: Callable[[str], Awaitable[CassandraStore]]) -> CassandraStore:
    return await make_near("python")


async def requests_to(node: Node) -> int:
    """That its clients have sent it, but for the one that asks."""
    driver = PythonDriver(parse(f"cassandra://{node.contact_point}/"), None)
    await driver.open(10.0)
    counted = "SELECT port, request_count FROM system_views.clients"
    rows = (await driver.execute(Statement(counted, Consistency.LOCAL_ONE), (), 5.0)).rows
    await driver.close()
    return sum(count for _, count in rows)


# Statements are counted by the nodes.
@pytest.mark.parametrize("driver", ["python", pytest.param("cpp", marks=pytest.mark.long)])
async def test_only_nodes_of_the_local_datacentre_are_asked(
    cluster: Cluster, make_near: Callable[[str], Awaitable[CassandraStore]], driver: str
) -> None:
    if driver == "cpp":
        pytest.importorskip("acsylla", reason="the extra cpp is not installed")
    near = await make_near(driver)
    id = {"python": "b", "cpp": "c"}[driver] * 32
    table = Table(id, f"near-{driver}", KeyAttribute("p", "S"), None, time.time())
    assert await near.create_table(table)
    async with asyncio.timeout(30):
        while True:
            found = await near.table(table.name)
            if found is not None and found.status == "ACTIVE":
                break
            await asyncio.sleep(0.05)
    before = [await requests_to(node) for node in cluster.nodes]
    for number in range(WRITES):
        key = Key(str(number), None)
        write = Write(found, key, ABSENT, {"p": {"S": key.partition}})
        assert await near.commit(Batch((write,))) == Committed()
        assert await near.get(found, key, consistent=True) is not None
    sent = [
        await requests_to(node) - count for node, count in zip(cluster.nodes, before, strict=True)
    ]
    # Each key goes to its first replica, of which both have some.
    *near_ones, far_one = sent
    assert sum(near_ones) >= 2 * WRITES
    assert min(near_ones) > WRITES / 4
    # What the driver asks a node that is there: it listens to one of all.
    assert far_one < WRITES / 4

    # The rows are in the other datacentre all the same.
    far = PythonDriver(parse(url_of(cluster, "far")), None)
    await far.open(10.0)
    select = Statement(f"SELECT pk FROM dynaspan.t_{table.id}", Consistency.LOCAL_ONE)
    async with asyncio.timeout(20):
        while True:
            if len((await far.execute(select, (), 5.0)).rows) == WRITES:
                break
            await asyncio.sleep(0.05)
    await far.close()


# B10: its rounds would know nothing of those here.
async def test_nobody_writes_in_the_other_datacentre(
    cluster: Cluster, near: CassandraStore
) -> None:
    far = CassandraStore(url_of(cluster, "far"), clock=SystemClock(), metrics=Metrics())
    with pytest.raises(StoreUnavailable, match="written in datacentre near"):
        await far.open()
    await far.close()


async def test_replicas_for_each_datacentre(near: CassandraStore) -> None:
    select = "SELECT keyspace_name, replication FROM system_schema.keyspaces"
    rows = (await near._session.execute(Statement(select, Consistency.LOCAL_ONE), (), 5.0)).rows
    made = {name: dict(replication) for name, replication in rows}
    for keyspace in ("dynaspan", "dynaspan_catalog"):
        assert made[keyspace] == {
            "class": "org.apache.cassandra.locator.NetworkTopologyStrategy",
            "near": str(NEAR),
            "far": "1",
        }
    # Of two copies both are a quorum, so that neither may fail: the doctor knows.
    if NEAR == 2:
        assert "keeps 2 of each row in datacentre near" in str(await near.examine())


@pytest.mark.long
async def test_a_local_datacentre_that_is_away(cluster: Cluster, near: CassandraStore) -> None:
    cluster.nodes[-1].kill()
    begin = time.monotonic()
    assert await near.table("near-python") is not None
    far = CassandraStore(
        f"cassandra://{cluster.nodes[0].contact_point}/?local_dc=far",
        clock=SystemClock(),
        metrics=Metrics(),
        deadline=2.0,
    )
    with pytest.raises(StoreUnavailable):
        await far.open()
    await far.close()
    assert time.monotonic() - begin < 10
