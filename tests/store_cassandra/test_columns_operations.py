"""An attached table answers as dynaspan's own tables do, where its columns hold what is put."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.exceptions import ClientError

from app.model.table import KeyAttribute, Table
from app.store.cassandra import CassandraStore
from app.store.cassandra.columns.schema import key_attributes
from tests.conftest import StartServer
from tests.store_cassandra.support import created, new_table
from tests.store_cassandra.test_columns import keyspace as keyspace

_COLUMNS = (
    "pk text, sk bigint, a text, n int, d decimal, b blob, flag boolean, l list<int>, "
    "ss set<text>, m map<text, int>, f frozen<map<text, frozen<list<int>>>>, PRIMARY KEY (pk, sk)"
)
_partitions = itertools.count()

Program = Sequence[tuple[str, dict[str, Any]]]


class Tables(NamedTuple):
    client: Any
    attached: str
    own: str


@pytest.fixture(scope="module")
async def tables(
    store: CassandraStore, keyspace: str, url: str, start_server: StartServer
) -> AsyncIterator[Tables]:
    await store._patient.ddl(f"CREATE TABLE IF NOT EXISTS {keyspace}.same ({_COLUMNS})")
    found = (await store.attachable(keyspace, "same")).attached
    partition, sort = key_attributes(found)
    keys = {"partition_key": partition, "sort_key": sort}
    assert sort == KeyAttribute("sk", "N")
    attached = await created(store, _table(attached=found, **keys))
    own = await created(store, _table(**keys))
    server = start_server("--store", url, "--auth", "off")
    client = boto3.client(
        "dynamodb",
        endpoint_url=server.url,
        region_name="eu-west-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
    )
    yield Tables(client, attached.name, own.name)
    # Its jobs would go on with what tests of other modules hold half way.
    server.stop()


def _table(**changes: Any) -> Table:
    return replace(new_table(), **changes)


def key(sort: int = 1) -> dict[str, Any]:
    return {"pk": {"S": "?"}, "sk": {"N": str(sort)}}


FULL = {
    "a": {"S": "x"},
    "n": {"N": "5"},
    "d": {"N": "1.25"},
    "b": {"B": b"\0\xff"},
    "flag": {"BOOL": True},
    "l": {"L": [{"N": "1"}, {"N": "2"}]},
    "ss": {"SS": ["p", "q"]},
    "m": {"M": {"x": {"N": "1"}}},
    "f": {"M": {"deep": {"L": [{"N": "7"}]}}},
}
PUT = ("put_item", {"Item": key() | FULL})
GET = ("get_item", {"Key": key(), "ConsistentRead": True, "ReturnConsumedCapacity": "TOTAL"})


def update(text: str, values: dict[str, Any] | None = None, **more: Any) -> tuple[str, Any]:
    given = {"ExpressionAttributeValues": values} if values else {}
    return "update_item", {"Key": key(), "UpdateExpression": text, **given, **more}


ONE = {":v": {"N": "1"}}
PROGRAMS: dict[str, Program] = {
    "put": [PUT, GET, ("put_item", {"Item": key(), "ReturnValues": "ALL_OLD"}), GET],
    "put if absent": [
        ("put_item", {"Item": key(), "ConditionExpression": "attribute_not_exists(pk)"}),
        ("put_item", {"Item": key() | FULL, "ConditionExpression": "attribute_not_exists(pk)"}),
        GET,
    ],
    "failed condition": [
        PUT,
        (
            "put_item",
            {
                "Item": key(),
                "ConditionExpression": "n > :v",
                "ExpressionAttributeValues": {":v": {"N": "5"}},
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            },
        ),
        GET,
    ],
    "legacy condition": [
        PUT,
        ("delete_item", {"Key": key(), "Expected": {"n": {"Exists": False}}}),
        ("delete_item", {"Key": key(), "Expected": {"n": {"Value": {"N": "5"}}}}),
        GET,
    ],
    "add": [
        update("ADD n :v, d :v", ONE, ReturnValues="ALL_NEW"),
        update("ADD n :v", ONE, ReturnValues="UPDATED_OLD"),
        update("ADD ss :v", {":v": {"SS": ["z"]}}, ReturnValues="UPDATED_NEW"),
        update("DELETE ss :v", {":v": {"SS": ["z"]}}, ReturnValues="ALL_NEW"),
    ],
    "set": [
        PUT,
        update("SET l[1] = :v, m.y = :v, n = n - :v", ONE, ReturnValues="UPDATED_NEW"),
        update("SET l = list_append(l, l), n = if_not_exists(n, :v)", ONE),
        update("SET f.deep[1] = :v REMOVE a, m.x", ONE, ReturnValues="ALL_NEW"),
        GET,
    ],
    "remove all": [PUT, update("REMOVE a, n, d, b, flag, l, ss, m, f"), GET],
    "invalid update": [PUT, update("SET n = a + :v", ONE), update("SET x.y = :v", ONE), GET],
    "condition of an update": [
        update("SET n = :v", ONE, ConditionExpression="attribute_exists(pk)"),
        PUT,
        update("SET n = :v", ONE, ConditionExpression="contains(ss, a) OR size(l) = :v"),
        update(
            "SET n = n + n",
            {":t": {"S": "M"}},
            ConditionExpression="attribute_type(m, :t) AND NOT begins_with(a, :t)",
        ),
        GET,
    ],
    "delete": [
        PUT,
        ("delete_item", {"Key": key(), "ReturnValues": "ALL_OLD"}),
        ("delete_item", {"Key": key(), "ReturnValues": "ALL_OLD"}),
        GET,
    ],
    # Such a row has no cell by which a condition could see that it is there.
    "nothing but the key": [
        ("put_item", {"Item": key()}),
        GET,
        ("put_item", {"Item": key(), "ConditionExpression": "attribute_not_exists(pk)"}),
        ("put_item", {"Item": key(), "ConditionExpression": "attribute_exists(pk)"}),
        update("SET n = :v", ONE, ConditionExpression="attribute_exists(pk)"),
        update("REMOVE n", ConditionExpression="n = :v", ExpressionAttributeValues=ONE),
        GET,
        ("delete_item", {"Key": key(), "ConditionExpression": "attribute_not_exists(sk)"}),
        ("delete_item", {"Key": key(), "ConditionExpression": "attribute_exists(sk)"}),
        ("delete_item", {"Key": key(), "ConditionExpression": "attribute_exists(sk)"}),
        update("REMOVE n"),
        GET,
    ],
    "query": [
        *(("put_item", {"Item": key(n) | {"n": {"N": str(-n)}}}) for n in (3, 20, 100)),
        (
            "query",
            {
                "KeyConditionExpression": "pk = :p AND sk BETWEEN :l AND :u",
                "FilterExpression": "n < :l",
                "ExpressionAttributeValues": {
                    ":p": {"S": "?"},
                    ":l": {"N": "2.5"},
                    ":u": {"N": "20"},
                },
                "ScanIndexForward": False,
                "Limit": 1,
                "ConsistentRead": True,
            },
        ),
    ],
    "statements": [
        ("execute_statement", {"Statement": "INSERT INTO \"T\" VALUE {'pk':'?','sk':1,'n':4}"}),
        ("execute_statement", {"Statement": "UPDATE \"T\" SET n = n + 1 WHERE pk='?' AND sk=1"}),
        ("execute_statement", {"Statement": "SELECT * FROM \"T\" WHERE pk='?' AND sk=1"}),
        ("execute_statement", {"Statement": "DELETE FROM \"T\" WHERE pk='?' AND sk=1"}),
        GET,
    ],
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_answers_are_the_same(tables: Tables, name: str) -> None:
    partition = f"p{next(_partitions)}"
    for step, (operation, parameters) in enumerate(PROGRAMS[name]):
        attached = answer(tables.client, tables.attached, operation, parameters, partition)
        own = answer(tables.client, tables.own, operation, parameters, partition)
        assert (step, attached) == (step, own)


def answer(client: Any, table: str, operation: str, parameters: Any, partition: str) -> Any:
    given = filled(parameters, {"?": partition, "T": table})
    if operation != "execute_statement":
        given["TableName"] = table
    try:
        found = getattr(client, operation)(**given)
        del found["ResponseMetadata"]
    except ClientError as fault:
        found = {name: fault.response.get(name) for name in ("Error", "Item")}
    return filled(found, {table: "T"})


def filled(value: Any, names: dict[str, str]) -> Any:
    """With sets in order, and names in the place of others."""
    if isinstance(value, dict):
        return {
            name: sorted(each) if name == "SS" else filled(each, names)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [filled(each, names) for each in value]
    if isinstance(value, str):
        for old, new in names.items():
            value = value.replace(f"'{old}'", f"'{new}'").replace(f'"{old}"', f'"{new}"')
        return names.get(value, value)
    return value


def test_a_batch_with_a_misfit_writes_nothing(tables: Tables) -> None:
    items = [key(n) | {"pk": {"S": "batch"}} for n in (1, 2)]
    items[1]["n"] = {"N": "2147483648"}
    puts = [{"PutRequest": {"Item": item}} for item in items]
    with pytest.raises(ClientError, match="does not fit column n of type int"):
        tables.client.batch_write_item(RequestItems={tables.attached: puts})
    first = {name: items[0][name] for name in ("pk", "sk")}
    assert "Item" not in tables.client.get_item(TableName=tables.attached, Key=first)
