"""Requests at random: a program is what is sent to both servers, one after the other."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from .expressions import Maker, Value, attributes, scalars, values
from .faulty import faulty
from .scans import expected_put, page, scan
from .steps import SORTS, TABLE, Step, draw_options

_OPERATORS = (
    *("EQ", "NE", "LT", "LE", "GT", "GE", "NULL", "NOT_NULL"),
    *("CONTAINS", "NOT_CONTAINS", "BEGINS_WITH"),
)


def _key(draw: st.DrawFn, partition: str) -> dict[str, Value]:
    return {"pk": {"S": partition}, "sk": {"N": draw(st.sampled_from(SORTS))}}


def _item(draw: st.DrawFn, partition: str) -> dict[str, Value]:
    item = draw(attributes)
    # Attributes that are index keys must be of their types, or nothing could be put.
    if "S" not in item.get("c", {"S": "x"}) or item.get("c") == {"S": ""}:
        del item["c"]
    if "N" not in item.get("d", {"N": "1"}):
        del item["d"]
    return _key(draw, partition) | item


_CAPACITY = ("TOTAL", "INDEXES")


def _condition(draw: st.DrawFn, maker: Maker) -> dict[str, Any]:
    return {"ConditionExpression": maker.condition()} if draw(st.booleans()) else {}


def _put(draw: st.DrawFn, partition: str) -> Step:
    maker = Maker(draw)
    request = {"TableName": TABLE, "Item": _item(draw, partition)}
    request |= _condition(draw, maker) | maker.uses.members()
    return Step(
        "PutItem",
        request | draw_options(draw, ReturnValues=("ALL_OLD",), ReturnConsumedCapacity=_CAPACITY),
    )


def _delete(draw: st.DrawFn, partition: str) -> Step:
    maker = Maker(draw)
    request = {"TableName": TABLE, "Key": _key(draw, partition)}
    request |= _condition(draw, maker) | maker.uses.members()
    return Step(
        "DeleteItem",
        request | draw_options(draw, ReturnValues=("ALL_OLD",), ReturnConsumedCapacity=_CAPACITY),
    )


_RETURNS = ("ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW")


def _update(draw: st.DrawFn, partition: str) -> Step:
    maker = Maker(draw)
    request: dict[str, Any] = {"TableName": TABLE, "Key": _key(draw, partition)}
    request["UpdateExpression"] = maker.update()
    request |= _condition(draw, maker) | maker.uses.members()
    return Step(
        "UpdateItem",
        request | draw_options(draw, ReturnValues=_RETURNS, ReturnConsumedCapacity=_CAPACITY),
    )


def _legacy_update(draw: st.DrawFn, partition: str) -> Step:
    updates = draw(
        st.dictionaries(
            st.sampled_from(("a", "b", "e")),
            st.one_of(
                st.builds(
                    lambda value, action: {"Value": value, "Action": action},
                    values,
                    st.sampled_from(("PUT", "ADD", "DELETE")),
                ),
                st.just({"Action": "DELETE"}),
            ),
            max_size=2,
        )
    )
    updates["f"] = {"Value": draw(values), "Action": "PUT"}
    request = {"TableName": TABLE, "Key": _key(draw, partition), "AttributeUpdates": updates}
    return Step("UpdateItem", request | draw_options(draw, ReturnValues=_RETURNS))


def _get(draw: st.DrawFn, partition: str) -> Step:
    maker = Maker(draw)
    request: dict[str, Any] = {"TableName": TABLE, "Key": _key(draw, partition)}
    if draw(st.booleans()):
        request["ProjectionExpression"] = maker.projection()
    request |= maker.uses.members() | draw_options(draw, ReturnConsumedCapacity=_CAPACITY)
    request["ConsistentRead"] = draw(st.booleans())
    return Step("GetItem", request)


def _query(draw: st.DrawFn, partition: str) -> Step:
    maker = Maker(draw)
    request: dict[str, Any] = {"TableName": TABLE}
    index = draw(st.sampled_from((None, None, "by-c", "by-d")))
    own = {"S": partition}
    if index == "by-c":
        # The other programs' items are in this index too.
        equal, sort = f"c = {maker.uses.value(own)}", "sk"
    else:
        equal, sort = f"pk = {maker.uses.value(own)}", "d" if index == "by-d" else "sk"
    condition = equal
    number = st.builds(lambda text: {"N": text}, st.sampled_from(SORTS))
    match draw(st.sampled_from(("", "=", "<", ">=", "between"))):
        case "":
            pass
        case "between":
            low, high = sorted(
                (draw(st.sampled_from(SORTS)), draw(st.sampled_from(SORTS))), key=float
            )
            condition += (
                f" AND {sort} BETWEEN {maker.uses.value({'N': low})} "
                f"AND {maker.uses.value({'N': high})}"
            )
        case operator:
            condition += f" AND {sort} {operator} {maker.constant(number)}"
    request["KeyConditionExpression"] = condition
    if index is not None:
        request["IndexName"] = index
    if draw(st.booleans()):
        request["FilterExpression"] = maker.condition()
    if draw(st.integers(0, 3)) == 0:
        request["ProjectionExpression"] = maker.projection()
    request |= maker.uses.members()
    request["ScanIndexForward"] = draw(st.booleans())
    if draw(st.booleans()):
        request["Limit"] = draw(st.integers(1, 4))
    return Step("Query", request | draw_options(draw, ReturnConsumedCapacity=_CAPACITY))


def _legacy_query(draw: st.DrawFn, partition: str) -> Step:
    operator = draw(st.sampled_from(_OPERATORS))
    condition: dict[str, Any] = {"ComparisonOperator": operator}
    if operator not in ("NULL", "NOT_NULL"):
        condition["AttributeValueList"] = [draw(scalars)]
    request = {
        "TableName": TABLE,
        "KeyConditions": {
            "pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": partition}]}
        },
        "QueryFilter": {draw(st.sampled_from(("a", "b"))): condition},
    }
    return Step("Query", request)


def _batch_write(draw: st.DrawFn, partition: str) -> Step:
    items = draw(st.lists(st.sampled_from(SORTS), min_size=1, max_size=3, unique=True))
    writes = []
    for sort in items:
        key = {"pk": {"S": partition}, "sk": {"N": sort}}
        if draw(st.booleans()):
            writes.append({"PutRequest": {"Item": _item(draw, partition) | key}})
        else:
            writes.append({"DeleteRequest": {"Key": key}})
    request = {"RequestItems": {TABLE: writes}}
    return Step("BatchWriteItem", request | draw_options(draw, ReturnConsumedCapacity=_CAPACITY))


def _batch_get(draw: st.DrawFn, partition: str) -> Step:
    sorts = draw(st.lists(st.sampled_from(SORTS), min_size=1, max_size=4, unique=True))
    keys = [{"pk": {"S": partition}, "sk": {"N": sort}} for sort in sorts]
    request = {"RequestItems": {TABLE: {"Keys": keys}}}
    return Step("BatchGetItem", request | draw_options(draw, ReturnConsumedCapacity=_CAPACITY))


def _transact(draw: st.DrawFn, partition: str) -> Step:
    sorts = draw(st.lists(st.sampled_from(SORTS), min_size=1, max_size=3, unique=True))
    actions = []
    for sort in sorts:
        maker = Maker(draw)
        key = {"pk": {"S": partition}, "sk": {"N": sort}}
        part: dict[str, Any] = {"TableName": TABLE}
        kind = draw(st.sampled_from(("Put", "Update", "Delete", "ConditionCheck")))
        if kind == "Put":
            part["Item"] = _item(draw, partition) | key
        else:
            part["Key"] = key
        if kind == "Update":
            part["UpdateExpression"] = maker.update()
        if kind == "ConditionCheck" or draw(st.booleans()):
            part["ConditionExpression"] = maker.condition()
        actions.append({kind: part | maker.uses.members()})
    return Step("TransactWriteItems", {"TransactItems": actions})


_STEPS = (
    *(_put, _put, _put, _update, _update, _update, _legacy_update, _delete, _get, _query, _query),
    *(_legacy_query, _batch_write, _batch_get, _transact),
    *(scan, scan, expected_put, page, page, faulty, faulty),
)


@st.composite
def programs(draw: st.DrawFn, partition: str) -> list[Step]:
    """Up to ten requests to items of one partition."""
    steps = draw(st.lists(st.sampled_from(_STEPS), min_size=2, max_size=10))
    return [step(draw, partition) for step in steps]
