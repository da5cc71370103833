"""What is asked: tables, items, and the requests of each workload as the SDKs would send them."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import orjson

Item = dict[str, Any]
Body = dict[str, Any]

KEYS = 2_000
_SEVENS = 200
_HUNDREDS = 20
_LARGE = {"4 KB": (4_096, 200), "100 KB": (102_400, 20)}
_ZIPF = 0.99


@dataclass(frozen=True, slots=True)
class Request:
    operation: str
    body: Body


@dataclass(frozen=True, slots=True)
class Workload:
    """`request` makes the n-th one for a table; so many are `different`, then they repeat. once: no
    request may be sent a second time. own: only dynaspan is asked. `driver` names the same work for
    a bare CQL driver, `bench.bare_driver`, or is empty.
    """

    name: str
    request: Callable[[str, int], Request]
    once: bool = False
    different: int = 1_000
    own: bool = False
    connections: int = 16
    driver: str = ""


def item_of(partition: str, sort: str, size: int = 300) -> Item:
    """About `size` bytes in nested maps."""
    item: Item = {
        "pk": {"S": partition},
        "sk": {"S": sort},
        "count": {"N": "1"},
        "profile": {
            "M": {
                "name": {"S": "Ada Lovelace"},
                "email": {"S": "ada@example.org"},
                "address": {
                    "M": {
                        "street": {"S": "12 St James's Square"},
                        "city": {"S": "London"},
                        "zip": {"S": "SW1Y 4JH"},
                    }
                },
                "tags": {"L": [{"S": "mathematician"}, {"S": "author"}]},
                "active": {"BOOL": True},
            }
        },
        "score": {"N": "98.25"},
        "note": {"S": "x" * 60},
    }
    more = [
        {
            "M": {
                "id": {"N": str(number)},
                "label": {"S": "y" * 60},
                "flags": {"L": [{"NULL": True}]},
            }
        }
        for number in range(max(size - 300, 0) // 85)
    ]
    if more:
        item["history"] = {"L": more}
    return item


def table_definition(name: str) -> Body:
    return {
        "TableName": name,
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "BillingMode": "PAY_PER_REQUEST",
    }


def contents(table: str) -> Iterator[Request]:
    """The requests that fill the table."""
    items = [item_of(f"k{number}", "s") for number in range(KEYS)]
    items += [item_of(f"q{p}", f"{n:03}") for p in range(_SEVENS) for n in range(7)]
    items += [item_of(f"h{p}", f"{n:03}") for p in range(_HUNDREDS) for n in range(100)]
    for start in range(0, len(items), 25):
        yield _batch(table, items[start : start + 25])
    for label, (size, count) in _LARGE.items():
        for number in range(count):
            yield put(table, item_of(f"{label}{number}", "s", size))


def put(table: str, item: Item) -> Request:
    return Request("PutItem", {"TableName": table, "Item": item})


def _batch(table: str, items: list[Item]) -> Request:
    entries = [{"PutRequest": {"Item": item}} for item in items]
    return Request("BatchWriteItem", {"RequestItems": {table: entries}})


def key_of(number: int) -> Item:
    return {"pk": {"S": f"k{number % KEYS}"}, "sk": {"S": "s"}}


def get_item(table: str, number: int) -> Request:
    return Request("GetItem", {"TableName": table, "Key": key_of(number)})


def put_item(table: str, number: int) -> Request:
    return put(table, item_of(f"k{number % KEYS}", "s"))


def update_item(table: str, number: int) -> Request:
    return Request(
        "UpdateItem",
        {
            "TableName": table,
            "Key": key_of(number),
            "UpdateExpression": "SET #c = #c + :one, profile.address.city = :city",
            "ExpressionAttributeNames": {"#c": "count"},
            "ExpressionAttributeValues": {":one": {"N": "1"}, ":city": {"S": f"City {number}"}},
        },
    )


def conditional_put(table: str, number: int) -> Request:
    """Every other one for a key changes its item: nothing is written over an equal one."""
    request = put_item(table, number % 500)
    request.body["Item"]["count"] = {"N": str(number // 500 % 2)}
    request.body["ConditionExpression"] = "attribute_exists(pk) AND score > :low"
    request.body["ExpressionAttributeValues"] = {":low": {"N": "10"}}
    return request


def query(prefix: str, partitions: int) -> Callable[[str, int], Request]:
    def request(table: str, number: int) -> Request:
        return Request(
            "Query",
            {
                "TableName": table,
                "KeyConditionExpression": "pk = :p",
                "ExpressionAttributeValues": {":p": {"S": f"{prefix}{number % partitions}"}},
            },
        )

    return request


def batch_write(table: str, number: int) -> Request:
    first = number * 25
    return _batch(table, [item_of(f"k{(first + n) % KEYS}", "s") for n in range(25)])


def transaction(table: str, number: int) -> Request:
    """Two puts and two updates, in four partitions; a token each, as the SDKs give."""
    actions: list[Body] = [
        {"Put": put_item(table, 4 * number).body},
        {"Put": put_item(table, 4 * number + 1).body},
        {"Update": update_item(table, 4 * number + 2).body},
        {"Update": update_item(table, 4 * number + 3).body},
    ]
    token = str(uuid.uuid4())
    return Request("TransactWriteItems", {"TransactItems": actions, "ClientRequestToken": token})


_WEIGHTS = list(accumulate(1 / (rank + 1) ** _ZIPF for rank in range(KEYS)))


def mixed(table: str, number: int) -> Request:
    """80 of 100 read, 20 put; few keys have most of it."""
    chance = random.Random(number)
    key = chance.choices(range(KEYS), cum_weights=_WEIGHTS)[0]
    return (get_item if chance.random() < 0.8 else put_item)(table, key)


def large_get(label: str) -> Callable[[str, int], Request]:
    def request(table: str, number: int) -> Request:
        key = {"pk": {"S": f"{label}{number % _LARGE[label][1]}"}, "sk": {"S": "s"}}
        return Request("GetItem", {"TableName": table, "Key": key})

    return request


def large_put(label: str) -> Callable[[str, int], Request]:
    size, count = _LARGE[label]

    def request(table: str, number: int) -> Request:
        return put(table, item_of(f"{label}{number % count}", "s", size))

    return request


NAMED = (
    Workload("GetItem", get_item, driver="get"),
    Workload("PutItem", put_item, driver="put"),
    Workload("UpdateItem", update_item, driver="update"),
    Workload("Query of 7", query("q", _SEVENS), driver="query"),
)
COMMON = (
    *NAMED,
    Workload("conditional PutItem", conditional_put),
    Workload("Query of 100", query("h", _HUNDREDS)),
    Workload("BatchWriteItem of 25", batch_write),
    Workload("TransactWriteItems of 4", transaction, once=True),
    Workload("80 % GetItem, Zipf", mixed),
)
LARGE = tuple(
    workload
    for label in _LARGE
    for workload in (
        Workload(f"GetItem {label}", large_get(label), different=_LARGE[label][1]),
        Workload(f"PutItem {label}", large_put(label), different=_LARGE[label][1]),
    )
)


def encoded(request: Request) -> bytes:
    return orjson.dumps(request.body)
