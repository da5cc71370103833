"""Three real nodes, three replicas: one dies under load, then two, and what clients see of it."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.conftest import LONG
from tests.faults.histories import Client as HistoryClient
from tests.faults.histories import History
from tests.faults.support import Writer, clean_within, make_indexed
from tools.cassandra import Cluster
from tools.loopback import own_address
from tools.server import Server

WRITERS = 4
# Of each writer: all together under 50 requests a second.
PAUSE_SECONDS = 0.1
DEADLINE_SECONDS = 5.0
# Three nodes, two of which start, share two cores with the server and this process.
SLACK_SECONDS = 3.0
TABLE = "three"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    address, (port, storage_port) = own_address(2)
    home = tmp_path_factory.mktemp("three")
    datacenters = ("datacenter1",) * 3
    with Cluster(
        home, datacenters=datacenters, address=address, port=port, storage_port=storage_port
    ) as cluster:
        yield cluster
        # Nobody needs their data any more.
        for node in cluster.nodes:
            node.kill()


@pytest.fixture(scope="module")
def url(cluster: Cluster) -> str:
    return f"cassandra://{','.join(cluster.contact_points)}/?replication=3"


@pytest.fixture(scope="module")
def server(url: str, start_server: Callable[..., Server]) -> Iterator[Server]:
    server = start_server("--store", url)
    make_indexed(client_of(server), TABLE)
    yield server
    # Before its nodes: it says goodbye to them.
    server.stop()


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    def tell(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{text}\n")

    return tell


def client_of(server: Server, attempts: int = 4) -> Any:
    """botocore's retries: up to four tries, spent within a quarter of a second."""
    return boto3.client(
        "dynamodb",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"mode": "standard", "total_max_attempts": attempts}),
    )


def create_plain(client: Any, name: str) -> None:
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.get_waiter("table_exists").wait(
        TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )


class Load:
    """Writers, and one that reads, at a pace."""

    def __init__(self, server: Server, first: int) -> None:
        self._reader = client_of(server)
        self.writers = [
            Writer(client_of(server), TABLE, first + number, pause=PAUSE_SECONDS)
            for number in range(WRITERS)
        ]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self.failures: list[str] = []
        self.longest_read = 0.0

    def _read(self) -> None:
        turn = 0
        while not self._stop.wait(PAUSE_SECONDS):
            turn += 1
            begin = time.monotonic()
            key = {"pk": {"S": f"w{turn % WRITERS}"}, "sk": {"S": str(turn % 8)}}
            try:
                self._reader.get_item(TableName=TABLE, Key=key, ConsistentRead=turn % 2 == 0)
            except ClientError as fault:
                self.failures.append(str(fault))
            self.longest_read = max(self.longest_read, time.monotonic() - begin)

    def __enter__(self) -> Load:
        self._thread.start()
        for writer in self.writers:
            writer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        for writer in self.writers:
            writer.stop()
            self.failures += writer.failures

    @property
    def acked(self) -> int:
        return sum(writer.acked for writer in self.writers)

    @property
    def longest(self) -> float:
        return max(self.longest_read, *(writer.longest for writer in self.writers))


async def until_up(cluster: Cluster, *numbers: int) -> None:
    for number in numbers:
        cluster.nodes[number].start()
    for number in numbers:
        await asyncio.to_thread(cluster.nodes[number].wait_ready)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("number", range(3) if LONG else [1])
async def test_no_request_fails_when_a_node_dies_and_comes_back(
    cluster: Cluster, url: str, server: Server, number: int, tell: Callable[[str], None]
) -> None:
    with Load(server, 10 * number) as load:
        await asyncio.sleep(1)
        cluster.nodes[number].kill()
        await asyncio.sleep(20 if LONG else 3)
        await until_up(cluster, number)
        await asyncio.sleep(5 if LONG else 1)
    tell(
        f"node {number + 1} of 3 killed and restarted: {load.acked} writes acknowledged, "
        f"longest pause {load.longest:.2f} s"
    )
    assert load.failures == []
    assert load.acked > 50
    client = client_of(server)
    for writer in load.writers:
        writer.check(client)
    await clean_within(url, TABLE, 15.0)


# Two servers, one of which is killed as well, and transactions among the requests.
@pytest.mark.long
@pytest.mark.timeout(240)
async def test_histories_are_linearizable_while_a_node_dies(
    cluster: Cluster, url: str, server: Server, start_server: Callable[..., Server]
) -> None:
    other = await asyncio.to_thread(start_server, "--store", url)
    clients = [client_of(server, attempts=1), client_of(other, attempts=1)]
    create_plain(clients[0], "histories")
    history = History("histories")
    at_work = [HistoryClient(number, clients, history) for number in range(4)]
    try:
        await asyncio.sleep(5)
        cluster.nodes[2].kill()
        await asyncio.sleep(10)
        clients.pop()
        other.kill()
        await until_up(cluster, 2)
        await asyncio.sleep(5)
    finally:
        for each in at_work:
            await asyncio.to_thread(each.stop)
    assert len(history.check()) > 500


@pytest.mark.timeout(240)
async def test_without_a_quorum_requests_are_refused_in_time_and_served_after(
    cluster: Cluster, url: str, server: Server, tell: Callable[[str], None]
) -> None:
    client = client_of(server, attempts=1)
    writer = Writer(client, TABLE, 100, pause=PAUSE_SECONDS)
    writer.start()
    await asyncio.sleep(1)
    for number in (1, 2):
        cluster.nodes[number].kill()
    await asyncio.sleep(20 if LONG else 6)
    assert writer.failures
    key = {"pk": {"S": "w1"}, "sk": {"S": "1"}}
    begin = time.monotonic()
    with pytest.raises(ClientError) as refused:
        client.get_item(TableName=TABLE, Key=key, ConsistentRead=True)
    assert time.monotonic() - begin < DEADLINE_SECONDS + SLACK_SECONDS
    assert refused.value.response["Error"]["Code"] == "ThrottlingException"
    await until_up(cluster, 1, 2)
    back = time.monotonic()
    acked = writer.acked
    async with asyncio.timeout(60):
        while True:
            if writer.acked > acked:
                break
            await asyncio.sleep(0.02)
    took = time.monotonic() - back
    tell(f"two of 3 nodes killed: served again {took:.1f} s after they were back")
    writer.stop()
    # Refused or undecided, but each within the deadline.
    assert writer.longest < DEADLINE_SECONDS + SLACK_SECONDS
    assert set(writer.failures) <= {"ThrottlingException", "InternalServerError"}
    writer.check(client_of(server))
    await clean_within(url, TABLE, 20.0)


def test_the_log_says_what_was_wrong_and_no_more(server: Server) -> None:
    assert "Traceback" not in server.log()
