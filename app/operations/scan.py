"""Scan: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html"""

from __future__ import annotations

from .. import errors
from ..model.rows import WHOLE, Segment
from .context import Context
from .fetching import scan_fetch
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
from .start_key import given_start, scan_start
from .tables import usable_table
from .targets import target_of

_EXPRESSIONS = ("ProjectionExpression", "FilterExpression")
_LEGACY = ("AttributesToGet", "ScanFilter", "ConditionalOperator")


async def run(ctx: Context, request: Request) -> Answer:
    refuse_mixed(request, expressions=_EXPRESSIONS, legacy=_LEGACY)
    segment = _segment(request)
    start = given_start(request)
    placeholders = placeholders_of(request, _EXPRESSIONS)
    wanted = requested_filter(request, placeholders, "ScanFilter")
    projection = requested_projection(request, placeholders)
    placeholders.check_unused()
    check_select(request)

    table = await usable_table(ctx, request["TableName"])
    target = target_of(request, table)
    selection = selection_of(request, target, wanted, projection)
    after = None if start is None else scan_start(ctx.store, target, segment, start)
    check_scalar_paths(target, wanted, projection)
    consistent = request.get("ConsistentRead", False)
    fetch = scan_fetch(ctx, target, segment, consistent=consistent)
    page = await collect(ctx, fetch, target, limit=request.get("Limit"), start=after)
    return await answer_page(ctx, "Scan", request, target, selection, page)


def _segment(request: Request) -> Segment:
    number, total = request.get("Segment"), request.get("TotalSegments")
    if number is None and total is None:
        return WHOLE
    if total is None:
        raise errors.validation(
            "The TotalSegments parameter is required but was not present in the request when "
            "Segment parameter is present"
        )
    if number is None:
        raise errors.validation(
            "The Segment parameter is required but was not present in the request when "
            "parameter TotalSegments is present"
        )
    if number >= total:
        raise errors.validation(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            f"Segment: {number} is not less than TotalSegments: {total}"
        )
    return Segment(number, total)
