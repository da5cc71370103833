"""Query: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html"""

from __future__ import annotations

from .. import errors
from ..expressions import (
    Condition,
    KeyComparisons,
    Placeholders,
    check_no_key_attributes,
    key_comparisons,
    legacy,
)
from .context import Context
from .fetching import query_fetch
from .key_ranges import key_range
from .paging import collect
from .parameters import placeholders_of, refuse_mixed
from .registry import Answer, Request
from .selection import (
    answer_page,
    check_scalar_paths,
    check_select,
    requested_filter,
    requested_projection,
    selection_of,
)
from .start_key import given_start, query_start
from .tables import usable_table
from .targets import Target, target_of

_EXPRESSIONS = ("ProjectionExpression", "FilterExpression", "KeyConditionExpression")
# The service puts it before what is wrong with Select, other than to a Scan.
_ONE_ERROR = "1 validation error detected: "
_LEGACY = ("AttributesToGet", "QueryFilter", "ConditionalOperator")


async def run(ctx: Context, request: Request) -> Answer:
    # The other two expressions are older than KeyConditionExpression: they go with KeyConditions.
    legacy = (*_LEGACY, "KeyConditions") if "KeyConditionExpression" in request else _LEGACY
    refuse_mixed(request, expressions=_EXPRESSIONS, legacy=legacy)
    start = given_start(request)
    placeholders = placeholders_of(request, _EXPRESSIONS)
    wanted = requested_filter(request, placeholders, "QueryFilter")
    projection = requested_projection(request, placeholders)
    comparisons = _key_comparisons(request, placeholders)
    placeholders.check_unused()
    check_select(request, prefix=_ONE_ERROR)

    table = await usable_table(ctx, request["TableName"])
    target = target_of(request, table)
    check_scalar_paths(target, wanted, projection)
    keys = key_range(target, comparisons)
    _refuse_key_filter(request, target, wanted)
    selection = selection_of(request, target, wanted, projection)
    after = None if start is None else query_start(target, keys, start)
    consistent = request.get("ConsistentRead", False)
    reverse = not request.get("ScanIndexForward", True)
    fetch = query_fetch(ctx, target, keys, consistent=consistent, reverse=reverse)
    page = await collect(ctx, fetch, target, limit=request.get("Limit"), start=after)
    return await answer_page(ctx, "Query", request, target, selection, page)


def _refuse_key_filter(request: Request, target: Target, wanted: Condition | None) -> None:
    if wanted is not None:
        given = "FilterExpression" if "FilterExpression" in request else "QueryFilter"
        check_no_key_attributes(wanted, [key.name for key in target.keys], given)


def _key_comparisons(request: Request, placeholders: Placeholders) -> KeyComparisons:
    text = request.get("KeyConditionExpression")
    if text is not None:
        return key_comparisons(text, placeholders)
    conditions = request.get("KeyConditions")
    if conditions is None:
        placeholders.check_unused()
        raise errors.validation(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in "
            "the request."
        )
    return legacy.key_comparisons(conditions)
