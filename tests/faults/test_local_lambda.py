"""The function under the real runtime interface client, over every store; also after a freeze."""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tools.local_lambda import FRONTS, LocalLambda
from tools.loopback import own_address

KEY = {"id": {"S": "a"}}
TABLE = {
    "TableName": "things",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def make_client(url: str) -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="AK",
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=60),
    )


Start = Callable[..., LocalLambda]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """`start(front, store URL)` -> a function that asks for signatures."""
    running: list[LocalLambda] = []

    def begin(front: str, url: str) -> LocalLambda:
        environment = {"DYNASPAN_STORE": url, "DYNASPAN_ACCESS_KEYS": "AK:secret"}
        log_path = tmp_path / f"lambda-{len(running)}.log"
        running.append(LocalLambda(front, log_path=log_path, environment=environment))
        return running[-1]

    yield begin
    for local in running:
        local.stop()


# boto3 checks x-amz-crc32 by itself, and the function the signatures.
@pytest.mark.parametrize("front", sorted(FRONTS))
def test_boto3_through_each_front_door(
    front: str, start: Start, new_store_url: Callable[[], str]
) -> None:
    local = start(front, new_store_url())
    client = make_client(local.url)
    client.create_table(**TABLE)
    client.get_waiter("table_exists").wait(TableName="things", WaiterConfig={"Delay": 1})
    item = KEY | {"text": {"S": "Grüße, 世界" * 2000}, "data": {"B": bytes(range(256))}}
    client.put_item(TableName="things", Item=item)
    assert client.get_item(TableName="things", Key=KEY)["Item"] == item
    assert client.scan(TableName="things")["Items"] == [item]
    with pytest.raises(client.exceptions.ConditionalCheckFailedException):
        client.delete_item(
            TableName="things", Key=KEY, ConditionExpression="attribute_not_exists(id)"
        )
    client.close()
    stranger = make_client(local.url)
    stranger._request_signer._credentials.secret_key = "wrong"
    with pytest.raises(stranger.exceptions.ClientError, match="InvalidSignatureException"):
        stranger.list_tables()
    stranger.close()


class Relay:
    """TCP between the function and Cassandra, which can forget all connections."""

    def __init__(self, to: tuple[str, int]) -> None:
        address, (port,) = own_address()
        self.where = f"{address}:{port}"
        self._to = to
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._listener = socket.create_server((address, port))
        threading.Thread(target=self._accept, daemon=True).start()

    def forget(self) -> None:
        """As a NAT gateway does: neither side is told."""
        for near, far in self._pairs:
            far.close()
            if near.fileno() < 0:
                continue
            near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            near.close()
        self._pairs.clear()

    def close(self) -> None:
        self.forget()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            pair = (near, socket.create_connection(self._to))
            self._pairs.append(pair)
            threading.Thread(target=self._pump, args=pair, daemon=True).start()

    @staticmethod
    def _pump(near: socket.socket, far: socket.socket) -> None:
        other = {near: far, far: near}
        try:
            while True:
                ready, _, _ = select.select([near, far], [], [])
                for side in ready:
                    data = side.recv(65536)
                    if not data:
                        raise OSError
                    other[side].sendall(data)
        except (OSError, ValueError):
            near.close()
            far.close()


# Whatever happened meanwhile: connections are gone, and somebody else has written.
def test_a_function_that_was_frozen_answers_at_once(
    start: Start, new_store_url: Callable[[], str], request: pytest.FixtureRequest
) -> None:
    relay = None
    there = here = new_store_url()
    if request.config.getoption("--store") == "cassandra":
        host, port = there.split("//")[1].split("/")[0].rsplit(":", 1)
        relay = Relay((host, int(port)))
        here = there.replace(f"{host}:{port}", relay.where)
    local, other = start("alb", here), start("alb", there)
    client, writer = make_client(local.url), make_client(other.url)
    client.create_table(**TABLE)
    client.get_waiter("table_exists").wait(TableName="things", WaiterConfig={"Delay": 1})
    client.put_item(TableName="things", Item=KEY)
    for pause in (0.0, 5.0):
        os.kill(local.process.pid, signal.SIGSTOP)
        if relay is not None:
            relay.forget()
        item = KEY | {"pause": {"N": str(int(pause))}}
        writer.put_item(TableName="things", Item=item)
        time.sleep(pause)
        os.kill(local.process.pid, signal.SIGCONT)
        begun = time.monotonic()
        found = client.get_item(TableName="things", Key=KEY, ConsistentRead=True)
        assert found["Item"] == item
        client.put_item(TableName="things", Item=KEY)
        assert time.monotonic() - begun < 5.0
    client.close()
    writer.close()
    if relay is not None:
        relay.close()
