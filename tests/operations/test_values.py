"""Attribute values: the ten types, what each may be, how large it counts, and values as keys.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.operations.texts import (
    EMPTY_VALUE,
    INVALID,
    SERIALIZATION,
    TWO_DATATYPES,
    empty_key,
    own_words,
)

KB = 1024
LIMIT = 400 * KB
TOO_LARGE = "Item size has exceeded the maximum allowed size"


def nested(depth: int, kind: str) -> dict[str, Any]:
    """A string inside `depth` lists or maps."""
    value: dict[str, Any] = {"S": "x"}
    for _ in range(depth):
        value = {"L": [value]} if kind == "L" else {"M": {"a": value}}
    return value


@pytest.mark.parametrize(
    "value",
    [
        {"S": ""},
        {"S": "text"},
        {"S": '\x00\t\n\r"\\/\x7f'},
        {"S": "é中😀\u2028\ufeff"},
        {"S": "e\u0301"},
        {"N": "0"},
        {"N": "-5"},
        {"B": b""},
        {"B": bytes(range(256))},
        {"BOOL": True},
        {"BOOL": False},
        {"NULL": True},
        {"SS": ["a"]},
        {"SS": [""]},
        {"NS": ["1.5"]},
        {"BS": [b"\x00\xff"]},
        {"BS": [b""]},
        {"L": []},
        {"L": [{"S": "a"}, {"N": "1"}, {"NULL": True}, {"S": "a"}]},
        {"M": {}},
        {"M": {"a": {"S": "x"}, "b.c": {"M": {"#d": {"L": [{"SS": ["y"]}]}}}}},
        nested(31, "L"),
        nested(31, "M"),
    ],
)
def test_values_come_back_as_they_were(
    client: Any, table: str, key: str, value: dict[str, Any]
) -> None:
    client.put_item(TableName=table, Item={"pk": {"S": key}, "v": value})
    item = client.get_item(TableName=table, Key={"pk": {"S": key}})["Item"]
    assert item == {"pk": {"S": key}, "v": value}


@pytest.mark.parametrize(
    ("kind", "elements"),
    [
        ("SS", ["b", "a", "é", "c"]),
        ("NS", ["3", "-1", "2.5", "1000000000000"]),
        ("BS", [b"b", b"a", b"\xff"]),
    ],
)
def test_sets_keep_their_elements(
    client: Any, table: str, key: str, kind: str, elements: list[Any]
) -> None:
    client.put_item(TableName=table, Item={"pk": {"S": key}, "v": {kind: elements}})
    found = client.get_item(TableName=table, Key={"pk": {"S": key}})["Item"]["v"][kind]
    assert sorted(found) == sorted(elements)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("1", "1"),
        ("-0", "0"),
        ("0.0", "0"),
        ("0E+5", "0"),
        ("+1", "1"),
        ("007", "7"),
        ("1.0", "1"),
        ("1.50", "1.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1e3", "1000"),
        ("1E-3", "0.001"),
        ("12.3e+1", "123"),
        ("-1.20E2", "-120"),
        ("100000000000000000000", "100000000000000000000"),
        ("1" * 38, "1" * 38),
        ("0." + "1" * 38, "0." + "1" * 38),
        ("1" * 38 + "000", "1" * 38 + "000"),
        ("000" + "1" * 38 + ".000", "1" * 38),
        ("-" + "9" * 38, "-" + "9" * 38),
        ("1e125", "1" + "0" * 125),
        ("9." + "9" * 37 + "E125", "9" * 38 + "0" * 88),
        ("1e-130", "0." + "0" * 129 + "1"),
        ("-1e-130", "-0." + "0" * 129 + "1"),
        ("123456789012345678901234567890e-60", "0." + "0" * 30 + "12345678901234567890123456789"),
    ],
)
def test_numbers_are_kept_in_one_form(
    client: Any, table: str, key: str, given: str, kept: str
) -> None:
    client.put_item(TableName=table, Item={"pk": {"S": key}, "v": {"N": given}})
    found = client.get_item(TableName=table, Key={"pk": {"S": key}})["Item"]["v"]
    assert found == {"N": kept}


@pytest.mark.differs_locally("inside of others, numbers keep their spelling")
def test_numbers_inside_of_others_have_that_form_too(client: Any, table: str, key: str) -> None:
    value = {"L": [{"N": "1.0"}, {"NS": ["1e2"]}, {"M": {"a": {"N": "-0"}}}]}
    client.put_item(TableName=table, Item={"pk": {"S": key}, "v": value})
    found = client.get_item(TableName=table, Key={"pk": {"S": key}})["Item"]["v"]
    assert found == {"L": [{"N": "1"}, {"NS": ["100"]}, {"M": {"a": {"N": "0"}}}]}


OVERFLOW = (
    "Number overflow. Attempting to store a number with magnitude larger than supported range"
)
UNDERFLOW = (
    "Number underflow. Attempting to store a number with magnitude smaller than supported range"
)
PRECISION = "Attempting to store more than 38 significant digits in a Number"
NOT_NUMERIC = "The parameter cannot be converted to a numeric value"


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("1e126", OVERFLOW),
        ("-1e126", OVERFLOW),
        ("1e999999999", OVERFLOW),
        ("1e-131", UNDERFLOW),
        ("-1e-131", UNDERFLOW),
        ("1e-999999999", UNDERFLOW),
        pytest.param("1" * 39, PRECISION, marks=own_words),
        pytest.param("1." + "1" * 38, PRECISION, marks=own_words),
        pytest.param("1" + "0" * 37 + "1", PRECISION, marks=own_words),
        pytest.param("", NOT_NUMERIC, marks=own_words),
        *[
            pytest.param(text, f"{NOT_NUMERIC}: {text}", marks=own_words)
            for text in (
                *("abc", " 1", "1 ", "1_0", "0x10", "1,5", "1e", "e5", "--1", "."),
                *("NaN", "Infinity", "-Infinity", "1e1.5", "½"),
            )
        ],
    ],
)
@pytest.mark.parametrize("wrap", ["N", "NS", "nested"])
def test_numbers_that_are_none(
    fails: Any, table: str, key: str, number: str, message: str, wrap: str
) -> None:
    values = {"N": {"N": number}, "NS": {"NS": ["1", number]}, "nested": {"L": [{"N": number}]}}
    item = {"pk": {"S": key}, "v": values[wrap]}
    fails("put_item", "ValidationException", message, TableName=table, Item=item)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, EMPTY_VALUE),
        ({"S": "a", "N": "1"}, TWO_DATATYPES),
        ({"S": "a", "NULL": True}, TWO_DATATYPES),
        ({"L": [{}]}, EMPTY_VALUE),
        ({"M": {"a": {}}}, EMPTY_VALUE),
        ({"NULL": False}, INVALID + "Null attribute value types must have the value of true"),
        ({"SS": []}, INVALID + "An string set  may not be empty"),
        ({"NS": []}, INVALID + "An number set  may not be empty"),
        ({"BS": []}, INVALID + "Binary sets should not be empty"),
        ({"NS": ["1", "1.0"]}, "Input collection contains duplicates"),
        pytest.param(
            {"SS": ["a", "b", "a"]},
            INVALID + "Input collection [a, b, a] contains duplicates.",
            marks=own_words,
        ),
        pytest.param(
            {"BS": [b"a", b"a"]},
            INVALID + "Input collection [YQ==, YQ==]of type BS contains duplicates.",
            marks=own_words,
        ),
        ({"M": {"": {"S": "x"}}}, "Empty attribute name"),
    ],
)
def test_values_that_are_none(
    fails: Any, table: str, key: str, value: dict[str, Any], message: str
) -> None:
    item = {"pk": {"S": key}, "v": value}
    fails("put_item", "ValidationException", message, TableName=table, Item=item)


@pytest.mark.differs_locally("it answers 500")
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"B": "YWI"}, "Base64 encoded length is expected a multiple of 4 bytes but found: 3"),
        ({"B": "YW I"}, "Invalid Base64 character: ' '"),
        ({"B": "YWJ-"}, "Invalid Base64 character: '-'"),
        ({"BS": ["YWI="], "B": "YWJ="}, "Invalid last non-pad Base64 character dectected"),
        ({"BOOL": "x"}, "Unexpected token received from parser"),
        ({"NULL": "x"}, "Unexpected token received from parser"),
        ({"N": 5}, "NUMBER_VALUE cannot be converted to String"),
        ({"SS": [5]}, "NUMBER_VALUE cannot be converted to String"),
    ],
)
def test_json_of_the_wrong_type(
    raw: Any, table: str, key: str, value: dict[str, Any], message: str
) -> None:
    request = {"TableName": table, "Item": {"pk": {"S": key}, "v": value}}
    assert raw("PutItem", request) == (400, {"__type": SERIALIZATION, "Message": message})


def test_a_name_of_an_attribute_is_not_empty(fails: Any, table: str, key: str) -> None:
    item = {"pk": {"S": key}, "": {"S": "x"}}
    fails("put_item", "ValidationException", "Empty attribute name", TableName=table, Item=item)


def test_a_name_of_an_attribute_is_not_too_long(
    client: Any, fails: Any, table: str, key: str
) -> None:
    message = "Attribute name is too large, must be less than 65536 bytes"
    for name in ("x" * 65536, "é" * 32768):
        for attributes in ({name: {"S": "x"}}, {"m": {"M": {"a": {"S": "x"}, name: {"S": "x"}}}}):
            item = {"pk": {"S": key}, **attributes}
            fails("put_item", "ValidationException", message, TableName=table, Item=item)
    item = {"pk": {"S": key}, "é" * 32767 + "x": {"S": "x"}}
    client.put_item(TableName=table, Item=item)
    assert client.get_item(TableName=table, Key={"pk": {"S": key}})["Item"] == item


@pytest.mark.parametrize(
    "name", ["a b", "a.b", "a[0]", "#a", ":a", "é", "😀", "\n", "0", "x" * 255]
)
def test_names_of_attributes(client: Any, table: str, key: str, name: str) -> None:
    item = {"pk": {"S": key}, name: {"M": {name: {"N": "1"}}}}
    client.put_item(TableName=table, Item=item)
    assert client.get_item(TableName=table, Key={"pk": {"S": key}})["Item"] == item


@pytest.mark.parametrize("kind", ["L", "M"])
@pytest.mark.parametrize("depth", [32, 33, 200])
def test_values_nested_too_deep(fails: Any, table: str, key: str, depth: int, kind: str) -> None:
    fails(
        "put_item",
        "ValidationException",
        "Nesting Levels have exceeded supported limits: "
        "Attributes in the item have nested levels beyond supported limit",
        TableName=table,
        Item={"pk": {"S": key}, "v": nested(depth, kind)},
    )


# Sizes are told by the capacity of a write: one byte more than 1 KB costs two units.
@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": ""}, 0),
        ({"S": "é"}, 2),
        ({"S": "😀"}, 4),
        ({"B": b"\x00" * 5}, 5),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"N": "0"}, 1),
        ({"N": "1"}, 2),
        ({"N": "-1"}, 3),
        ({"N": "12"}, 2),
        ({"N": "123"}, 3),
        ({"N": "-123"}, 4),
        ({"N": "100"}, 2),
        ({"N": "1000"}, 2),
        ({"N": "0.1"}, 2),
        ({"N": "1.2"}, 3),
        ({"N": "1" * 38}, 20),
        ({"N": "-" + "1" * 38}, 21),
        ({"N": "1e100"}, 2),
        ({"SS": ["a", "bc"]}, 3),
        ({"NS": ["1", "123"]}, 5),
        ({"BS": [b"a", b"bc"]}, 3),
        ({"L": []}, 3),
        ({"L": [{"S": "a"}, {"N": "1"}]}, 3 + 1 + 1 + 1 + 2),
        ({"M": {}}, 3),
        ({"M": {"ab": {"S": "c"}}}, 3 + 1 + 2 + 1),
        ({"L": [{"L": [{"NULL": True}]}]}, 3 + 1 + 3 + 1 + 1),
    ],
)
def test_sizes(client: Any, table: str, key: str, value: dict[str, Any], size: int) -> None:
    # Names of 2 + 1 + 1 bytes.
    rest = KB - 4 - len(key) - size
    for extra, units in ((0, 1), (1, 2)):
        own = {"pk": {"S": key}} if extra == 0 else {"pk": {"S": f"{key[:-1]}~"}}
        item = {**own, "v": value, "p": {"S": "x" * (rest + extra)}}
        answer = client.put_item(TableName=table, Item=item, ReturnConsumedCapacity="TOTAL")
        assert answer["ConsumedCapacity"]["CapacityUnits"] == units


def test_the_largest_item(client: Any, fails: Any, table: str, key: str) -> None:
    room = LIMIT - len("pk") - len(key) - len("v")
    item = {"pk": {"S": key}, "v": {"S": "x" * room}}
    client.put_item(TableName=table, Item=item)
    assert client.get_item(TableName=table, Key={"pk": {"S": key}})["Item"] == item
    item["v"] = {"S": "y" * (room + 1)}
    fails("put_item", "ValidationException", TOO_LARGE, TableName=table, Item=item)
    item["v"] = {"S": "y" * (room - 1) + "é"}
    fails("put_item", "ValidationException", TOO_LARGE, TableName=table, Item=item)
    client.delete_item(TableName=table, Key={"pk": {"S": key}})


def test_names_count_towards_the_largest_item(fails: Any, table: str, key: str) -> None:
    item = {"pk": {"S": key}, "v" * 1000: {"S": "x" * (LIMIT - 1000)}}
    fails("put_item", "ValidationException", TOO_LARGE, TableName=table, Item=item)


SORT_KEY_TOO_LONG = (
    INVALID + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
)


@pytest.mark.parametrize(
    ("fixture", "sort", "message"),
    [
        pytest.param("table_ss", {"S": "x" * 1025}, SORT_KEY_TOO_LONG, marks=own_words),
        pytest.param("table_ss", {"S": "é" * 513}, SORT_KEY_TOO_LONG, marks=own_words),
        pytest.param("table_sb", {"B": b"x" * 1025}, SORT_KEY_TOO_LONG, marks=own_words),
        ("table_ss", {"S": ""}, empty_key("sk")),
        ("table_sb", {"B": b""}, empty_key("sk", "binary")),
    ],
)
def test_sort_keys_that_are_none(
    fails: Any,
    request: pytest.FixtureRequest,
    key: str,
    fixture: str,
    sort: dict[str, Any],
    message: str,
) -> None:
    wanted = {"pk": {"S": key}, "sk": sort}
    table = request.getfixturevalue(fixture)
    fails("put_item", "ValidationException", message, TableName=table, Item=wanted)
    fails("get_item", "ValidationException", message, TableName=table, Key=wanted)


@pytest.mark.usefixtures("long_sort_keys")
def test_the_longest_keys(client: Any, table_ss: str, key: str) -> None:
    partition = key + "é" * ((2048 - len(key)) // 2)
    partition += "x" * (2048 - len(partition.encode()))
    longest = {"pk": {"S": partition}, "sk": {"S": "é" * 512}}
    client.put_item(TableName=table_ss, Item=longest)
    assert client.get_item(TableName=table_ss, Key=longest)["Item"] == longest


@pytest.fixture(scope="module")
def table_n(client: Any, create_table: Callable[..., str]) -> Iterator[str]:
    """Partition key `pk` (N)."""
    name = create_table(f"test-values-n-{uuid.uuid4().hex[:8]}", {"pk": "N"})
    yield name
    client.delete_table(TableName=name)


@pytest.fixture(scope="module")
def table_b(client: Any, create_table: Callable[..., str]) -> Iterator[str]:
    """Partition key `pk` (B)."""
    name = create_table(f"test-values-b-{uuid.uuid4().hex[:8]}", {"pk": "B"})
    yield name
    client.delete_table(TableName=name)


@pytest.mark.parametrize(
    "spellings",
    [["7", "7.0", "07", "0.7e1"], ["-0", "0", "0.00", "0e9"], ["1e-130", f"0.{'0' * 129}1"]],
)
def test_equal_numbers_are_one_key(client: Any, table_n: str, spellings: list[str]) -> None:
    for count, spelling in enumerate(spellings, 1):
        client.update_item(
            TableName=table_n,
            Key={"pk": {"N": spelling}},
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
        for each in spellings:
            item = client.get_item(TableName=table_n, Key={"pk": {"N": each}})["Item"]
            assert item["n"] == {"N": str(count)}
    answer = client.query(
        TableName=table_n,
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": {"N": spellings[-1]}},
    )
    assert answer["Count"] == 1


# 38 digits are more than a float has.
def test_numbers_that_differ_in_their_last_digit_are_two_keys(client: Any, table_n: str) -> None:
    one, two = "1" * 37 + "1", "1" * 37 + "2"
    client.put_item(TableName=table_n, Item={"pk": {"N": one}})
    assert "Item" not in client.get_item(TableName=table_n, Key={"pk": {"N": two}})


@pytest.mark.parametrize("content", [b"\x00", b"\xff\xfe", b"text", bytes(range(256)) * 8])
def test_binary_partition_keys(client: Any, table_b: str, content: bytes) -> None:
    item = {"pk": {"B": content}}
    client.put_item(TableName=table_b, Item=item)
    assert client.get_item(TableName=table_b, Key=item)["Item"] == item
    assert "Item" not in client.get_item(TableName=table_b, Key={"pk": {"B": content[:-1] + b"!"}})


@pytest.mark.parametrize(
    ("fixture", "value", "message"),
    [
        ("table_n", {"S": "1"}, INVALID + "Type mismatch for key pk expected: N actual: S"),
        ("table_b", {"S": "a"}, INVALID + "Type mismatch for key pk expected: B actual: S"),
        (
            "table_b",
            {"B": b"x" * 2049},
            INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes",
        ),
        ("table", {"SS": ["a"]}, INVALID + "Type mismatch for key pk expected: S actual: SS"),
        ("table", {"NULL": True}, INVALID + "Type mismatch for key pk expected: S actual: NULL"),
    ],
)
@own_words
def test_partition_keys_that_are_none(
    fails: Any, request: pytest.FixtureRequest, fixture: str, value: Any, message: str
) -> None:
    table = request.getfixturevalue(fixture)
    fails("put_item", "ValidationException", message, TableName=table, Item={"pk": value})


# Strings are no texts to be normalized: what looks alike may be two keys.
def test_keys_are_their_code_points(client: Any, table: str, key: str) -> None:
    client.put_item(TableName=table, Item={"pk": {"S": f"{key}é"}})
    assert "Item" not in client.get_item(TableName=table, Key={"pk": {"S": f"{key}e\u0301"}})
    assert "Item" not in client.get_item(TableName=table, Key={"pk": {"S": f"{key}É"}})


@pytest.mark.parametrize(
    ("stored", "given"),
    [
        ({"N": "1"}, {"N": "1.00"}),
        ({"SS": ["a", "b"]}, {"SS": ["b", "a"]}),
        ({"NS": ["1", "2"]}, {"NS": ["2.0", "1"]}),
        ({"BS": [b"a", b"b"]}, {"BS": [b"b", b"a"]}),
        ({"M": {"a": {"N": "1"}, "b": {"S": "x"}}}, {"M": {"b": {"S": "x"}, "a": {"N": "1.0"}}}),
        ({"L": [{"SS": ["a", "b"]}]}, {"L": [{"SS": ["b", "a"]}]}),
        ({"NULL": True}, {"NULL": True}),
    ],
)
def test_equal_values(
    client: Any, table: str, key: str, stored: dict[str, Any], given: dict[str, Any]
) -> None:
    client.put_item(TableName=table, Item={"pk": {"S": key}, "v": stored})
    client.delete_item(
        TableName=table,
        Key={"pk": {"S": key}},
        ConditionExpression="v = :v",
        ExpressionAttributeValues={":v": given},
    )


@pytest.mark.parametrize(
    ("stored", "given"),
    [
        ({"N": "1"}, {"S": "1"}),
        ({"S": "a"}, {"SS": ["a"]}),
        ({"S": "a"}, {"B": b"a"}),
        ({"S": "a"}, {"S": "A"}),
        ({"L": [{"S": "a"}, {"S": "b"}]}, {"L": [{"S": "b"}, {"S": "a"}]}),
        ({"SS": ["a"]}, {"L": [{"S": "a"}]}),
        ({"SS": ["a", "b"]}, {"SS": ["a"]}),
        ({"M": {"a": {"S": "x"}}}, {"M": {"a": {"S": "x"}, "b": {"S": "x"}}}),
        ({"BOOL": True}, {"BOOL": False}),
        ({"NULL": True}, {"BOOL": True}),
        ({"NS": ["1"]}, {"SS": ["1"]}),
    ],
)
def test_values_that_are_not_equal(
    client: Any, fails: Any, table: str, key: str, stored: dict[str, Any], given: dict[str, Any]
) -> None:
    client.put_item(TableName=table, Item={"pk": {"S": key}, "v": stored})
    fails(
        "delete_item",
        "ConditionalCheckFailedException",
        "The conditional request failed",
        TableName=table,
        Key={"pk": {"S": key}},
        ConditionExpression="v = :v",
        ExpressionAttributeValues={":v": given},
    )
