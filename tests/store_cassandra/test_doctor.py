"""What is said of a cluster that is not as it should be. A guarded node is in tests/databases."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence

import pytest

from app.clock import SystemClock
from app.metrics import Metrics
from app.store.base import Finding
from app.store.cassandra import CassandraStore
from app.store.cassandra.doctor import Doctor
from app.store.cassandra.session import NotSent, Result, Session, Statement, Value
from app.store.cassandra.symptoms import number, of_datacenter, of_node
from app.store.cassandra.url import parse
from tests.store_cassandra.support import FaultySession, created, drop_keyspaces, new_table


@pytest.fixture
async def own_url(cassandra_contact: str) -> AsyncIterator[str]:
    url = f"cassandra://{cassandra_contact}/?keyspace=test_{uuid.uuid4().hex[:12]}"
    yield url
    await drop_keyspaces(url)


@pytest.fixture
async def session(own_url: str) -> AsyncIterator[FaultySession]:
    session = FaultySession(own_url)
    await session.open(5.0)
    yield session
    await session.close()


async def examine(
    session: Session, url: str, *, offset: float = 0.0, deadline: float = 5.0
) -> list[Finding]:
    """What is wrong, but for the commit log of the node that all tests share."""
    doctor = Doctor(session, parse(url), SystemClock(offset=offset), deadline)
    found = await doctor.examine()
    assert all(each.sentence for each in found)
    return [each for each in found if each.remedy and each.check != "commit log"]


def answering(columns: Sequence[str], *rows: Sequence[object]) -> object:
    async def answer(
        driver: Session, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Result:
        return Result(columns, rows)

    return answer


async def test_all_is_well_before_and_after_a_store_was_opened(
    session: FaultySession, own_url: str
) -> None:
    assert await examine(session, own_url) == []
    store = CassandraStore(own_url, clock=SystemClock(), metrics=Metrics())
    await store.open()
    await created(store, new_table())
    assert await examine(session, own_url) == []
    assert [each.check for each in await store.examine() if each.remedy] == ["commit log"]
    await store.close()


async def test_options_of_tables_that_lose_data(session: FaultySession, own_url: str) -> None:
    store = CassandraStore(own_url, clock=SystemClock(), metrics=Metrics())
    await store.open()
    table = await created(store, new_table())
    await store.close()
    name = f"{parse(own_url).keyspace}.t_{table.id}"
    options = ("read_repair = 'NONE'", "gc_grace_seconds = 0", "default_time_to_live = 60")
    for option in options:
        await session.execute_ddl(f"ALTER TABLE {name} WITH {option}", 5.0)
    found = await examine(session, own_url)
    assert [(each.check, each.sentence.split(":")[0]) for each in found] == [
        ("tables", f"table {name} has read_repair NONE"),
        ("tables", f"table {name} has gc_grace_seconds 0"),
        ("tables", f"table {name} forgets its rows after 60 s"),
    ]
    # The remedies are statements, and they help.
    for each in found:
        assert each.remedy is not None
        await session.execute_ddl(each.remedy, 5.0)
    assert await examine(session, own_url) == []


@pytest.mark.parametrize("factor", [2, 3])
async def test_more_replicas_than_nodes(session: FaultySession, own_url: str, factor: int) -> None:
    keyspace = parse(own_url).keyspace
    replication = f"{{'class': 'NetworkTopologyStrategy', 'datacenter1': {factor}}}"
    await session.execute_ddl(f"CREATE KEYSPACE {keyspace} WITH replication = {replication}", 5.0)
    (found,) = await examine(session, own_url)
    assert found.sentence == (
        f"keyspace {keyspace} is to keep {factor} of each row in datacentre datacenter1, "
        "which has 1 nodes"
    )


async def test_fewer_replicas_than_a_cluster_could_keep(
    session: FaultySession, own_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def datacenters() -> dict[str, int]:
        return {"datacenter1": 3}

    store = CassandraStore(own_url, clock=SystemClock(), metrics=Metrics())
    await store.open()
    await store.close()
    monkeypatch.setattr(session, "datacenters", datacenters)
    found = await examine(session, own_url)
    assert len(found) == 2
    assert "keeps 1 of each row in datacentre datacenter1, which has 3 nodes" in found[0].sentence
    assert str(found[0].remedy).endswith("to 3, then nodetool repair")


@pytest.mark.parametrize(
    ("replicas", "nodes", "local", "wrong"),
    [
        (3, 3, True, False),
        (1, 1, True, False),
        (1, 2, True, False),
        (0, 3, False, False),
        (0, 3, True, True),
        (2, 3, True, True),
        (1, 3, False, True),
    ],
)
def test_replicas_and_nodes(replicas: int, nodes: int, local: bool, wrong: bool) -> None:
    found = of_datacenter("k", "dc", replicas=replicas, nodes=nodes, local=local)
    assert (found is not None) is wrong


async def test_clocks_that_differ(session: FaultySession, own_url: str) -> None:
    for offset in (3.0, -3.0):
        (found,) = await examine(session, own_url, offset=offset)
        assert "differ by 3.0 s" in found.sentence
        assert found.check == "clock"


# A deadline so short that a node may be at a write for longer than it is waited for.
async def test_a_deadline_that_a_node_may_overrun(session: FaultySession, own_url: str) -> None:
    found = await examine(session, own_url, deadline=1.0)
    assert [each.sentence.split(" has ")[1].split(" ")[0] for each in found] == [
        "cas_contention_timeout",
        "write_request_timeout",
    ]
    assert found[0].remedy == "lower it, or serve with --deadline 4.5"
    assert await examine(session, own_url, deadline=4.5) == []


async def test_nodes_that_disagree_on_the_schema(session: FaultySession, own_url: str) -> None:
    session.on_next("system.peers_v2", answering(("schema_version",), (uuid.uuid4(),)))  # type: ignore[arg-type]
    (found,) = await examine(session, own_url)
    assert found.sentence == "the nodes have 2 different schemas"


async def test_another_partitioner(session: FaultySession, own_url: str) -> None:
    session.on_next("partitioner", answering(("p",), ("RandomPartitioner",)))  # type: ignore[arg-type]
    (found,) = await examine(session, own_url)
    assert found.check == "partitioner"


# The other checks are made all the same.
async def test_a_question_without_an_answer(session: FaultySession, own_url: str) -> None:
    async def refused(
        driver: Session, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Result:
        raise NotSent("Unauthorized")

    session.on_next("system_schema.tables", refused)
    (found,) = await examine(session, own_url, offset=0.0)
    assert (found.check, found.sentence) == ("tables", "this could not be asked: Unauthorized")


def test_settings_of_a_node() -> None:
    right = {
        "paxos_variant": "v2",
        "commitlog_sync": "periodic",
        "max_mutation_size": "16384KiB",
        "native_transport_max_frame_size": "16MiB",
        "cas_contention_timeout": "1800ms",
        "write_request_timeout": "2s",
        "tombstone_failure_threshold": "1000000",
    }
    assert list(of_node("n", right, replicas=3, deadline=5.0)) == []
    assert len(list(of_node("n", right, replicas=1, deadline=5.0))) == 1
    few = right | {"tombstone_failure_threshold": "100000"}
    assert [each.check for each in of_node("n", few, replicas=3, deadline=5.0)] == ["tombstones"]
    group = right | {"commitlog_sync": "group"}
    assert list(of_node("n", group, replicas=1, deadline=5.0)) == []


def test_numbers_of_settings() -> None:
    assert [number(text) for text in ("1800ms", "2s", "16MiB", "5", None)] == [
        *(1.8, 2.0, 16 * 2**20),
        *(None, None),
    ]
