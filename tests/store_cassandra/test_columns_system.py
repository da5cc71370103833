"""Cassandra's own tables as virtual tables, through a server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import boto3
import pytest
from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from app.clock import SystemClock
from app.config import ConfigError, load_settings
from app.metrics import Metrics
from app.store.cassandra import CassandraStore
from app.store.open import open_store
from tests.conftest import StartServer

LOCAL = ".dynaspan.system.local"
COLUMNS = ".scylla.alternator.system_schema.columns"


@pytest.fixture(scope="module")
async def server(store: CassandraStore, url: str, start_server: StartServer) -> AsyncIterator[str]:
    """`store` has made the keyspaces. Its jobs would go on with what tests of other modules hold
    half way."""
    server = start_server("--store", url, "--auth", "off")
    yield server.url
    server.stop()


@pytest.fixture(scope="module")
def resource(server: str) -> Any:
    return boto3.resource(
        "dynamodb",
        endpoint_url=server,
        region_name="eu-west-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
    )


def test_a_table_of_one_key_column(resource: Any) -> None:
    table = resource.Table(LOCAL)
    assert table.key_schema == [{"AttributeName": "key", "KeyType": "HASH"}]
    (item,) = table.scan()["Items"]
    # Other attributes change with what other tests do to the node.
    host = item["host_id"]
    assert table.get_item(Key={"key": "local"})["Item"]["host_id"] == host
    (queried,) = table.query(KeyConditionExpression=Key("key").eq("local"))["Items"]
    assert queried["host_id"] == host


def test_a_schema_is_scanned_in_pages_and_segments(resource: Any) -> None:
    table = resource.Table(COLUMNS)
    whole = _lasting(_all(table.scan))
    assert ("system", "local##key") in whole
    found: list[tuple[str, str]] = []
    for number in (0, 1):
        found += _lasting(_all(table.scan, Segment=number, TotalSegments=2, Limit=500))
    assert sorted(found) == sorted(whole)
    found = _all(
        table.query,
        KeyConditionExpression=Key("keyspace_name").eq("system")
        & Key("table_name_column_name").begins_with("local##"),
    )
    assert "local##cluster_name" in {item["table_name_column_name"] for item in found}


@pytest.mark.parametrize("name", ["system_views.settings", "system_traces.sessions"])
def test_virtual_tables_and_traces(resource: Any, name: str) -> None:
    table = resource.Table(".dynaspan." + name)
    assert table.table_status == "ACTIVE"
    assert table.scan(Limit=3)["Count"] <= 3


def _lasting(items: list[Any]) -> list[tuple[str, str]]:
    """Keys of keyspaces in which other tests make and drop nothing."""
    keys = [(item["keyspace_name"], item["table_name_column_name"]) for item in items]
    return [key for key in keys if key[0].startswith("system")]


def _all(ask: Callable[..., Any], **arguments: Any) -> list[Any]:
    found = []
    while True:
        page = ask(**arguments)
        found += page["Items"]
        if "LastEvaluatedKey" not in page:
            return found
        arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def test_nothing_else_is_served(resource: Any, url: str) -> None:
    keyspace = url.rpartition("=")[2]
    for name in (
        "system_auth.roles",
        "system_distributed.view_build_status",
        f"{keyspace}_catalog.tables",
        "system.nothing",
        "system",
        'system.local"',
    ):
        with pytest.raises(ClientError, match=r"ResourceNotFound|at 'tableName' failed"):
            resource.Table(".dynaspan." + name).scan()
    names = resource.meta.client.list_tables()["TableNames"]
    assert not [name for name in names if name.startswith(".")]


def test_every_write_and_change_is_refused(resource: Any) -> None:
    client = resource.meta.client
    key = {"key": "local"}
    put = {"TableName": LOCAL, "Item": key}
    arn = f"arn:aws:dynamodb:eu-west-1:000000000000:table/{LOCAL}"
    schema = {
        "AttributeDefinitions": [{"AttributeName": "key", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "key", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    ttl = {"AttributeName": "t", "Enabled": True}
    refused: list[Callable[[], Any]] = [
        lambda: client.put_item(**put),
        lambda: client.update_item(TableName=LOCAL, Key=key),
        lambda: client.delete_item(TableName=LOCAL, Key=key),
        lambda: client.batch_write_item(RequestItems={LOCAL: [{"PutRequest": {"Item": key}}]}),
        lambda: client.transact_write_items(TransactItems=[{"Put": put}]),
        lambda: client.execute_statement(Statement=f"INSERT INTO \"{LOCAL}\" VALUE {{'key':'a'}}"),
        lambda: client.create_table(TableName=".dynaspan.system.mine", **schema),
        lambda: client.update_table(TableName=LOCAL, BillingMode="PAY_PER_REQUEST"),
        lambda: client.delete_table(TableName=LOCAL),
        lambda: client.update_time_to_live(TableName=LOCAL, TimeToLiveSpecification=ttl),
        lambda: client.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}]),
        lambda: client.untag_resource(ResourceArn=arn, TagKeys=["a"]),
    ]
    for call in refused:
        with pytest.raises(ClientError) as fault:
            call()
        assert fault.value.response["Error"]["Code"] == "ValidationException"
        message = fault.value.response["Error"]["Message"]
        assert any(
            reason in message for reason in ("only read", "cannot be changed", "no part in")
        ), message


@pytest.mark.parametrize(
    ("auth", "host", "served"),
    [("off", "127.0.0.1", True), ("off", "0.0.0.0", False), ("enforce", "0.0.0.0", True)],
)
async def test_who_can_reach_an_open_server_does_not_see_them(
    store: CassandraStore, url: str, auth: str, host: str, served: bool
) -> None:
    given = {"store": url, "auth": auth, "host": host, "insecure": True, "access_keys": "a:b"}
    opened = open_store(load_settings(given), SystemClock(), Metrics())
    await opened.open()
    try:
        assert (await opened.table(LOCAL) is not None) == served
    finally:
        await opened.close()


async def test_they_cannot_be_attached(store: CassandraStore) -> None:
    for keyspace in ("system", "system_auth", store._keyspace, store._keyspace + "_catalog"):
        with pytest.raises(ConfigError, match="can be attached"):
            await store.attachable(keyspace, "local")
