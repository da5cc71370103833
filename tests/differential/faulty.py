"""Requests with several faults at once: which one is told?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from .steps import SORTS, TABLE, Step

Request = dict[str, Any]


def _unused_name(request: Request) -> None:
    request.setdefault("ExpressionAttributeNames", {})["#unused"] = "a"


def _bad_name(request: Request) -> None:
    request.setdefault("ExpressionAttributeNames", {})["bad"] = "a"


def _unused_value(request: Request) -> None:
    request.setdefault("ExpressionAttributeValues", {})[":unused"] = {"S": "a"}


def _bad_key_of_value(request: Request) -> None:
    request.setdefault("ExpressionAttributeValues", {})["bad"] = {"S": "a"}


def _empty_value(request: Request) -> None:
    request.setdefault("ExpressionAttributeValues", {})[":e"] = {}


def _empty_set(request: Request) -> None:
    request.setdefault("ExpressionAttributeValues", {})[":e"] = {"SS": []}


def _no_names(request: Request) -> None:
    request["ExpressionAttributeNames"] = {}


def _no_values(request: Request) -> None:
    request["ExpressionAttributeValues"] = {}


def _setting(member: str, *texts: str) -> tuple[Callable[[Request], None], ...]:
    def set_to(text: str) -> Callable[[Request], None]:
        return lambda request: request.update({member: text})

    return tuple(map(set_to, texts))


_SHARED = (
    *(_unused_name, _bad_name, _unused_value, _bad_key_of_value, _empty_value, _empty_set),
    *(_no_names, _no_values),
)
_CONDITIONS = (
    *("a b", "", "a = :undefined", "#undefined = a", "attribute_exists(pk.a)", "size(a)"),
    *("a = a", "((a = b))", "attribute_exists(a)"),
)
_CONDITION = (
    *_setting("ConditionExpression", *_CONDITIONS),
    lambda request: request.update(Expected={"a": {"Exists": False}}),
    lambda request: request.update(ConditionalOperator="AND"),
)
_PROJECTION = (
    *_setting("ProjectionExpression", "a b", "", "a, a", "#undefined", "a.b, a", "pk.a", "b"),
    lambda request: request.update(AttributesToGet=["a"]),
)
_FILTER = (*_setting("FilterExpression", *_CONDITIONS),)
_SELECT = (*_setting("Select", "COUNT", "SPECIFIC_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"),)
_UPDATE = (
    *_setting("UpdateExpression", "SET a", "", "SET a = :undefined", "REMOVE a, a", "REMOVE pk"),
    *_setting("UpdateExpression", "SET a = a + b", "REMOVE a", "SET sk.a = b", "ADD a b"),
    lambda request: request.update(AttributeUpdates={"a": {"Action": "DELETE"}}),
)


def _put(partition: str) -> Request:
    return {"Item": {"pk": {"S": partition}, "sk": {"N": "1"}}}


def _keyed(partition: str) -> Request:
    return {"Key": {"pk": {"S": partition}, "sk": {"N": "1"}}}


_KINDS: dict[str, tuple[Callable[[str], Request], tuple[Callable[[Request], None], ...]]] = {
    "PutItem": (_put, (*_SHARED, *_CONDITION)),
    "DeleteItem": (_keyed, (*_SHARED, *_CONDITION)),
    "UpdateItem": (_keyed, (*_SHARED, *_CONDITION, *_UPDATE)),
    "GetItem": (_keyed, (*_SHARED, *_PROJECTION)),
    "Scan": (lambda _: {"Limit": 1}, (*_SHARED, *_PROJECTION, *_FILTER, *_SELECT)),
    "Query": (
        lambda partition: {
            "KeyConditionExpression": "pk = :p",
            "ExpressionAttributeValues": {":p": {"S": partition}},
        },
        (*_SHARED, *_PROJECTION, *_FILTER, *_SELECT),
    ),
}


def faulty(draw: st.DrawFn, partition: str) -> Step:
    """Two or three faults of a kind that would each be told alone, and perhaps none."""
    operation = draw(st.sampled_from(sorted(_KINDS)))
    sound, faults = _KINDS[operation]
    request = sound(f"{partition}-{draw(st.sampled_from(SORTS))}")
    for number in draw(st.lists(st.integers(0, len(faults) - 1), min_size=2, max_size=3)):
        faults[number](request)
    return Step(operation, {"TableName": TABLE, **request})
