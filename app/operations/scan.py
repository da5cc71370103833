"""Scan: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html"""

from __future__ import annotations

from typing import cast

from .. import errors
from ..model.index import Position
from ..model.rows import WHOLE, Key, Page, Segment
from .context import Context
from .paging import After, Fetch, collect
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
from .targets import Target, target_of

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
    fetch = _fetch(ctx, request, target, segment)
    page = await collect(fetch, target, limit=request.get("Limit"), start=after)
    return await answer_page(ctx, "Scan", request, target, selection, page)


def _fetch(ctx: Context, request: Request, target: Target, segment: Segment) -> Fetch:
    table, index = target.table, target.index
    consistent = request.get("ConsistentRead", False)

    async def fetch(after: After, limit: int) -> Page:
        if index is None:
            key = cast(Key | None, after)
            return await ctx.store.scan(
                table, segment, after=key, limit=limit, consistent=consistent
            )
        position = cast(Position | None, after)
        return await ctx.store.scan_index(
            table, index, segment, after=position, limit=limit, consistent=consistent
        )

    return fetch


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
