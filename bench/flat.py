"""Requests that every way of keeping items serves: of flat items, as columns hold them."""

from __future__ import annotations

from collections.abc import Iterator

from .workloads import KEYS, Item, Request, Workload, get_item, key_of, put, query

CONTENTS = "flat contents"
_TWICE = 500


def item(partition: str, sort: str) -> Item:
    return {
        "pk": {"S": partition},
        "sk": {"S": sort},
        "name": {"S": "Ada Lovelace"},
        "email": {"S": "ada@example.org"},
        "city": {"S": "London"},
        "note": {"S": "x" * 160},
        "total": {"N": "1"},
        "score": {"N": "98.25"},
    }


def _put(table: str, number: int) -> Request:
    return put(table, item(f"k{number % KEYS}", "s"))


def _update(table: str, number: int, expression: str, value: Item) -> Request:
    return Request(
        "UpdateItem",
        {
            "TableName": table,
            "Key": key_of(number),
            "UpdateExpression": expression,
            "ExpressionAttributeValues": {":v": value},
        },
    )


def _set(table: str, number: int) -> Request:
    # A key comes twice before a request is repeated: each finds another city than its own.
    return _update(table, number % _TWICE, "SET city = :v", {"S": f"City {number}"})


def _add(table: str, number: int) -> Request:
    return _update(table, number, "ADD score :v", {"N": "1"})


SET = Workload("UpdateItem, SET", _set)
ADD = Workload("UpdateItem, ADD", _add)
CHOOSING = (
    Workload("PutItem of 8", _put),
    SET,
    ADD,
    Workload("GetItem of 8", get_item),
    Workload("Query of 7 of 8", query("q", 200)),
)


def contents(table: str) -> Iterator[Request]:
    """Each item by itself: attached tables take no batch faster."""
    for number in range(KEYS):
        yield put(table, item(f"k{number}", "s"))
    for partition in range(200):
        for number in range(7):
            yield put(table, item(f"q{partition}", f"{number:03}"))
