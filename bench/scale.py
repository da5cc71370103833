"""Requests over tables of any size and number, by names that say both, so that the load generator
can make them: "scale GetItem items=1000 tables=1"."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from .workloads import Item, Request, Workload, item_of, put

_OF_A_PARTITION = 7
_BATCH = 25
_DIFFERENT = 3_000

OPERATIONS = ("GetItem", "PutItem", "Query of 7")


def name(operation: str, items: int, tables: int = 1) -> str:
    return f"scale {operation} items={items} tables={tables}"


def fill_name(first: int, end: int, tables: int = 1) -> str:
    return f"fill items={first}-{end} tables={tables}"


def table_of(table: str, number: int) -> str:
    """The n-th of several tables."""
    return f"{table}.{number}"


def find(name: str) -> Workload:
    """Raises KeyError."""
    if not name.startswith("scale "):
        raise KeyError(name)
    operation, _, sizes = name.removeprefix("scale ").partition(" items=")
    items, _, tables = sizes.partition(" tables=")
    make = _REQUESTS[operation]
    several, most = int(tables), int(items)

    def request(table: str, number: int) -> Request:
        chance = random.Random(number)
        return make(table_of(table, number % several), chance.randrange(most))

    return Workload(name, request, different=max(min(_DIFFERENT, most), 2 * several))


def filling(name: str) -> Callable[[str], Iterator[Request]] | None:
    """What fills each of the tables with items from the first on and before the end."""
    if not name.startswith("fill "):
        return None
    span, _, tables = name.removeprefix("fill items=").partition(" tables=")
    first, _, end = span.partition("-")

    def requests(table: str) -> Iterator[Request]:
        for number in range(int(tables)):
            for start in range(int(first), int(end), _BATCH):
                some = range(start, min(start + _BATCH, int(end)))
                entries = [{"PutRequest": {"Item": _item(n)}} for n in some]
                each = {table_of(table, number): entries}
                yield Request("BatchWriteItem", {"RequestItems": each})

    return requests


def _place(number: int) -> tuple[str, str]:
    return f"p{number // _OF_A_PARTITION}", f"{number % _OF_A_PARTITION}"


def _item(number: int) -> Item:
    return item_of(*_place(number))


def _get(table: str, number: int) -> Request:
    partition, sort = _place(number)
    key = {"pk": {"S": partition}, "sk": {"S": sort}}
    return Request("GetItem", {"TableName": table, "Key": key})


def _put(table: str, number: int) -> Request:
    return put(table, _item(number))


def _query(table: str, number: int) -> Request:
    partition, _ = _place(number)
    return Request(
        "Query",
        {
            "TableName": table,
            "KeyConditionExpression": "pk = :p",
            "ExpressionAttributeValues": {":p": {"S": partition}},
        },
    )


_REQUESTS: dict[str, Callable[[str, int], Request]] = dict(
    zip(OPERATIONS, (_get, _put, _query), strict=True)
)
