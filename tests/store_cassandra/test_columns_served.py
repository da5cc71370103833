"""`dynaspan tables attach` and `detach` as they are run, and a DynamoDB client behind them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from app.store.cassandra import CassandraStore
from tests.conftest import StartServer
from tests.store_cassandra.test_columns import cql
from tests.store_cassandra.test_columns import keyspace as keyspace
from tools.server import ROOT, inherited_environment


async def tables(*arguments: str) -> subprocess.CompletedProcess[str]:
    # In a thread: the loop has the connections of `store` to keep alive.
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "app.cli", "tables", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env=inherited_environment(),
        check=False,
    )


def resource_of(url: str) -> Any:
    return boto3.resource(
        "dynamodb",
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
    )


async def test_a_map_gives_columns_other_names(
    store: CassandraStore, keyspace: str, url: str, start_server: StartServer, tmp_path: Path
) -> None:
    columns = "a text, b int, total decimal, PRIMARY KEY (a, b)"
    name = f"{keyspace}.mapped"
    await store._patient.ddl(f"CREATE TABLE IF NOT EXISTS {name} ({columns})")
    counts = f"{keyspace}.counts"
    await store._patient.ddl(f"CREATE TABLE IF NOT EXISTS {counts} (a text PRIMARY KEY, n counter)")
    await cql(store, f"UPDATE {counts} SET n = n + 5 WHERE a = 'x'")
    file = tmp_path / "map.toml"
    file.write_text('sort_key = "number"\n[attributes]\nPrice = "total"\n')
    done = await tables("attach", name, "--map", str(file), "--store", url)
    assert done.returncode == 0, done.stderr
    assert "key attribute number (N): b\n  attribute Price (N): total, decimal" in done.stdout
    done = await tables("attach", counts, "--store", url)
    assert "for reading: counters are only read" in done.stdout
    done = await tables("list", "--store", url)
    assert done.returncode == 0, done.stderr
    listed = done.stdout
    assert f"mapped  ACTIVE  a (S), number (N)  attached {name}\n" in listed
    server = start_server("--store", url, "--auth", "off")
    resource = resource_of(server.url)
    table = resource.Table("mapped")
    table.put_item(Item={"a": "x", "number": 1, "Price": 3})
    assert table.scan()["Items"] == [{"a": "x", "number": 1, "Price": 3}]
    with pytest.raises(ClientError, match=r"There is no column of .* for total"):
        table.put_item(Item={"a": "x", "number": 1, "total": 3})
    counted = resource.Table("counts")
    assert counted.get_item(Key={"a": "x"})["Item"]["n"] == 5
    for refused in (
        lambda: counted.put_item(Item={"a": "x"}),
        lambda: counted.update_item(Key={"a": "x"}),
        lambda: counted.delete_item(Key={"a": "x"}),
    ):
        with pytest.raises(ClientError, match="where counters are only read"):
            refused()


async def test_attach_read_and_detach(
    store: CassandraStore, keyspace: str, url: str, start_server: StartServer
) -> None:
    orders = f"{keyspace}.orders"
    columns = (
        "country text, customer int, year int, number int, total decimal, took duration, "
        "PRIMARY KEY ((country, customer), year, number)"
    )
    await store._patient.ddl(f"CREATE TABLE IF NOT EXISTS {orders} ({columns})")
    into = f"INSERT INTO {orders} (country, customer, year, number, total) VALUES"
    await cql(store, *(f"{into} ('NZ', 7, {2020 + n // 2}, {n}, {n}.50)" for n in range(6)))
    done = await tables("attach", orders, "--store", url, "--partition-key", "who")
    assert done.returncode == 0, done.stderr
    assert "key attribute year_number (S)" in done.stdout
    assert "column took is left out: no attribute for type duration" in done.stdout
    server = start_server("--store", url, "--auth", "off")
    resource = resource_of(server.url)
    table = resource.Table("orders")
    assert table.key_schema[0] == {"AttributeName": "who", "KeyType": "HASH"}
    who = "NZ##0000000007"
    found = table.query(
        KeyConditionExpression=Key("who").eq(who) & Key("year_number").begins_with("0000002021"),
        ScanIndexForward=False,
        ConsistentRead=True,
    )["Items"]
    assert [str(item["total"]) for item in found] == ["3.5", "2.5"]
    assert table.get_item(Key={"who": who, "year_number": found[0]["year_number"]})["Item"]
    assert table.scan()["Count"] == 6
    assert table.scan(Limit=2)["LastEvaluatedKey"]["who"] == who
    key = {"who": who, "year_number": "0000002020##0000000000"}
    client = table.meta.client
    for refused, reason in (
        (lambda: table.update(DeletionProtectionEnabled=True), "which cannot be changed here"),
        (table.delete, "which cannot be changed here"),
        (
            lambda: client.transact_write_items(
                TransactItems=[{"Put": {"TableName": "orders", "Item": key}}]
            ),
            "takes no part in transactions",
        ),
    ):
        with pytest.raises(ClientError, match=reason):
            refused()
    with pytest.raises(ClientError, match="does not fit column customer of type int"):
        table.get_item(Key=key | {"who": "NZ##seven"})
    added = table.update_item(
        Key=key,
        UpdateExpression="ADD #total :one",
        ConditionExpression="#total < :one",
        ExpressionAttributeNames={"#total": "total"},
        ExpressionAttributeValues={":one": 1},
        ReturnValues="UPDATED_NEW",
    )
    assert str(added["Attributes"]["total"]) == "1.5"
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        table.put_item(Item=key, ConditionExpression="attribute_not_exists(who)")
    fits = {"PutRequest": {"Item": key | {"total": 7}}}
    other = {"who": who, "year_number": "0000002020##0000000009"}
    misfit = {"PutRequest": {"Item": other | {"total": "x"}}}
    with pytest.raises(ClientError, match="total does not fit column total of type decimal"):
        resource.batch_write_item(RequestItems={"orders": [fits, misfit]})
    assert str(table.get_item(Key=key)["Item"]["total"]) == "1.5"
    resource.batch_write_item(RequestItems={"orders": [fits]})
    assert table.delete_item(Key=key, ReturnValues="ALL_OLD")["Attributes"]["total"] == 7
    assert (await tables("attach", orders, "--store", url)).returncode != 0
    assert (await tables("detach", "orders", "--store", url)).returncode == 0
    with pytest.raises(ClientError, match="ResourceNotFound"):
        table.get_item(Key=key)
    assert (await store.attachable(keyspace, "orders")).attached.clustering
