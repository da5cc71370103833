"""A table while it is CREATING, UPDATING and DELETING, made to last by the setting `transition`.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import StartServer

from .conftest import make_client

pytestmark = pytest.mark.own_answer("how long a state lasts is this server's setting")

SECONDS = 1.5
DEADLINE = 30.0
KEYS = {
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "g")],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-g",
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}
ITEM = {"pk": {"S": "a"}}


@pytest.fixture(scope="module")
def slow(start_server: StartServer, store_url: str) -> Iterator[Any]:
    server = start_server("--store", store_url, "--transition", str(SECONDS))
    client = make_client(server.url)
    yield client
    client.close()
    server.stop()


@pytest.fixture(scope="module")
def frozen(start_server: StartServer, store_url: str) -> Iterator[Any]:
    """Of a server that shows each state for an hour: its tables stay behind."""
    server = start_server("--store", store_url, "--transition", "3600")
    client = make_client(server.url)
    yield client
    client.close()
    server.stop()


@pytest.fixture
def made(second_client: Any) -> str:
    """A table that is ACTIVE."""
    name = f"own-{uuid.uuid4().hex[:12]}"
    second_client.create_table(TableName=name, **KEYS)
    wait(second_client, name, "ACTIVE")
    return name


@pytest.fixture
def name(slow: Any) -> Iterator[str]:
    name = f"own-{uuid.uuid4().hex[:12]}"
    yield name
    if state(slow, name) != "gone":
        wait(slow, name, "ACTIVE")
        slow.delete_table(TableName=name)


def state(client: Any, name: str) -> str:
    try:
        status: str = client.describe_table(TableName=name)["Table"]["TableStatus"]
    except client.exceptions.ResourceNotFoundException:
        return "gone"
    return status


def wait(client: Any, name: str, wanted: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while (found := state(client, name)) != wanted:
        assert time.monotonic() < deadline, f"{name} is still {found}"
        time.sleep(0.05)


CHANGES = {"update_table": {"TableClass": "STANDARD"}, "delete_table": {}}


def refusals(client: Any, name: str, *operations: str) -> list[str]:
    """What changing it is answered."""
    answers = []
    for operation in operations or CHANGES:
        with pytest.raises(ClientError) as caught:
            getattr(client, operation)(TableName=name, **CHANGES[operation])
        error = caught.value.response["Error"]
        assert error["Code"] == "ResourceInUseException"
        answers.append(error["Message"])
    return answers


def in_use(detail: str) -> str:
    return f"Attempt to change a resource which is still in use: {detail}"


def test_creating(frozen: Any, second_client: Any) -> None:
    name = f"own-{uuid.uuid4().hex[:12]}"
    answer = frozen.create_table(TableName=name, **KEYS)["TableDescription"]
    assert answer["TableStatus"] == "CREATING"
    assert answer["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"
    # Other servers, whatever their own setting, show the same.
    assert state(second_client, name) == "CREATING"
    names = [each for page in pages(frozen) for each in page["TableNames"]]
    assert name in names
    for operation, more in (("put_item", {"Item": ITEM}), ("scan", {})):
        with pytest.raises(ClientError, match="Requested resource not found"):
            getattr(frozen, operation)(TableName=name, **more)
    assert refusals(frozen, name) == [in_use(f"Table is being created: {name}")] * 2
    with pytest.raises(frozen.exceptions.ResourceInUseException, match="Table is being created"):
        frozen.create_table(TableName=name, **KEYS)
    given = {"AttributeName": "ttl", "Enabled": True}
    # The order of words is the service's.
    with pytest.raises(frozen.exceptions.ResourceInUseException, match=f"Table {name} is being"):
        frozen.update_time_to_live(TableName=name, TimeToLiveSpecification=given)
    with pytest.raises(ClientError) as caught:
        frozen.describe_time_to_live(TableName=name)
    assert caught.value.response["Error"]["Message"] == (
        "Cannot describe time to live while table is in CREATING state: Current table state is "
        "CREATING"
    )


def pages(client: Any) -> Any:
    return client.get_paginator("list_tables").paginate()


def test_updating(frozen: Any, second_client: Any, made: str) -> None:
    # That is done at once, on the service too.
    for protected in (True, False):
        frozen.update_table(TableName=made, DeletionProtectionEnabled=protected)
        assert state(frozen, made) == "ACTIVE"
    answer = frozen.update_table(TableName=made, TableClass="STANDARD_INFREQUENT_ACCESS")
    assert answer["TableDescription"]["TableStatus"] == "UPDATING"
    assert state(second_client, made) == "UPDATING"
    # It can be used all the while.
    frozen.put_item(TableName=made, Item=ITEM)
    assert second_client.get_item(TableName=made, Key=ITEM, ConsistentRead=True)["Item"] == ITEM
    assert refusals(frozen, made) == [
        in_use(f"Table is being updated: {made}"),
        in_use(f"Table: {made} is in the process of being updated."),
    ]
    # That is still done at once.
    answer = frozen.update_table(TableName=made, DeletionProtectionEnabled=True)
    assert answer["TableDescription"]["TableStatus"] == "UPDATING"


def test_deleting(frozen: Any, second_client: Any, made: str) -> None:
    frozen.put_item(TableName=made, Item=ITEM)
    assert frozen.delete_table(TableName=made)["TableDescription"]["TableStatus"] == "DELETING"
    assert state(second_client, made) == "DELETING"
    for client in (frozen, second_client):
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.get_item(TableName=made, Key=ITEM)
    # The documentation says of the second: "no error is returned". The service does return one.
    for client in (frozen, second_client):
        assert refusals(client, made) == [in_use(f"Table is being deleted: {made}")] * 2
    with pytest.raises(frozen.exceptions.ResourceInUseException, match="Table already exists"):
        frozen.create_table(TableName=made, **KEYS)


def test_states_end(slow: Any, name: str) -> None:
    start = time.monotonic()
    assert (
        slow.create_table(TableName=name, **KEYS)["TableDescription"]["TableStatus"] == "CREATING"
    )
    wait(slow, name, "ACTIVE")
    assert time.monotonic() - start >= SECONDS
    table = slow.describe_table(TableName=name)["Table"]
    assert table["GlobalSecondaryIndexes"][0]["IndexStatus"] == "ACTIVE"
    slow.put_item(TableName=name, Item=ITEM)
    slow.update_table(TableName=name, TableClass="STANDARD_INFREQUENT_ACCESS")
    wait(slow, name, "ACTIVE")
    slow.delete_table(TableName=name)
    wait(slow, name, "gone")
    assert name not in [each for page in pages(slow) for each in page["TableNames"]]
