"""BatchGetItem: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html"""

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
    MAP_UNEXPECTED,
    NO_TABLE,
    NOT_SCALAR,
    SERIALIZATION,
    VALIDATION,
    constraints,
    empty_key,
    fault,
    missing,
    mixed,
    no_coral,
    not_in,
    own_words,
)

AMAZON = "com.amazonaws.dynamodb.v20120810."
KEY = {"pk": {"S": "a"}}


@pytest.mark.differs_locally("JSON of the wrong type is taken for absent or answered 500")
@pytest.mark.parametrize(
    ("items", "message"),
    [
        ("x", "Unexpected field type"),
        (
            [],
            "Unrecognized collection type java.util.Map<java.lang.String, "
            f"{AMAZON}KeysAndAttributes>",
        ),
        ({"abc": "x"}, "Unexpected value type in payload"),
        ({"abc": []}, f"Unrecognized collection type class {AMAZON}KeysAndAttributes"),
        ({"abc": {"Keys": {}}}, MAP_UNEXPECTED),
        ({"abc": {"Keys": [{"a": "x"}]}}, "Unexpected value type in payload"),
        ({"abc": {"Keys": [{"a": {"S": 5}}]}}, "NUMBER_VALUE cannot be converted to String"),
        ({"abc": {"AttributesToGet": "x"}}, "Unexpected field type"),
        ({"abc": {"ConsistentRead": "true"}}, "Unexpected token received from parser"),
    ],
)
def test_json_of_the_wrong_type(raw: Any, items: Any, message: str) -> None:
    expected = {"__type": SERIALIZATION, "Message": message}
    assert raw("BatchGetItem", {"RequestItems": items}) == (400, expected)


LEAST_ONE = "have length greater than or equal to 1"


@no_coral
@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, [missing("requestItems")]),
        (
            {"RequestItems": {}, "ReturnConsumedCapacity": "a"},
            [
                not_in(CAPACITY, "a", "returnConsumedCapacity"),
                f"Value at 'RequestItems' failed to satisfy constraint: Member must {LEAST_ONE}",
            ],
        ),
        (
            {"RequestItems": {"abc": {}, "def": {"Keys": []}}},
            [
                missing("requestItems.abc.member.keys"),
                fault("[]", "requestItems.def.member.keys", LEAST_ONE),
            ],
        ),
    ],
)
def test_broken_constraints(raw: Any, body: dict[str, Any], faults: list[str]) -> None:
    assert raw("BatchGetItem", body) == (
        400,
        {"__type": VALIDATION, "message": constraints(*faults)},
    )


@no_coral
def test_a_table_takes_a_hundred_keys(fails: Any, table: str) -> None:
    keys = [{"pk": {"S": str(number)}} for number in range(101)]
    answer = fails(
        "batch_get_item", "ValidationException", None, RequestItems={table: {"Keys": keys}}
    )
    # Between them stand a hundred Java objects with addresses.
    message = answer["Error"]["Message"]
    assert message.startswith("1 validation error detected: Value '[{pk=com.amazonaws.dynamodb.")
    assert message.endswith(
        f"' at 'requestItems.{table}.member.keys' failed to satisfy constraint: "
        "Member must have length less than or equal to 100"
    )


def test_all_tables_together_take_a_hundred_keys(fails: Any, table: str, table_ss: str) -> None:
    one = [{"pk": {"S": str(number)}} for number in range(51)]
    two = [{"pk": {"S": str(number)}, "sk": {"S": "a"}} for number in range(50)]
    fails(
        "batch_get_item",
        "ValidationException",
        "Too many items requested for the BatchGetItem call",
        RequestItems={table: {"Keys": one}, table_ss: {"Keys": two}},
    )


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"Keys": [KEY, {"pk": {"S": "b"}}, KEY]}, DUPLICATE_KEYS),
        ({"Keys": [{"pk": {}}]}, EMPTY_VALUE),
        ({"Keys": [{"pk": {"S": ""}}]}, empty_key("pk")),
        pytest.param({"Keys": [{}]}, KEY_MISMATCH, marks=own_words),
        pytest.param({"Keys": [KEY, {"pk": {"N": "1"}}]}, KEY_MISMATCH, marks=own_words),
        pytest.param({"Keys": [KEY | {"sk": {"S": "a"}}]}, KEY_MISMATCH, marks=own_words),
        (
            {"Keys": [KEY], "ProjectionExpression": ""},
            "Invalid ProjectionExpression: The expression can not be empty;",
        ),
        ({"Keys": [KEY], "ProjectionExpression": "pk.a"}, NOT_SCALAR),
        (
            {"Keys": [KEY], "ProjectionExpression": "a", "AttributesToGet": ["a"]},
            mixed("AttributesToGet", "ProjectionExpression"),
        ),
        (
            {"Keys": [KEY], "AttributesToGet": ["a", "a"]},
            INVALID + "Duplicate value in attribute name: a",
        ),
        (
            {"Keys": [KEY], "ExpressionAttributeNames": {"#a": "a"}},
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
        (
            {
                "Keys": [KEY],
                "ProjectionExpression": "a",
                "ExpressionAttributeNames": {"#a": "a"},
            },
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}",
        ),
    ],
)
def test_bad_parts(fails: Any, table: str, part: dict[str, Any], message: str) -> None:
    fails("batch_get_item", "ValidationException", message, RequestItems={table: part})


# They are found before the table is looked for, and before what else is wrong with its part.
@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"Keys": [KEY, KEY]}, DUPLICATE_KEYS),
        ({"Keys": [KEY, KEY, {"pk": {}}], "ProjectionExpression": "a, a"}, DUPLICATE_KEYS),
        ({"Keys": [KEY, {"pk": {}}, KEY]}, EMPTY_VALUE),
        ({"Keys": [{"a": {"S": "x"}, **KEY}, {**KEY, "a": {"S": "x"}}]}, DUPLICATE_KEYS),
    ],
)
def test_duplicates_are_found_before_the_table(
    fails: Any, part: dict[str, Any], message: str
) -> None:
    fails("batch_get_item", "ValidationException", message, RequestItems={"no-such-table": part})


# Of keys to read it is not noticed, unlike of items to write.
def test_one_key_in_two_spellings_is_read_twice(client: Any, table_sn: str, key: str) -> None:
    keys = [{"pk": {"S": key}, "sk": {"N": sort}} for sort in ("1", "1.0")]
    client.put_item(TableName=table_sn, Item=keys[1])
    answer = client.batch_get_item(RequestItems={table_sn: {"Keys": keys}})
    assert answer["Responses"] == {table_sn: [keys[0], keys[0]]}


@no_coral
@pytest.mark.parametrize("name", ["ab", "a;bc"])
def test_table_names(fails: Any, name: str) -> None:
    answer = fails(
        "batch_get_item", "ValidationException", None, RequestItems={name: {"Keys": [KEY]}}
    )
    assert answer["Error"]["Message"].endswith(f" at 'requestItems' {BAD_MAP_KEYS}")


@own_words
def test_one_table_that_is_not_there_refuses_all(fails: Any, table: str) -> None:
    fails(
        "batch_get_item",
        "ResourceNotFoundException",
        NO_TABLE,
        RequestItems={table: {"Keys": [KEY]}, "not-there": {"Keys": [KEY]}},
    )


def test_items_of_several_tables(client: Any, table: str, table_ss: str, key: str) -> None:
    one = {"pk": {"S": key}, "a": {"N": "1"}}
    two = {"pk": {"S": key}, "sk": {"S": "x"}, "a": {"N": "2"}}
    client.put_item(TableName=table, Item=one)
    client.put_item(TableName=table_ss, Item=two)
    answer = client.batch_get_item(
        RequestItems={
            table: {"Keys": [{"pk": {"S": key}}], "ConsistentRead": True},
            table_ss: {"Keys": [{"pk": {"S": key}, "sk": {"S": "x"}}]},
        }
    )
    assert answer["Responses"] == {table: [one], table_ss: [two]}
    assert answer["UnprocessedKeys"] == {}


def test_items_that_are_not_there_are_left_out(client: Any, table: str, key: str) -> None:
    client.put_item(TableName=table, Item={"pk": {"S": key}})
    keys = [{"pk": {"S": key}}, {"pk": {"S": f"{key}-absent"}}]
    answer = client.batch_get_item(RequestItems={table: {"Keys": keys}})
    assert answer["Responses"] == {table: [{"pk": {"S": key}}]}


def test_the_whole_answer_when_nothing_is_there(raw: Any, table: str, key: str) -> None:
    request = {"RequestItems": {table: {"Keys": [{"pk": {"S": key}}]}}}
    assert raw("BatchGetItem", request) == (200, {"Responses": {table: []}, "UnprocessedKeys": {}})


def test_projections_are_each_table_s_own(client: Any, table: str, table_ss: str, key: str) -> None:
    client.put_item(TableName=table, Item={"pk": {"S": key}, "a": {"N": "1"}, "b": {"N": "2"}})
    client.put_item(
        TableName=table_ss, Item={"pk": {"S": key}, "sk": {"S": "x"}, "name": {"N": "2"}}
    )
    answer = client.batch_get_item(
        RequestItems={
            table: {"Keys": [{"pk": {"S": key}}], "ProjectionExpression": "b, absent"},
            table_ss: {
                "Keys": [{"pk": {"S": key}, "sk": {"S": "x"}}],
                "ProjectionExpression": "#n, sk",
                "ExpressionAttributeNames": {"#n": "name"},
            },
        }
    )
    assert answer["Responses"] == {
        table: [{"b": {"N": "2"}}],
        table_ss: [{"sk": {"S": "x"}, "name": {"N": "2"}}],
    }


# Of the whole request, although each table has its own parameters.
def test_expressions_of_one_table_do_not_go_with_names_of_another(
    fails: Any, table: str, table_ss: str, key: str
) -> None:
    fails(
        "batch_get_item",
        "ValidationException",
        mixed("AttributesToGet", "ProjectionExpression"),
        RequestItems={
            table: {"Keys": [{"pk": {"S": key}}], "AttributesToGet": ["b"]},
            table_ss: {
                "Keys": [{"pk": {"S": key}, "sk": {"S": "x"}}],
                "ProjectionExpression": "sk",
            },
        },
    )


def test_a_hundred_items(client: Any, table_sn: str, key: str) -> None:
    keys = [{"pk": {"S": key}, "sk": {"N": str(number)}} for number in range(100)]
    for start in range(0, 100, 25):
        client.batch_write_item(
            RequestItems={
                table_sn: [{"PutRequest": {"Item": each}} for each in keys[start : start + 25]]
            }
        )
    answer = client.batch_get_item(RequestItems={table_sn: {"Keys": keys}})
    found = sorted(answer["Responses"][table_sn], key=lambda item: int(item["sk"]["N"]))
    assert found == keys


# An answer holds 16 MB at most: 45 items of 380 KB do not fit.
def test_what_does_not_fit_into_an_answer_is_left_to_be_asked_again(
    client: Any, table_ss: str, key: str
) -> None:
    keys = [{"pk": {"S": key}, "sk": {"S": f"{number:02}"}} for number in range(45)]
    for each in keys:
        client.put_item(TableName=table_ss, Item={**each, "a": {"S": "x" * 380 * 1024}})
    part = {"Keys": keys, "ConsistentRead": True, "ProjectionExpression": "pk, sk, a"}
    first = client.batch_get_item(RequestItems={table_ss: part})
    left = first["UnprocessedKeys"][table_ss]
    assert left["ConsistentRead"] is True
    assert left["ProjectionExpression"] == part["ProjectionExpression"]
    second = client.batch_get_item(RequestItems=first["UnprocessedKeys"])
    assert second["UnprocessedKeys"] == {}
    found = [*first["Responses"][table_ss], *second["Responses"][table_ss]]
    assert sorted(item["sk"]["S"] for item in found) == [each["sk"]["S"] for each in keys]
    for each in keys:
        client.delete_item(TableName=table_ss, Key=each)


def test_capacity_is_told_for_each_table(client: Any, table: str, table_ss: str, key: str) -> None:
    client.put_item(TableName=table, Item={"pk": {"S": key}, "a": {"S": "x" * 5000}})
    client.put_item(TableName=table_ss, Item={"pk": {"S": key}, "sk": {"S": "x"}})
    answer = client.batch_get_item(
        RequestItems={
            table: {"Keys": [{"pk": {"S": key}}], "ConsistentRead": True},
            table_ss: {"Keys": [{"pk": {"S": key}, "sk": {"S": "x"}}]},
        },
        ReturnConsumedCapacity="TOTAL",
    )
    consumed = {each["TableName"]: each["CapacityUnits"] for each in answer["ConsumedCapacity"]}
    assert consumed == {table: 2, table_ss: 0.5}


@pytest.mark.differs_locally("it reads the table twice")
def test_one_table_by_name_and_by_arn(client: Any, fails: Any, table: str, key: str) -> None:
    arn = client.describe_table(TableName=table)["Table"]["TableArn"]
    keys = {"Keys": [{"pk": {"S": key}}]}
    fails("batch_get_item", "ValidationException", None, RequestItems={table: keys, arn: keys})
