"""The Cassandra that `make cassandra` and the tests start."""

from __future__ import annotations

import multiprocessing
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.policies import WhiteListRoundRobinPolicy

from tests.conftest import LONG
from tools.cassandra import Cluster as Nodes
from tools.cassandra import Node, Unavailable, shared_node
from tools.loopback import own_address
from tools.process import Process
from tools.runtime import java


def eventually(fact: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while not fact() and time.monotonic() < deadline:
        time.sleep(0.05)
    return fact()


def cql(address: str, port: int, *statements: str) -> list[tuple[object, ...]]:
    """The rows of the last statement."""
    profile = ExecutionProfile(load_balancing_policy=WhiteListRoundRobinPolicy([address]))
    cluster = Cluster(
        [address],
        port=port,
        protocol_version=5,
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
    )
    try:
        session = cluster.connect()
        for statement in statements:
            rows = session.execute(statement, timeout=30)
        return [tuple(row) for row in rows]
    finally:
        cluster.shutdown()


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    address, (port, storage_port) = own_address(2)
    node = Node(tmp_path / "node", address=address, port=port, storage_port=storage_port)
    yield node
    node.stop()


def test_java_is_of_the_version_that_cassandra_needs() -> None:
    answer = subprocess.run([java(), "-version"], capture_output=True, text=True, check=True)
    assert 'version "17.' in answer.stderr


# What the store relies on: conditional writes with paxos v2, and data that outlives the process.
def test_a_node_answers_cql_and_keeps_its_data_over_a_stop(node: Node) -> None:
    node.start()
    node.wait_ready()
    assert cql(
        node.address,
        node.port,
        "CREATE KEYSPACE k WITH replication = {'class':'SimpleStrategy','replication_factor':1}",
        "CREATE TABLE k.t (a int PRIMARY KEY)",
        "INSERT INTO k.t (a) VALUES (1) IF NOT EXISTS",
    ) == [(True,)]
    assert "paxos_variant=v2" in node.log_path.read_text()
    node.stop()
    assert not node.alive()
    assert not node.answers()

    node.start()
    node.wait_ready()
    assert cql(node.address, node.port, "SELECT a FROM k.t") == [(1,)]


def test_a_port_that_is_taken_is_told_in_one_sentence(node: Node) -> None:
    with socket.socket() as taken:
        taken.bind((node.address, node.port))
        taken.listen()
        with pytest.raises(Unavailable, match=f"{node.contact_point} cannot be listened on"):
            node.start()


def use(folder: Path, said: multiprocessing.SimpleQueue[str], go: multiprocessing.Event) -> None:
    with shared_node(folder) as contact:
        said.put(contact)
        go.wait(60)
        host, port = contact.split(":")
        with socket.create_connection((host, int(port)), timeout=5):
            said.put("reached")


# The workers of pytest-xdist do this. The one that started the node is the first that is done.
def test_processes_share_one_node_until_the_last_is_done(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    said, others_go = context.SimpleQueue(), context.Event()
    other = context.Process(target=use, args=(tmp_path, said, others_go))
    with shared_node(tmp_path) as contact:
        other.start()
        assert said.get() == contact
        others_go.set()
    other.join(30)
    assert said.get() == "reached"
    assert list(tmp_path.glob("node*")) == []


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Process]:
    """`python -m tools.cassandra`, ready."""
    address, (port, storage_port) = own_address(2)
    arguments = ["--address", address, "--port", str(port), "--storage-port", str(storage_port)]
    command = [sys.executable, "-m", "tools.cassandra", "--home", tmp_path / "home", *arguments]
    process = Process(command, log_path=tmp_path / "launcher.log")
    process.wait_until(lambda: f"ready: {address}:{port} (" in process.log(), 120)
    yield process
    process.kill()


@pytest.mark.parametrize(
    "sent", [signal.SIGTERM, signal.SIGKILL, *([signal.SIGINT] if LONG else [])]
)
def test_nothing_outlives_the_launcher(launcher: Process, sent: signal.Signals) -> None:
    (child,) = psutil.Process(launcher.pid).children()
    psutil.Process(launcher.pid).send_signal(sent)
    status = launcher.wait(30)
    assert status == (-sent if sent == signal.SIGKILL else 0)
    assert eventually(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


@pytest.mark.long
def test_three_nodes_keep_a_quorum_when_one_is_killed(tmp_path: Path) -> None:
    address, (port, storage_port) = own_address(2)
    datacenters = ("dc1", "dc1", "dc2")
    with Nodes(
        tmp_path, datacenters=datacenters, address=address, port=port, storage_port=storage_port
    ) as cluster:
        one, two, three = cluster.nodes
        assert cql(one.address, port, "SELECT data_center FROM system.local") == [("dc1",)]
        peers = "SELECT data_center FROM system.peers_v2"
        # The last node's own news may come a moment after it answers.
        both = [("dc1",), ("dc2",)]
        assert eventually(lambda: sorted(cql(one.address, port, peers)) == both)
        cql(
            one.address,
            port,
            "CREATE KEYSPACE k WITH replication = "
            "{'class':'NetworkTopologyStrategy','dc1':2,'dc2':1}",
            "CREATE TABLE k.t (a int PRIMARY KEY)",
            "INSERT INTO k.t (a) VALUES (1) IF NOT EXISTS",
        )
        two.kill()
        insert = "INSERT INTO k.t (a) VALUES (2) IF NOT EXISTS"
        assert cql(three.address, port, insert) == [(True,)]


# Half a cluster answers every quorum read with an error, which looks like a fault of the store.
def test_fewer_nodes_than_before_are_refused(tmp_path: Path) -> None:
    (tmp_path / "node2" / "data").mkdir(parents=True)
    with pytest.raises(Unavailable, match="holds a cluster of more than 1 node"):
        Nodes(tmp_path).start()
