"""Faults on real processes: servers are killed, and several share one store."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config


@pytest.fixture
def connect() -> Iterator[Callable[..., Any]]:
    """`connect(url, **config)` -> a DynamoDB client without retries unless asked for."""
    clients: list[Any] = []

    def make(url: str, attempts: int = 1) -> Any:
        clients.append(
            boto3.client(
                "dynamodb",
                endpoint_url=url,
                region_name="us-east-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(
                    retries={"total_max_attempts": attempts}, connect_timeout=5, read_timeout=20
                ),
            )
        )
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Shows a figure, also of a test that passes."""

    def tell(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{text}\n")

    return tell


@pytest.fixture
def make_table() -> Callable[..., str]:
    def make(client: Any, name: str | None = None) -> str:
        name = name or f"faults-{uuid.uuid4().hex[:12]}"
        client.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        client.get_waiter("table_exists").wait(
            TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )
        return name

    return make
