"""The Lambda handler: what is to be delivered again, and events that are none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from app.config import ConfigError, load_replication_settings
from app.replication.stream_handler import BatchFailed, StreamHandler

from .conftest import record

Call = Callable[[Any], dict[str, Any]]


@contextmanager
def running(**settings: Any) -> Iterator[Call]:
    """A handler in a thread of its own, as it has an event loop of its own."""
    with ThreadPoolExecutor(1) as thread:
        handler = thread.submit(StreamHandler, load_replication_settings(settings)).result()
        yield lambda event: thread.submit(handler, event, None).result()
        thread.submit(handler.close).result()


@pytest.fixture
def client(start_server: Callable[..., Any], durable_store_url: str) -> Iterator[Any]:
    server = start_server("--store", durable_store_url)
    access = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    client = boto3.client("dynamodb", endpoint_url=server.url, region_name="us-east-1", **access)
    client.create_table(
        TableName="orders",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    client.get_waiter("table_exists").wait(TableName="orders", WaiterConfig={"Delay": 1})
    yield client
    client.close()


# A server that runs already sees what the function has written, and the other way round.
async def test_records_become_items(client: Any, durable_store_url: str, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    with running(store=durable_store_url, on_failure=f"file://{kept}") as handler:
        good = [record("orders", number, "a", str(number)) for number in (1, 2)]
        event = {"Records": [*good, record("not-here", 3, "a", "x")]}
        assert await asyncio.to_thread(handler, event) == {"batchItemFailures": []}
    item = {"pk": {"S": "a"}, "sk": {"N": "1"}, "value": {"S": "2"}}
    assert client.scan(TableName="orders")["Items"] == [item]
    assert json.loads(kept.read_text())["reason"] == "The target table not-here does not exist"


# Without a destination of its own the one of the event source mapping has the last word.
def test_what_fails_is_named(durable_store_url: str) -> None:
    with running(store=durable_store_url) as handler:
        event = {"Records": [record("not-here", number, "a", "x") for number in (3, 4)]}
        failures = [{"itemIdentifier": f"{number:021}"} for number in (3, 4)]
        assert handler(event) == {"batchItemFailures": failures}


# It has no number by which it could be named: the whole batch comes again.
def test_a_failed_record_without_a_number(durable_store_url: str) -> None:
    with running(store=durable_store_url) as handler, pytest.raises(BatchFailed):
        handler({"Records": [{"dynamodb": {}}]})


@pytest.mark.parametrize("event", [{}, [], {"Records": None}])
def test_an_event_of_another_kind(durable_store_url: str, event: Any) -> None:
    said = pytest.raises(BatchFailed, match="none of DynamoDB Streams")
    with running(store=durable_store_url) as handler, said:
        handler(event)


def test_a_store_that_cannot_be_reached() -> None:
    said = pytest.raises(BatchFailed, match="does not answer")
    with running(store="cassandra://127.0.0.9:1", deadline=0.5) as handler, said:
        handler({"Records": []})


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"replication_tables": "a=b,c"}, "replication_tables is SOURCE=TARGET"),
        ({"on_failure": "ftp://x/y"}, "is no destination"),
        ({"store": "keyspaces://eu-west-1"}, "needs one with transactions"),
    ],
)
def test_settings_that_cannot_be_used(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        StreamHandler(load_replication_settings({"store": "sqlite://"} | settings))
