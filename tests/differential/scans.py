"""Scans, and pages of queries, at random: filters old and new, Select, where to begin."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from .expressions import Maker, scalars, values
from .steps import SORTS, TABLE, Step, draw_options

_SELECTS = ("ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "SPECIFIC_ATTRIBUTES", "COUNT")
_UNARY = ("NULL", "NOT_NULL")
_BINARY = ("EQ", "NE", "LT", "LE", "GT", "GE", "CONTAINS", "NOT_CONTAINS", "BEGINS_WITH")


def scan(draw: st.DrawFn, partition: str) -> Step:
    """Of the program's own items: those of other programs are filtered away."""
    maker = Maker(draw)
    request: dict[str, Any] = {"TableName": TABLE}
    if draw(st.booleans()):
        own = f"pk = {maker.uses.value({'S': partition})}"
        more = f" AND ({maker.condition()})" if draw(st.booleans()) else ""
        request["FilterExpression"] = own + more
        if draw(st.integers(0, 3)) == 0:
            request["ProjectionExpression"] = maker.projection()
    else:
        own_items = {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": partition}]}
        request["ScanFilter"] = {"pk": own_items, **_filters(draw)}
        if draw(st.integers(0, 3)) == 0:
            request["AttributesToGet"] = ["a", "pk"]
    if draw(st.integers(0, 2)) == 0:
        request["IndexName"] = draw(st.sampled_from(("by-c", "by-d", "by-no")))
    request |= maker.uses.members() | draw_options(draw, Select=_SELECTS)
    return Step("Scan", request)


def expected_put(draw: st.DrawFn, partition: str) -> Step:
    """PutItem with Expected."""
    expected: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from(("a", "b", "c")), max_size=2, unique=True)):
        kind = draw(st.sampled_from(("value", "absent", "operator")))
        if kind == "value":
            expected[name] = {"Value": draw(values)}
        elif kind == "absent":
            expected[name] = {"Exists": False}
        else:
            expected[name] = next(iter(_filters(draw, at_least=1).values()))
    request = {
        "TableName": TABLE,
        "Item": {"pk": {"S": partition}, "sk": {"N": draw(st.sampled_from(SORTS))}}
        | {name: draw(values) for name in ("a", "b")},
        "Expected": expected,
    }
    return Step(
        "PutItem",
        request | draw_options(draw, ConditionalOperator=("AND", "OR"), ReturnValues=("ALL_OLD",)),
    )


def page(draw: st.DrawFn, partition: str) -> Step:
    """A Query that begins somewhere, sometimes where it cannot."""
    maker = Maker(draw)
    sort = draw(st.sampled_from(SORTS))
    start = draw(
        st.sampled_from(
            (
                *({"pk": {"S": partition}, "sk": {"N": sort}},) * 4,
                {"pk": {"S": partition}},
                {"pk": {"S": partition}, "sk": {"S": sort}},
                {"pk": {"S": partition}, "sk": {"N": sort}, "c": {"S": "x"}},
                {"pk": {"S": f"{partition}-other"}, "sk": {"N": sort}},
            )
        )
    )
    request = {
        "TableName": TABLE,
        "KeyConditionExpression": f"pk = {maker.uses.value({'S': partition})}",
        "ExclusiveStartKey": start,
        "ScanIndexForward": draw(st.booleans()),
        **draw_options(draw, Select=_SELECTS),
        **maker.uses.members(),
    }
    if draw(st.booleans()):
        request["Limit"] = draw(st.integers(1, 3))
    return Step("Query", request)


def _filters(draw: st.DrawFn, at_least: int = 0) -> dict[str, Any]:
    names = st.sampled_from(("a", "b", "d"))
    found: dict[str, Any] = {}
    for name in draw(st.lists(names, min_size=at_least, max_size=2, unique=True)):
        operator = draw(st.sampled_from(_UNARY + _BINARY))
        found[name] = {"ComparisonOperator": operator}
        if operator in _BINARY:
            found[name]["AttributeValueList"] = [draw(scalars)]
    return found
