"""The most that a client can ask for with one request."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from itertools import islice, product
from string import ascii_letters, digits

from .workloads import Item, Request, Workload, key_of, put

_TINY = 100_000
_OPERATORS = 290
_LARGE_BYTES = 395_000
_LARGE = 40


def worst_contents(table: str) -> Iterator[Request]:
    yield tiny_put(table, 0)
    for number in range(_LARGE):
        yield put(table, _large(number))


def new_expression(table: str, number: int) -> Request:
    """An expression that no request before had."""
    return Request(
        "UpdateItem",
        {
            "TableName": table,
            "Key": key_of(number),
            "UpdateExpression": f"SET extra = if_not_exists(c{number}, :one)",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        },
    )


def tiny_put(table: str, number: int) -> Request:
    """As many attributes as 400 KB have room for: names of three letters and one byte each."""
    names = islice(product(ascii_letters + digits, repeat=3), _TINY)
    item: Item = {"".join(name): {"NULL": True} for name in names}
    return put(table, {**item, **_key("tiny")})


def tiny_get(table: str, number: int) -> Request:
    return Request("GetItem", {"TableName": table, "Key": _key("tiny")})


def deep_expression(table: str, number: int) -> Request:
    """A condition of almost 4 KB, as deep as the number of operators allows."""
    condition = "attribute_exists(pk)"
    for level in range(_OPERATORS // 2):
        condition = f"a{level:02} <> :none OR ({condition})"
    item: Item = {**key_of(number), "score": {"N": "98"}}
    request = put(table, item)
    request.body["ConditionExpression"] = condition
    request.body["ExpressionAttributeValues"] = {":none": {"S": "none"}}
    return request


def largest_batch(table: str, number: int) -> Request:
    """25 items of 395 KB, 13 MB of JSON."""
    entries = [{"PutRequest": {"Item": _large(n)}} for n in range(25)]
    return Request("BatchWriteItem", {"RequestItems": {table: entries}})


def largest_read(table: str, number: int) -> Request:
    """An answer of 16 MB of items, which is the most there is."""
    keys = [_key(f"large{n}") for n in range(_LARGE)]
    return Request("BatchGetItem", {"RequestItems": {table: {"Keys": keys}}})


def _key(partition: str) -> Item:
    return {"pk": {"S": partition}, "sk": {"S": "s"}}


def _large(number: int) -> Item:
    data = base64.b64encode(bytes(_LARGE_BYTES)).decode()
    return {**_key(f"large{number}"), "data": {"B": data}}


EXPRESSIONS = (
    Workload("expressions that never repeat", new_expression, once=True, own=True),
    Workload("an expression of 4 KB", deep_expression, own=True),
)
GIANTS = (
    Workload("PutItem of 100,000 attributes", tiny_put, different=1, own=True, connections=1),
    Workload("GetItem of 100,000 attributes", tiny_get, different=1, own=True, connections=1),
    Workload("BatchWriteItem of 10 MB", largest_batch, different=1, own=True, connections=1),
    Workload("BatchGetItem of 16 MB", largest_read, different=1, own=True, connections=1),
)
WORST = (*EXPRESSIONS, *GIANTS)
