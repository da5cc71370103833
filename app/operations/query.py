"""Query: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html"""

from __future__ import annotations

from .. import errors
from ..expressions import (
    Condition,
    KeyComparisons,
    KeyCondition,
    Placeholders,
    against_schema,
    check_no_key_attributes,
    condition,
    key_comparisons,
    legacy,
)
from ..model.rows import Key, Page
from ..model.table import KeyAttribute, Table
from ..values import to_key
from .context import Context
from .keys import empty_key
from .paging import collect
from .parameters import placeholders_of, refuse_mixed
from .registry import Answer, Request
from .selection import Selection, check_select, page_answer, requested_projection
from .start_key import given_start, query_start
from .tables import refuse_index, usable_table

_EXPRESSIONS = ("ProjectionExpression", "FilterExpression", "KeyConditionExpression")
_LEGACY = ("AttributesToGet", "QueryFilter", "KeyConditions")


async def run(ctx: Context, request: Request) -> Answer:
    refuse_mixed(request, expressions=_EXPRESSIONS, legacy=_LEGACY)
    start = given_start(request)
    check_select(request, "Querying")
    placeholders = placeholders_of(request, _EXPRESSIONS)
    wanted = _filter(request, placeholders)
    projection = requested_projection(request, placeholders)
    comparisons = _key_comparisons(request, placeholders)
    placeholders.check_unused()

    table = await usable_table(ctx, request["TableName"])
    refuse_index(request)
    keys = _key_condition(table, comparisons)
    _refuse_key_filter(request, table, wanted)
    partition, bounds = to_key(keys.partition), keys.bounds()
    after = None if start is None else query_start(table, partition, bounds, start)
    consistent = request.get("ConsistentRead", False)
    reverse = not request.get("ScanIndexForward", True)

    async def fetch(after: Key | None, limit: int) -> Page:
        return await ctx.store.query(
            table,
            partition,
            bounds,
            after=after,
            limit=limit,
            reverse=reverse,
            consistent=consistent,
        )

    page = await collect(fetch, limit=request.get("Limit"), start=after)
    count_only = request.get("Select") == "COUNT"
    return page_answer(request, table, Selection(wanted, projection, count_only), page)


def _filter(request: Request, placeholders: Placeholders) -> Condition | None:
    text = request.get("FilterExpression")
    if text is not None:
        return condition(text, placeholders, "FilterExpression")
    return legacy.query_filter(
        request.get("QueryFilter"), request.get("ConditionalOperator"), "QueryFilter"
    )


def _refuse_key_filter(request: Request, table: Table, wanted: Condition | None) -> None:
    if wanted is not None:
        given = "FilterExpression" if "FilterExpression" in request else "QueryFilter"
        check_no_key_attributes(wanted, table.key_names, given)


def _key_comparisons(request: Request, placeholders: Placeholders) -> KeyComparisons:
    text = request.get("KeyConditionExpression")
    if text is not None:
        return key_comparisons(text, placeholders)
    conditions = request.get("KeyConditions")
    if conditions is None:
        raise errors.validation(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in "
            "the request."
        )
    return legacy.key_comparisons(conditions)


def _key_condition(table: Table, comparisons: KeyComparisons) -> KeyCondition:
    """The condition on this table's keys, its values of their types and not empty."""
    sort_key = table.sort_key
    keys = against_schema(
        comparisons, table.partition_key.name, None if sort_key is None else sort_key.name
    )
    _check_value(table.partition_key, keys.partition)
    for operand in keys.operands:
        assert sort_key is not None
        _check_value(sort_key, operand)
    return keys


def _check_value(attribute: KeyAttribute, value: dict[str, str]) -> None:
    if attribute.type not in value:
        raise errors.validation(
            "One or more parameter values were invalid: "
            "Condition parameter type does not match schema type"
        )
    if value[attribute.type] == "":
        raise empty_key(attribute)
