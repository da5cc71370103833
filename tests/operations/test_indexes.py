"""Secondary indexes: entries follow their items; what is projected, ordered, billed and refused."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

NAME = "ValidationException"
INVALID = "One or more parameter values were invalid: "


def schema(*keys: str, hashes: int = 1) -> list[dict[str, str]]:
    kinds = ["HASH"] * hashes + ["RANGE"] * (len(keys) - hashes)
    return [{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, kinds, strict=True)]


def definitions(**types: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]


def index(name: str, *keys: str, projection: Any = "ALL", hashes: int = 1) -> dict[str, Any]:
    if isinstance(projection, str):
        projection = {"ProjectionType": projection}
    return {
        "IndexName": name,
        "KeySchema": schema(*keys, hashes=hashes),
        "Projection": projection,
    }


INCLUDE_A = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"]}


@pytest.fixture(scope="module")
def indexed(client: Any) -> Iterator[str]:
    """pk, sk (S); g (S) and n (N) in indexes of every projection."""
    name = f"indexed-{uuid.uuid4().hex[:12]}"
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=definitions(pk="S", sk="S", g="S", n="N"),
        KeySchema=schema("pk", "sk"),
        GlobalSecondaryIndexes=[
            index("g-all", "g", "n"),
            index("g-keys", "g", projection="KEYS_ONLY"),
            index("g-include", "g", "n", projection=INCLUDE_A),
        ],
        LocalSecondaryIndexes=[
            index("l-all", "pk", "n"),
            index("l-keys", "pk", "n", projection="KEYS_ONLY"),
        ],
    )
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    yield name
    client.delete_table(TableName=name)


def eventually(check: Callable[[], Any], wanted: Any) -> None:
    """A global index may follow a moment later."""
    end = time.monotonic() + 30
    while (found := check()) != wanted:
        assert time.monotonic() < end, (found, wanted)
        time.sleep(0.02)


def query(client: Any, table: str, name: str, key: str, value: str, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.query(
        TableName=table,
        IndexName=name,
        KeyConditionExpression="#k = :v",
        ExpressionAttributeNames={"#k": key},
        ExpressionAttributeValues={":v": {"S": value}},
        **more,
    )
    return answer


def put(client: Any, table: str, pk: str, sk: str, **attributes: Any) -> None:
    client.put_item(TableName=table, Item={"pk": {"S": pk}, "sk": {"S": sk}, **attributes})


def test_an_entry_follows_its_item_through_its_life(client: Any, indexed: str, key: str) -> None:
    def found(name: str, value: str) -> list[str]:
        items = query(client, indexed, name, "g", value)["Items"]
        return [item["sk"]["S"] for item in items]

    def entries() -> tuple[list[str], ...]:
        return found("g-all", key), found("g-keys", key), found("g-all", key + "x")

    put(client, indexed, key, "1", g={"S": key}, n={"N": "1"})
    eventually(entries, (["1"], ["1"], []))
    moved = {":g": {"S": key + "x"}}
    where = {"pk": {"S": key}, "sk": {"S": "1"}}
    client.update_item(
        TableName=indexed,
        Key=where,
        UpdateExpression="SET g = :g",
        ExpressionAttributeValues=moved,
    )
    eventually(entries, ([], [], ["1"]))
    # Without n the item has no place in g-all, whose sort key that is.
    client.update_item(TableName=indexed, Key=where, UpdateExpression="REMOVE n")
    eventually(entries, ([], [], []))
    assert found("g-keys", key + "x") == ["1"]
    client.delete_item(TableName=indexed, Key=where)
    eventually(lambda: found("g-keys", key + "x"), [])


def test_each_projection_holds_its_attributes(client: Any, indexed: str, key: str) -> None:
    whole = {"g": {"S": key}, "n": {"N": "5"}, "a": {"S": "A"}, "b": {"S": "B"}}
    put(client, indexed, key, "1", **whole)
    keys = {"pk", "sk", "g"}
    for name, names in {
        "g-all": keys | {"n", "a", "b"},
        "g-keys": keys,
        "g-include": keys | {"n", "a"},
    }.items():
        eventually(lambda name=name: len(query(client, indexed, name, "g", key)["Items"]), 1)
        (item,) = query(client, indexed, name, "g", key)["Items"]
        assert set(item) == names, name
    (item,) = query(client, indexed, "l-keys", "pk", key)["Items"]
    assert set(item) == {"pk", "sk", "n"}
    (item,) = query(client, indexed, "l-all", "pk", key)["Items"]
    assert set(item) == keys | {"n", "a", "b"}


def test_an_attribute_that_is_projected_changes_in_its_place(
    client: Any, indexed: str, key: str
) -> None:
    put(client, indexed, key, "1", g={"S": key}, n={"N": "5"}, a={"S": "old"})
    put(client, indexed, key, "1", g={"S": key}, n={"N": "5"}, a={"S": "new"})

    def seen() -> list[str]:
        return [item["a"]["S"] for item in query(client, indexed, "g-include", "g", key)["Items"]]

    eventually(seen, ["new"])


def test_a_local_index_is_read_consistently_in_order(client: Any, indexed: str, key: str) -> None:
    numbers = [5, -3, 0, 100, 7]
    for number in numbers:
        put(client, indexed, key, f"s{number}", n={"N": str(number)})
    put(client, indexed, key, "none")
    for forward in (True, False):
        items = query(
            client, indexed, "l-keys", "pk", key, ConsistentRead=True, ScanIndexForward=forward
        )["Items"]
        found = [int(item["n"]["N"]) for item in items]
        assert found == sorted(numbers, reverse=not forward)


def test_a_local_index_reads_the_rest_from_the_table(client: Any, indexed: str, key: str) -> None:
    put(client, indexed, key, "1", n={"N": "5"}, b={"S": "B"})
    (item,) = query(client, indexed, "l-keys", "pk", key, Select="ALL_ATTRIBUTES")["Items"]
    assert item["b"] == {"S": "B"}
    answer = query(
        client,
        indexed,
        "l-keys",
        "pk",
        key,
        ProjectionExpression="b",
        ReturnConsumedCapacity="INDEXES",
        ConsistentRead=True,
    )
    assert answer["Items"] == [{"b": {"S": "B"}}]
    # One read of the index's page and one of the item behind its entry.
    assert answer["ConsumedCapacity"] == {
        "TableName": indexed,
        "CapacityUnits": 2.0,
        "Table": {"CapacityUnits": 1.0},
        "LocalSecondaryIndexes": {"l-keys": {"CapacityUnits": 1.0}},
    }


def test_pages_of_an_index_go_on_behind_items_of_one_place(
    client: Any, indexed: str, key: str
) -> None:
    for number in range(7):
        put(client, indexed, f"{key}-{number % 3}", f"{number}", g={"S": key}, n={"N": "1"})

    def sorts() -> list[str]:
        items = query(client, indexed, "g-all", "g", key)["Items"]
        return [item["sk"]["S"] for item in items]

    eventually(lambda: len(sorts()), 7)
    for forward in (True, False):
        found: list[str] = []
        more: dict[str, Any] = {}
        while True:
            answer = query(
                client, indexed, "g-all", "g", key, Limit=2, ScanIndexForward=forward, **more
            )
            found += [item["sk"]["S"] for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                break
            assert set(answer["LastEvaluatedKey"]) == {"pk", "sk", "g", "n"}
            more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
        assert sorted(found) == [str(number) for number in range(7)]
        assert found == sorts() if forward else found == sorts()[::-1]


def test_a_scan_of_an_index_meets_its_entries_once(client: Any, indexed: str, key: str) -> None:
    for number in range(9):
        more = {"g": {"S": f"{key}-{number}"}} if number % 2 else {}
        put(client, indexed, key, str(number), **more)

    def scanned(**more: Any) -> list[str]:
        found: list[str] = []
        start: dict[str, Any] = {}
        while True:
            answer = client.scan(TableName=indexed, IndexName="g-keys", **more, **start)
            found += [item["sk"]["S"] for item in answer["Items"] if item["pk"]["S"] == key]
            if "LastEvaluatedKey" not in answer:
                return sorted(found)
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    eventually(scanned, ["1", "3", "5", "7"])
    assert scanned(Limit=2) == ["1", "3", "5", "7"]
    parts = [scanned(Segment=number, TotalSegments=3) for number in range(3)]
    assert sorted(itertools.chain(*parts)) == ["1", "3", "5", "7"]


def test_a_parallel_scan_of_a_local_index_goes_on_page_by_page(
    client: Any, indexed: str, key: str
) -> None:
    for number in range(12):
        put(client, indexed, f"{key}-{number % 6}", str(number), n={"N": str(number)})
    found = []
    for segment in range(3):
        start: dict[str, Any] = {}
        while True:
            answer = client.scan(
                TableName=indexed,
                IndexName="l-keys",
                Segment=segment,
                TotalSegments=3,
                Limit=1,
                **start,
            )
            found += [each["sk"]["S"] for each in answer["Items"] if key in each["pk"]["S"]]
            if "LastEvaluatedKey" not in answer:
                break
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
    assert sorted(map(int, found)) == list(range(12))


def test_writes_are_billed_for_the_indexes_they_change(client: Any, indexed: str, key: str) -> None:
    def units(**attributes: Any) -> dict[str, float]:
        answer = client.put_item(
            TableName=indexed,
            Item={"pk": {"S": key}, "sk": {"S": "1"}, **attributes},
            ReturnConsumedCapacity="INDEXES",
        )["ConsumedCapacity"]
        parts = {"table": answer["Table"]["CapacityUnits"]}
        for member in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
            for name, part in answer.get(member, {}).items():
                parts[name] = part["CapacityUnits"]
        assert answer["CapacityUnits"] == sum(parts.values())
        return parts

    assert units(b={"S": "x"}) == {"table": 1.0}
    assert units(g={"S": key}) == {"table": 1.0, "g-keys": 1.0}
    # Moved: a delete and a put.
    assert units(g={"S": key + "2"}) == {"table": 1.0, "g-keys": 2.0}
    # What an index does not project costs nothing in it.
    assert units(g={"S": key + "2"}, b={"S": "y"}) == {"table": 1.0}
    everywhere = units(g={"S": key + "2"}, n={"N": "1"}, b={"S": "y"})
    assert everywhere == {
        "table": 1.0,
        "g-all": 1.0,
        "g-include": 1.0,
        "l-all": 1.0,
        "l-keys": 1.0,
    }


@pytest.mark.differs_locally("the same refusal in words of its own")
@pytest.mark.parametrize(
    ("message", "more"),
    [
        (
            "The table does not have the specified index: nope",
            {"IndexName": "nope"},
        ),
        (
            "Consistent reads are not supported on global secondary indexes",
            {"IndexName": "g-all", "ConsistentRead": True},
        ),
        (
            INVALID + "Select type ALL_ATTRIBUTES is not supported for global secondary index "
            "g-keys because its projection type is not ALL",
            {"IndexName": "g-keys", "Select": "ALL_ATTRIBUTES"},
        ),
        (
            INVALID + "Global secondary index g-keys does not project [a]",
            {"IndexName": "g-keys", "ProjectionExpression": "pk, a"},
        ),
        (
            # In the order of Java's hash set.
            INVALID + "Global secondary index g-keys does not project [zeta, bar, title]",
            {"IndexName": "g-keys", "ProjectionExpression": "bar, zeta, title"},
        ),
        (
            "Query condition missed key schema element: pk",
            {"IndexName": "l-keys"},
        ),
    ],
)
def test_reads_an_index_cannot_serve(
    client: Any, indexed: str, fails: Any, message: str, more: dict[str, Any]
) -> None:
    fails(
        "query",
        NAME,
        message,
        TableName=indexed,
        KeyConditionExpression="g = :g",
        ExpressionAttributeValues={":g": {"S": "x"}},
        **more,
    )


# The words are those of an item that is put, also of the partition key of a local index.
@pytest.mark.parametrize(
    ("name", "key", "start"),
    [
        ("g-all", "g", {"pk": {"S": "x"}, "sk": {"S": "x"}, "g": {"S": ""}, "n": {"N": "1"}}),
        ("l-keys", "pk", None),
    ],
)
def test_no_index_is_read_at_an_empty_key(
    indexed: str, fails: Any, name: str, key: str, start: Any
) -> None:
    empty = (
        "One or more parameter values are not valid. A value specified for a secondary index key "
        "is not supported. The AttributeValue for a key attribute cannot contain an empty string "
        f"value. IndexName: {name}, IndexKey: {key}"
    )
    asked = {
        "TableName": indexed,
        "IndexName": name,
        "KeyConditionExpression": f"{key} = :v",
        "ExpressionAttributeValues": {":v": {"S": ""}},
    }
    fails("query", NAME, empty, **asked)
    if start is not None:
        asked["ExpressionAttributeValues"] = {":v": {"S": "x"}}
        answer = fails("query", NAME, None, **asked, ExclusiveStartKey=start)
        assert answer["Error"]["Message"].endswith(f"The provided starting key is invalid: {empty}")


@pytest.mark.differs_locally("the same refusal in words of its own")
def test_items_that_cannot_be_in_an_index_are_refused_and_change_nothing(
    client: Any, indexed: str, fails: Any, key: str
) -> None:
    where = {"pk": {"S": key}, "sk": {"S": "1"}}
    fails(
        "put_item",
        NAME,
        INVALID + "Type mismatch for Index Key g Expected: S Actual: N IndexName: g-all",
        TableName=indexed,
        Item={**where, "g": {"N": "1"}},
    )
    fails(
        "put_item",
        NAME,
        "One or more parameter values are not valid. A value specified for a secondary index key "
        "is not supported. The AttributeValue for a key attribute cannot contain an empty string "
        "value. IndexName: g-all, IndexKey: g",
        TableName=indexed,
        Item={**where, "g": {"S": ""}},
    )
    fails(
        "update_item",
        NAME,
        "The update expression attempted to update the secondary index key to unsupported type",
        TableName=indexed,
        Key=where,
        UpdateExpression="SET n = :n",
        ExpressionAttributeValues={":n": {"S": "1"}},
    )
    assert "Item" not in client.get_item(TableName=indexed, Key=where, ConsistentRead=True)


UNHELD = INVALID + "Secondary index {} does not project one or more filter attributes: [{}]"


# Of a local index the items could be read for it, and are for what is to be shown.
@pytest.mark.parametrize(("name", "key"), [("g-keys", "g"), ("l-keys", "pk")])
@pytest.mark.parametrize("select", [None, "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"])
def test_a_filter_on_what_an_index_does_not_hold(
    indexed: str, fails: Any, name: str, key: str, select: str | None
) -> None:
    request = {
        "TableName": indexed,
        "IndexName": name,
        "KeyConditionExpression": f"{key} = :k",
        "FilterExpression": "a = :k AND z.y <> :k AND attribute_exists(sk)",
        "ExpressionAttributeValues": {":k": {"S": "x"}},
    }
    if select is not None:
        request["Select"] = select
    fails("query", NAME, UNHELD.format(name, "a, z"), **request)


@pytest.mark.parametrize("name", ["g-keys", "l-keys"])
def test_an_older_filter_on_what_an_index_does_not_hold(
    indexed: str, fails: Any, name: str
) -> None:
    key = {"g-keys": "g", "l-keys": "pk"}[name]
    fails(
        "query",
        NAME,
        UNHELD.format(name, "a"),
        TableName=indexed,
        IndexName=name,
        KeyConditions={key: {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "x"}]}},
        QueryFilter={"a": {"ComparisonOperator": "NOT_NULL"}},
    )


@pytest.mark.differs_locally("a Scan filters the items themselves")
@pytest.mark.parametrize("name", ["g-keys", "l-keys"])
def test_a_scan_filtered_by_what_an_index_does_not_hold(
    indexed: str, fails: Any, name: str
) -> None:
    fails(
        "scan",
        NAME,
        UNHELD.format(name, "a"),
        TableName=indexed,
        IndexName=name,
        FilterExpression="attribute_exists(a)",
    )


@pytest.mark.parametrize(
    ("update", "message"),
    [
        (
            {
                "UpdateExpression": "SET g = :g",
                "ExpressionAttributeValues": {":g": {"S": ""}},
            },
            "One or more parameter values are not valid. The update expression attempted to update "
            "a secondary index key to a value that is not supported. The AttributeValue for a key "
            "attribute cannot contain an empty string value.",
        ),
        pytest.param(
            {"AttributeUpdates": {"g": {"Value": {"S": ""}}}},
            "One or more parameter values are not valid. A value specified for a secondary index "
            "key is not supported. The AttributeValue for a key attribute cannot contain an empty "
            "string value. IndexName: g-all, IndexKey: g",
            marks=pytest.mark.differs_locally("it names another index"),
        ),
        pytest.param(
            {"AttributeUpdates": {"g": {"Value": {"N": "1"}}}},
            INVALID + "Type mismatch for Index Key g Expected: S Actual: N IndexName: g-all",
            marks=pytest.mark.differs_locally("it takes it"),
        ),
    ],
)
def test_an_update_to_what_cannot_be_in_an_index(
    indexed: str, fails: Any, key: str, update: dict[str, Any], message: str
) -> None:
    where = {"pk": {"S": key}, "sk": {"S": "1"}}
    fails("update_item", NAME, message, TableName=indexed, Key=where, **update)


@pytest.mark.parametrize(
    ("operation", "request_", "name"),
    [
        ("update_item", {"UpdateExpression": "SET g.x = n"}, "g"),
        ("update_item", {"UpdateExpression": "REMOVE n[0]"}, "n"),
        ("delete_item", {"ConditionExpression": "attribute_exists(g.x)"}, "g"),
        ("get_item", {"ProjectionExpression": "a, g[1]"}, "g"),
    ],
)
@pytest.mark.differs_locally("it looks for them at different times")
def test_paths_into_index_keys(
    indexed: str, fails: Any, key: str, operation: str, request_: dict[str, Any], name: str
) -> None:
    fails(
        operation,
        NAME,
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
        f"allowed: IndexKey: {name}",
        TableName=indexed,
        Key={"pk": {"S": key}, "sk": {"S": "1"}},
        **request_,
    )


def _await_index(client: Any, table: str, name: str) -> None:
    def status() -> str:
        described = client.describe_table(TableName=table)["Table"]
        found = {
            each["IndexName"]: each["IndexStatus"]
            for each in described.get("GlobalSecondaryIndexes", ())
        }
        return found.get(name, "gone")

    eventually(lambda: status() in ("ACTIVE", "gone"), True)


@pytest.mark.differs_locally("a table is ACTIVE while its index is made")
def test_an_index_is_added_filled_and_deleted(
    client: Any, new_table: Callable[..., str], fails: Any
) -> None:
    table = new_table({"pk": "S"})
    for number in range(30):
        item = {"pk": {"S": f"{number}"}, "g": {"S": f"{number % 2}"}}
        client.put_item(TableName=table, Item=item)
    # An item that cannot be in the index is just not in it.
    odd = {"pk": {"S": "odd"}}
    client.put_item(TableName=table, Item={**odd, "g": {"N": "1"}})
    answer = client.update_table(
        TableName=table,
        AttributeDefinitions=definitions(g="S"),
        GlobalSecondaryIndexUpdates=[{"Create": index("added", "g")}],
    )["TableDescription"]
    assert answer["TableStatus"] == "UPDATING"
    assert answer["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"
    fails(
        "update_table",
        "LimitExceededException",
        None,
        TableName=table,
        AttributeDefinitions=definitions(h="S"),
        GlobalSecondaryIndexUpdates=[
            {"Create": index("second", "h")},
            {"Create": index("third", "h")},
        ],
    )
    _await_index(client, table, "added")
    # It is ACTIVE with its index at the latest.
    assert client.describe_table(TableName=table)["Table"]["TableStatus"] == "ACTIVE"
    client.put_item(TableName=table, Item={"pk": {"S": "late"}, "g": {"S": "1"}})
    # It may be changed as long as that attribute is not.
    put_y = {"UpdateExpression": "SET y = :y", "ExpressionAttributeValues": {":y": {"N": "1"}}}
    client.update_item(TableName=table, Key=odd, **put_y)
    eventually(lambda: query(client, table, "added", "g", "1")["Count"], 16)
    assert query(client, table, "added", "g", "0")["Count"] == 15

    client.update_table(
        TableName=table, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "added"}}]
    )

    def names() -> list[str]:
        described = client.describe_table(TableName=table)["Table"]
        return [each["IndexName"] for each in described.get("GlobalSecondaryIndexes", ())]

    eventually(names, [])
    client.put_item(TableName=table, Item={"pk": {"S": "odd"}, "g": {"N": "2"}})


@pytest.mark.differs_locally("it knows no such indexes")
def test_an_index_on_several_attributes(
    client: Any, fails: Any, new_table: Callable[..., str]
) -> None:
    table = new_table(
        {"pk": "S"},
        AttributeDefinitions=definitions(pk="S", a="S", b="N", c="S", d="N"),
        GlobalSecondaryIndexes=[index("multi", "a", "b", "c", "d", hashes=2)],
    )
    for number in range(12):
        client.put_item(
            TableName=table,
            Item={
                "pk": {"S": str(number)},
                "a": {"S": "x"},
                "b": {"N": str(number % 2)},
                "c": {"S": "c" * (number % 3)} if number % 3 else {"S": "b"},
                "d": {"N": str(number)},
            },
        )

    def found(condition: str, **values: Any) -> list[int]:
        given = {":a": {"S": "x"}, ":b": {"N": "0"}, **{f":{k}": v for k, v in values.items()}}
        items = client.query(
            TableName=table,
            IndexName="multi",
            KeyConditionExpression=condition,
            ExpressionAttributeValues=given,
        )["Items"]
        return [int(item["pk"]["S"]) for item in items]

    eventually(lambda: found("a = :a AND b = :b"), [0, 6, 4, 10, 2, 8])
    assert found("a = :a AND b = :b AND c = :c", c={"S": "c"}) == [4, 10]
    assert found("a = :a AND b = :b AND begins_with(c, :c)", c={"S": "c"}) == [4, 10, 2, 8]
    assert found("a = :a AND b = :b AND c = :c AND d > :d", c={"S": "c"}, d={"N": "4"}) == [10]
    assert found("a = :a AND b = :b AND c BETWEEN :c AND :e", c={"S": "a"}, e={"S": "c"}) == [
        0,
        6,
        4,
        10,
    ]
    equal = {
        name: {"ComparisonOperator": "EQ", "AttributeValueList": [value]}
        for name, value in (("a", {"S": "x"}), ("b", {"N": "0"}))
    }
    for other in (
        {"ComparisonOperator": "NULL"},
        {"ComparisonOperator": "NE", "AttributeValueList": [{"S": "c"}]},
    ):
        fails(
            "query",
            "ValidationException",
            "Attempted conditional constraint is not an indexable operation",
            TableName=table,
            IndexName="multi",
            KeyConditions={**equal, "c": other},
        )


@pytest.mark.differs_locally("it says less of it")
def test_more_global_indexes_than_a_table_may_have(client: Any, fails: Any) -> None:
    fails(
        "create_table",
        "ValidationException",
        "One or more parameter values were invalid: GlobalSecondaryIndex count exceeds the "
        "per-table limit of 20",
        TableName="never-made",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=definitions(pk="S", g="S"),
        GlobalSecondaryIndexes=[index(f"by-g-{number}", "g") for number in range(21)],
        BillingMode="PAY_PER_REQUEST",
    )
