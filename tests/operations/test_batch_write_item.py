"""BatchWriteItem: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html"""

from __future__ import annotations

from typing import Any

import pytest

from tests.operations.texts import (
    BAD_MAP_KEYS,
    CAPACITY,
    DUPLICATE_KEYS,
    EMPTY_VALUE,
    INVALID,
    KEY_MISMATCH,
    METRICS,
    NO_TABLE,
    SERIALIZATION,
    TWO_DATATYPES,
    VALIDATION,
    constraints,
    empty_key,
    missing,
    no_coral,
    not_in,
    own_words,
)

AMAZON = "com.amazonaws.dynamodb.v20120810."
KEY = {"pk": {"S": "a"}}


def put(item: Any) -> dict[str, Any]:
    return {"PutRequest": {"Item": item}}


def delete(key: Any) -> dict[str, Any]:
    return {"DeleteRequest": {"Key": key}}


@pytest.mark.differs_locally("JSON of the wrong type is taken for absent or answered 500")
@pytest.mark.parametrize(
    ("items", "message"),
    [
        ("x", "Unexpected field type"),
        (
            [],
            "Unrecognized collection type java.util.Map<java.lang.String, "
            f"java.util.List<{AMAZON}WriteRequest>>",
        ),
        ({"abc": {}}, "Start of structure or map found where not expected."),
        ({"abc": ["x"]}, "Unexpected value type in payload"),
        ({"abc": [{"PutRequest": "x"}]}, "Unexpected field type"),
        ({"abc": [{"PutRequest": []}]}, f"Unrecognized collection type class {AMAZON}PutRequest"),
        ({"abc": [put("x")]}, "Unexpected field type"),
        ({"abc": [put({"a": {"N": 5}})]}, "NUMBER_VALUE cannot be converted to String"),
        ({"abc": [delete({"a": {"N": 5}})]}, "NUMBER_VALUE cannot be converted to String"),
    ],
)
def test_json_of_the_wrong_type(raw: Any, items: Any, message: str) -> None:
    expected = {"__type": SERIALIZATION, "Message": message}
    assert raw("BatchWriteItem", {"RequestItems": items}) == (400, expected)


@no_coral
@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, [missing("requestItems")]),
        (
            {
                "RequestItems": {},
                "ReturnConsumedCapacity": "a",
                "ReturnItemCollectionMetrics": "b",
            },
            [
                not_in(CAPACITY, "a", "returnConsumedCapacity"),
                not_in(METRICS, "b", "returnItemCollectionMetrics"),
            ],
        ),
        (
            {"RequestItems": {"abc": [{"PutRequest": {}}, {"DeleteRequest": {}}]}},
            [
                missing("requestItems.abc.member.1.member.putRequest.item"),
                missing("requestItems.abc.member.2.member.deleteRequest.key"),
            ],
        ),
    ],
)
def test_broken_constraints(raw: Any, body: dict[str, Any], faults: list[str]) -> None:
    assert raw("BatchWriteItem", body) == (
        400,
        {"__type": VALIDATION, "message": constraints(*faults)},
    )


@no_coral
def test_a_batch_of_nothing(fails: Any) -> None:
    message = "The requestItems parameter is required for BatchWriteItem"
    fails("batch_write_item", "ValidationException", message, RequestItems={})


@no_coral
@pytest.mark.parametrize("count", [0, 26])
def test_a_table_takes_1_to_25_writes(fails: Any, table: str, count: int) -> None:
    writes = [put({"pk": {"S": str(number)}}) for number in range(count)]
    answer = fails("batch_write_item", "ValidationException", None, RequestItems={table: writes})
    message = answer["Error"]["Message"]
    assert message.startswith(f"1 validation error detected: Value '{{{table}=[")
    assert message.endswith(
        "]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: "
        "[Member must have length less than or equal to 25, "
        "Member must have length greater than or equal to 1]"
    )


def test_all_tables_together_take_25_writes(fails: Any, table: str, table_ss: str) -> None:
    one = [put({"pk": {"S": str(number)}}) for number in range(13)]
    two = [delete({"pk": {"S": str(number)}, "sk": {"S": "a"}}) for number in range(13)]
    fails(
        "batch_write_item",
        "ValidationException",
        "Too many items requested for the BatchWriteItem call",
        RequestItems={table: one, table_ss: two},
    )


@pytest.mark.parametrize(
    ("writes", "message"),
    [
        ([{}], TWO_DATATYPES),
        ([put(KEY) | delete(KEY)], TWO_DATATYPES),
        ([put(KEY), put(KEY | {"a": {"S": "x"}})], DUPLICATE_KEYS),
        ([put(KEY), delete(KEY)], DUPLICATE_KEYS),
        ([delete(KEY), delete(KEY)], DUPLICATE_KEYS),
        ([put({"pk": {}})], EMPTY_VALUE),
        ([put({"pk": {"S": ""}})], empty_key("pk")),
        ([delete({"pk": {"S": ""}})], empty_key("pk")),
        (
            [put(KEY | {"a": {"S": "x" * 400 * 1024}})],
            "Item size has exceeded the maximum allowed size",
        ),
        # Of an item in a batch no more is said than of a key.
        pytest.param([put({})], KEY_MISMATCH, marks=own_words),
        pytest.param([put(KEY), put({"pk": {"N": "1"}})], KEY_MISMATCH, marks=own_words),
        pytest.param([delete({})], KEY_MISMATCH, marks=own_words),
        pytest.param([delete({"pk": {"N": "1"}})], KEY_MISMATCH, marks=own_words),
        pytest.param([delete(KEY | {"a": {"S": "x"}})], KEY_MISMATCH, marks=own_words),
        pytest.param(
            [put({"pk": {"S": "x" * 2049}})],
            INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes",
            marks=own_words,
        ),
        pytest.param(
            [put(KEY | {"a": {"N": "x"}})],
            "The parameter cannot be converted to a numeric value: x",
            marks=own_words,
        ),
    ],
)
def test_bad_writes(fails: Any, table: str, writes: list[Any], message: str) -> None:
    fails("batch_write_item", "ValidationException", message, RequestItems={table: writes})


def test_one_key_in_two_spellings_is_a_duplicate(fails: Any, table_sn: str, key: str) -> None:
    writes = [put({"pk": {"S": key}, "sk": {"N": sort}}) for sort in ("10", "1e1")]
    fails(
        "batch_write_item", "ValidationException", DUPLICATE_KEYS, RequestItems={table_sn: writes}
    )


@no_coral
@pytest.mark.parametrize("name", ["ab", "a;bc"])
def test_table_names(fails: Any, name: str) -> None:
    answer = fails("batch_write_item", "ValidationException", None, RequestItems={name: [put(KEY)]})
    assert answer["Error"]["Message"].endswith(f" at 'requestItems' {BAD_MAP_KEYS}")


@own_words
def test_a_table_that_is_not_there(fails: Any) -> None:
    fails(
        "batch_write_item",
        "ResourceNotFoundException",
        NO_TABLE,
        RequestItems={"not-there": [put(KEY)]},
    )


def test_puts_and_deletes_in_several_tables(
    client: Any, table: str, table_ss: str, key: str
) -> None:
    client.put_item(TableName=table, Item={"pk": {"S": f"{key}-old"}})
    answer = client.batch_write_item(
        RequestItems={
            table: [put({"pk": {"S": key}, "a": {"N": "1"}}), delete({"pk": {"S": f"{key}-old"}})],
            table_ss: [put({"pk": {"S": key}, "sk": {"S": "x"}})],
        }
    )
    assert answer["UnprocessedItems"] == {}
    found = client.batch_get_item(
        RequestItems={
            table: {
                "Keys": [{"pk": {"S": key}}, {"pk": {"S": f"{key}-old"}}],
                "ConsistentRead": True,
            },
            table_ss: {"Keys": [{"pk": {"S": key}, "sk": {"S": "x"}}], "ConsistentRead": True},
        }
    )["Responses"]
    assert found[table] == [{"pk": {"S": key}, "a": {"N": "1"}}]
    assert found[table_ss] == [{"pk": {"S": key}, "sk": {"S": "x"}}]


def test_the_whole_answer(raw: Any, table: str, key: str) -> None:
    request = {"RequestItems": {table: [put({"pk": {"S": key}})]}}
    assert raw("BatchWriteItem", request) == (200, {"UnprocessedItems": {}})


def test_a_put_replaces_the_whole_item(client: Any, table: str, key: str) -> None:
    client.put_item(TableName=table, Item={"pk": {"S": key}, "a": {"N": "1"}})
    client.batch_write_item(RequestItems={table: [put({"pk": {"S": key}, "b": {"N": "2"}})]})
    item = client.get_item(TableName=table, Key={"pk": {"S": key}}, ConsistentRead=True)["Item"]
    assert item == {"pk": {"S": key}, "b": {"N": "2"}}


def test_deleting_what_is_not_there_is_no_fault(client: Any, table: str, key: str) -> None:
    answer = client.batch_write_item(RequestItems={table: [delete({"pk": {"S": key}})]})
    assert answer["UnprocessedItems"] == {}


def test_twenty_five_writes_of_one_partition(client: Any, table_sn: str, key: str) -> None:
    items = [{"pk": {"S": key}, "sk": {"N": str(number)}} for number in range(25)]
    client.batch_write_item(RequestItems={table_sn: [put(item) for item in items]})
    found = client.query(
        TableName=table_sn,
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": {"S": key}},
        ConsistentRead=True,
    )
    assert found["Items"] == items


# 25 writes of the largest items are less than the 16 MB a request may have.
def test_the_largest_batch(client: Any, table_ss: str, key: str) -> None:
    keys = [{"pk": {"S": key}, "sk": {"S": f"{number:02}"}} for number in range(25)]
    big = {"S": "x" * 395 * 1024}
    left = client.batch_write_item(RequestItems={table_ss: [put(k | {"a": big}) for k in keys]})
    assert left["UnprocessedItems"] == {}
    last = client.get_item(TableName=table_ss, Key=keys[-1], ConsistentRead=True)
    assert last["Item"]["a"] == big
    client.batch_write_item(RequestItems={table_ss: [delete(k) for k in keys]})


def test_capacity_is_told_for_each_table(client: Any, table: str, table_ss: str, key: str) -> None:
    client.put_item(TableName=table, Item={"pk": {"S": f"{key}-old"}, "a": {"S": "x" * 4000}})
    answer = client.batch_write_item(
        RequestItems={
            table: [put({"pk": {"S": key}}), delete({"pk": {"S": f"{key}-old"}})],
            table_ss: [put({"pk": {"S": key}, "sk": {"S": "x"}})],
        },
        ReturnConsumedCapacity="TOTAL",
    )
    consumed = {each["TableName"]: each["CapacityUnits"] for each in answer["ConsumedCapacity"]}
    assert consumed == {table: 5, table_ss: 1}


@pytest.mark.differs_locally("it writes to the table twice")
def test_one_table_by_name_and_by_arn(client: Any, fails: Any, table: str, key: str) -> None:
    arn = client.describe_table(TableName=table)["Table"]["TableArn"]
    puts = [[{"PutRequest": {"Item": {"pk": {"S": f"{key}-{n}"}}}}] for n in range(2)]
    requests = dict(zip((table, arn), puts, strict=True))
    fails("batch_write_item", "ValidationException", None, RequestItems=requests)
    assert "Item" not in client.get_item(TableName=table, Key={"pk": {"S": f"{key}-0"}})
