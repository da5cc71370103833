"""Operation tests are black-box: boto3 against a real `dynaspan serve`, over either store.

`--store` chooses the store. boto3's own validation is off, so that the server's is what is tested.
Tables are shared within a run and tests use keys of their own; DDL tests make their own tables.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

KEYS = {"AccessKeyId": "test", "SecretAccessKey": "test"}


def make_client(url: str, service: str = "dynamodb") -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
    )


@pytest.fixture(scope="session")
def endpoint(start_server: Callable[..., Any], store_url: str) -> str:
    url: str = start_server("--store", store_url).url
    return url


@pytest.fixture(scope="session")
def client(endpoint: str) -> Iterator[Any]:
    client = make_client(endpoint)
    yield client
    client.close()


def create(client: Any, name: str, keys: dict[str, str], **more: Any) -> str:
    """Makes a table with `keys`, e.g. {"pk": "S", "sk": "N"}, and waits until it is ACTIVE."""
    kinds = ("HASH", "RANGE")
    client.create_table(
        TableName=name,
        AttributeDefinitions=[
            {"AttributeName": key, "AttributeType": type} for key, type in keys.items()
        ],
        KeySchema=[
            {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, kinds, strict=False)
        ],
        **({"BillingMode": "PAY_PER_REQUEST"} | more),
    )
    client.get_waiter("table_exists").wait(
        TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    return name


def _shared(client: Any, **keys: str) -> Iterator[str]:
    name = create(client, f"shared-{uuid.uuid4().hex[:12]}", keys)
    yield name
    client.delete_table(TableName=name)


@pytest.fixture(scope="session")
def table(client: Any) -> Iterator[str]:
    """Partition key `pk` (S) only."""
    yield from _shared(client, pk="S")


@pytest.fixture(scope="session")
def table_ss(client: Any) -> Iterator[str]:
    """`pk` (S) and `sk` (S)."""
    yield from _shared(client, pk="S", sk="S")


@pytest.fixture(scope="session")
def table_sn(client: Any) -> Iterator[str]:
    """`pk` (S) and `sk` (N)."""
    yield from _shared(client, pk="S", sk="N")


@pytest.fixture(scope="session")
def table_sb(client: Any) -> Iterator[str]:
    """`pk` (S) and `sk` (B)."""
    yield from _shared(client, pk="S", sk="B")


@pytest.fixture
def new_table(client: Any) -> Iterator[Callable[..., str]]:
    """A function that makes a table for this test alone: `new_table({"pk": "S"}, **more)`."""
    names: list[str] = []

    def make(keys: dict[str, str], **more: Any) -> str:
        names.append(create(client, f"own-{uuid.uuid4().hex[:12]}", keys, **more))
        return names[-1]

    yield make
    for name in names:
        try:
            client.update_table(TableName=name, DeletionProtectionEnabled=False)
            client.delete_table(TableName=name)
        except client.exceptions.ResourceNotFoundException:
            continue


_counter = itertools.count()


@pytest.fixture
def key() -> str:
    """A partition key value no other test uses."""
    return f"{uuid.uuid4().hex[:8]}-{next(_counter)}"


Fails = Callable[..., dict[str, Any]]


@pytest.fixture
def fails(client: Any) -> Fails:
    """`fails("put_item", "ValidationException", "exact message", **request)` -> the error's answer."""

    def check(operation: str, code: str, message: str | None, **request: Any) -> dict[str, Any]:
        with pytest.raises(ClientError) as caught:
            getattr(client, operation)(**request)
        answer: dict[str, Any] = caught.value.response
        assert answer["Error"]["Code"] == code, answer["Error"]
        if message is not None:
            assert answer["Error"]["Message"] == message
        return answer

    return check
