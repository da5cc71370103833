"""The order of keys, in both directions, and ranges of it.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
"""

from __future__ import annotations

import random
import uuid
from typing import Any

import pytest

# Strings go by their UTF-8 bytes: U+FFFF stands before U+10000, which UTF-16 would
# turn round, and an accent is no decoration of its letter.
STRINGS = [
    "\x01",
    " ",
    "!",
    "0",
    "10",
    "9",
    "A",
    "B",
    "a",
    "a\x00",
    "aa",
    "b",
    "é",
    "中",
    "\ud7ff",
    "\uffff",
    "\U00010000",
    "😀",
]
NUMBERS = [
    "-9.9999999999999999999999999999999999999E+125",
    "-1E100",
    "-1000.5",
    "-1000",
    "-12",
    "-2",
    "-1.5",
    "-1.49",
    "-1",
    "-0.1",
    "-1E-130",
    "0",
    "1E-130",
    "0.00001",
    "0.1",
    "0.11",
    "0.9",
    "1",
    "1.49",
    "1.5",
    "2",
    "9",
    "10",
    "12",
    "99.99",
    "100",
    "1000",
    "1000.5",
    "123456789012345678",
    "123456789012345679",
    "1E100",
    "9.9999999999999999999999999999999999999E+125",
]
BINARIES = [
    b"\x00",
    b"\x00\x00",
    b"\x00\x01",
    b"\x01",
    b"a",
    b"a\x00",
    b"ab",
    b"\x7f",
    b"\x80",
    b"\xfe",
    b"\xff",
    b"\xff\x00",
    b"\xff\xff",
]
ORDERS = {
    "S": ("table_ss", [{"S": text} for text in STRINGS]),
    "N": ("table_sn", [{"N": text} for text in NUMBERS]),
    "B": ("table_sb", [{"B": content} for content in BINARIES]),
}


@pytest.fixture(scope="module", params=["S", "N", "B"])
def ordered(request: pytest.FixtureRequest, client: Any) -> tuple[dict[str, Any], list[Any]]:
    """A query of items that were put in any order, and the number each must come at."""
    fixture, keys = ORDERS[request.param]
    table = request.getfixturevalue(fixture)
    partition = f"order-{uuid.uuid4().hex[:8]}"
    shuffled = list(enumerate(keys))
    random.Random(7).shuffle(shuffled)
    for number, sort in shuffled:
        item = {"pk": {"S": partition}, "sk": sort, "at": {"N": str(number)}}
        client.put_item(TableName=table, Item=item)
    query = {
        "TableName": table,
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": partition}},
    }
    return query, keys


def places(answer: dict[str, Any]) -> list[int]:
    return [int(item["at"]["N"]) for item in answer["Items"]]


@pytest.mark.parametrize("forward", [True, False])
def test_order(client: Any, ordered: Any, forward: bool) -> None:
    query, keys = ordered
    order = list(range(len(keys)))
    answer = client.query(**query, ScanIndexForward=forward)
    assert places(answer) == (order if forward else order[::-1])


def test_a_scan_has_the_order_of_a_query(client: Any, ordered: Any) -> None:
    query, keys = ordered
    partition = query["ExpressionAttributeValues"]
    request = {"FilterExpression": "pk = :p", "ExpressionAttributeValues": partition}
    # Others keep items in this table: of a full page none may be of this partition.
    pages = client.get_paginator("scan").paginate(TableName=query["TableName"], **request)
    assert [place for page in pages for place in places(page)] == list(range(len(keys)))


@pytest.mark.parametrize("forward", [True, False])
def test_order_over_pages(client: Any, ordered: Any, forward: bool) -> None:
    query, keys = ordered
    order = list(range(len(keys)))
    found: list[int] = []
    last: dict[str, Any] = {}
    while len(found) < len(keys):
        answer = client.query(**query, **last, Limit=3, ScanIndexForward=forward)
        assert 0 < len(answer["Items"]) <= 3
        found += places(answer)
        last = {"ExclusiveStartKey": answer.get("LastEvaluatedKey")}
    assert found == (order if forward else order[::-1])


@pytest.mark.parametrize(
    ("operator", "chosen"),
    [
        ("<", lambda place, bound: place < bound),
        ("<=", lambda place, bound: place <= bound),
        (">", lambda place, bound: place > bound),
        (">=", lambda place, bound: place >= bound),
        ("=", lambda place, bound: place == bound),
    ],
)
def test_ranges(client: Any, ordered: Any, operator: str, chosen: Any) -> None:
    query, keys = ordered
    # The ends, and some between.
    for bound in (0, 1, len(keys) // 2, len(keys) - 1):
        answer = client.query(
            TableName=query["TableName"],
            KeyConditionExpression=f"pk = :p AND sk {operator} :s",
            ExpressionAttributeValues={**query["ExpressionAttributeValues"], ":s": keys[bound]},
        )
        assert places(answer) == [place for place in range(len(keys)) if chosen(place, bound)]


@pytest.mark.parametrize(
    ("kind", "prefix", "found"),
    [
        ("S", "a", ["a", "a\x00", "aa"]),
        ("S", "\ud7ff", ["\ud7ff"]),
        ("S", "\uffff", ["\uffff"]),
        ("S", "😀", ["😀"]),
        ("B", b"a", [b"a", b"a\x00", b"ab"]),
        # Nothing is above all keys with this prefix.
        ("B", b"\xff", [b"\xff", b"\xff\x00", b"\xff\xff"]),
        ("B", b"\x00", [b"\x00", b"\x00\x00", b"\x00\x01"]),
    ],
)
def test_prefixes(
    client: Any,
    request: pytest.FixtureRequest,
    key: str,
    kind: str,
    prefix: Any,
    found: list[Any],
) -> None:
    fixture, keys = ORDERS[kind]
    table = request.getfixturevalue(fixture)
    writes = [{"PutRequest": {"Item": {"pk": {"S": key}, "sk": sort}}} for sort in keys]
    client.batch_write_item(RequestItems={table: writes})
    answer = client.query(
        TableName=table,
        KeyConditionExpression="pk = :p AND begins_with(sk, :s)",
        ExpressionAttributeValues={":p": {"S": key}, ":s": {kind: prefix}},
    )
    assert [item["sk"][kind] for item in answer["Items"]] == found


def test_a_last_key_is_as_exact_as_its_item(client: Any, table_sb: str, key: str) -> None:
    sort = {"B": b"\x00\xff\xfe" * 100}
    client.put_item(TableName=table_sb, Item={"pk": {"S": key}, "sk": sort})
    answer = client.query(
        TableName=table_sb,
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": {"S": key}},
        Limit=1,
    )
    assert answer["LastEvaluatedKey"] == {"pk": {"S": key}, "sk": sort}
