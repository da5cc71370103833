"""Both sides of a hybrid: DynamoDB Local, and dynaspan on a Cassandra that tests may stop."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tools.cassandra import Node, Unavailable
from tools.dynamodb_local import DynamoDBLocal
from tools.hybrid import workload
from tools.hybrid.function import Function
from tools.loopback import free_port, own_address
from tools.server import Server

ACCESS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


def client_of(service: str, url: str) -> Any:
    config = Config(retries={"total_max_attempts": 8, "mode": "standard"}, read_timeout=90)
    return boto3.client(service, endpoint_url=url, region_name="us-east-1", config=config, **ACCESS)


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """One that nobody else uses."""
    address, (port, storage_port) = own_address(2)
    found = Node(
        tmp_path_factory.mktemp("node"),
        address=address,
        port=port,
        storage_port=storage_port,
        throwaway=True,
    )
    try:
        found.start()
        found.wait_ready()
    except Unavailable as missing:
        pytest.skip(str(missing))
    yield found
    found.stop()


@dataclass
class Hybrid:
    """`source` and `streams` are clients of DynamoDB Local, `target` one of dynaspan."""

    source: Any
    streams: Any
    target: Any
    arn: str
    store: str
    functions: list[Function]
    kept: Path
    node: Node

    @contextmanager
    def cassandra_stopped(self) -> Iterator[None]:
        pid = self.node.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)


@pytest.fixture
def hybrid(node: Node, start_server: Callable[..., Server], tmp_path: Path) -> Iterator[Hybrid]:
    store = f"cassandra://{node.contact_point}/?keyspace=h{uuid.uuid4().hex[:12]}"
    kept = tmp_path / "kept.jsonl"
    environment = {"DYNASPAN_STORE": store, "DYNASPAN_ON_FAILURE": f"file://{kept}"}
    functions: list[Function] = []
    with DynamoDBLocal(tmp_path, port=free_port()) as local:
        server = start_server("--store", store)
        clients = [
            client_of("dynamodb", local.url),
            client_of("dynamodbstreams", local.url),
            client_of("dynamodb", server.url),
        ]
        source, streams, target = clients
        try:
            arn = workload.create(source, streamed=True)
            workload.create(target, streamed=False)
            for name in ("one", "two"):
                functions.append(Function(tmp_path / f"{name}.log", environment))
            for function in functions:
                function.wait_ready()
            yield Hybrid(source, streams, target, arn, store, functions, kept, node)
        finally:
            for function in functions:
                function.stop()
            for client in clients:
                client.close()
