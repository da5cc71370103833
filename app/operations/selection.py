"""Filter, projection and Select of Query and Scan, and the answer made of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from .. import errors
from ..expressions import (
    Condition,
    Placeholders,
    Projection,
    check_scalar_keys,
    condition,
    legacy,
    projection,
)
from ..model import capacity
from ..model.rows import Row
from ..values import in_hash_order, item_size
from .answer_budget import fitting
from .context import Context
from .paging import Collected
from .registry import Request
from .targets import Target


@dataclass(frozen=True, slots=True)
class Selection:
    """What of the rows read is returned: all that match `filter`, through `projection`.

    fetched: the index does not hold all that is wanted, so that the items are read as well.
    """

    filter: Condition | None
    projection: Projection | None
    count_only: bool
    fetched: bool


def requested_filter(request: Request, placeholders: Placeholders, older: str) -> Condition | None:
    """From FilterExpression or the legacy parameter `older`."""
    text = request.get("FilterExpression")
    if text is not None:
        return condition(text, placeholders, "FilterExpression")
    return legacy.query_filter(request.get(older), request.get("ConditionalOperator"), older)


def requested_projection(request: Request, placeholders: Placeholders) -> Projection | None:
    """From ProjectionExpression or AttributesToGet."""
    text = request.get("ProjectionExpression")
    if text is not None:
        return projection(text, placeholders)
    names = request.get("AttributesToGet")
    return None if names is None else legacy.attributes_to_get(names)


def check_select(request: Request, *, prefix: str = "") -> None:
    """Select against the projection parameters. prefix: what the operation puts before it."""
    fault = _select_fault(request)
    if fault is not None:
        raise errors.validation(prefix + fault)


def _select_fault(request: Request) -> str | None:
    select = request.get("Select")
    if select is None:
        return None
    given = next(
        (name for name in ("AttributesToGet", "ProjectionExpression") if request.get(name)), None
    )
    if select == "SPECIFIC_ATTRIBUTES":
        if given is not None:
            return None
        return (
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
            "SPECIFIC_ATTRIBUTES"
        )
    if given is not None:
        choice = "only the Count" if select == "COUNT" else select
        return f"Cannot specify the {given} when choosing to get {choice}"
    if select == "ALL_PROJECTED_ATTRIBUTES" and request.get("IndexName") is None:
        # "Querying" is what the service says to a Scan, too.
        return "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
    return None


def check_scalar_paths(target: Target, wanted: Condition | None, shown: Projection | None) -> None:
    """Raises for a filter or projection that looks into a key attribute of the table."""
    for expression in (shown, wanted):
        if expression is not None:
            check_scalar_keys(expression.nested_names, target.table)


def selection_of(
    request: Request, target: Target, wanted: Condition | None, shown: Projection | None
) -> Selection:
    """Raises for what a global index does not hold; of a local one the items are read as well, but
    not to filter them."""
    count_only = request.get("Select") == "COUNT"
    index = target.index
    fetched = False
    if index is not None and index.projection != "ALL":
        held = target.cursor.keys() | set(index.included)
        unheld = wanted.top_level_names - held if wanted is not None else ()
        if unheld:
            raise errors.invalid_parameters(
                f"Secondary index {index.name} does not "
                f"project one or more filter attributes: [{', '.join(sorted(unheld))}]"
            )
        missing = (shown.top_level_names if shown is not None else frozenset()) - held
        whole = request.get("Select") == "ALL_ATTRIBUTES"
        if not index.local and whole:
            raise errors.invalid_parameters(
                "Select type ALL_ATTRIBUTES is not "
                f"supported for global secondary index {index.name} because its projection type "
                "is not ALL"
            )
        if not index.local and missing:
            raise errors.invalid_parameters(
                "Global secondary index "
                f"{index.name} does not project [{', '.join(in_hash_order(sorted(missing)))}]"
            )
        fetched = whole or bool(missing)
    return Selection(wanted, shown, count_only, fetched)


async def answer_page(
    ctx: Context,
    operation: str,
    request: Request,
    target: Target,
    selection: Selection,
    page: Collected,
) -> list[bytes]:
    """The answer in chunks. Whole items are the stored bytes, never decoded and encoded again.

    `operation` is "Query" or "Scan".
    """
    rows = page.rows
    if selection.fetched:
        consistent = request.get("ConsistentRead", False)
        rows = await whole_items(ctx, target, rows, consistent=consistent)
    whole = selection.filter is None and selection.projection is None
    sized = request.get("ReturnConsumedCapacity", "NONE") != "NONE"
    size = 0
    if not whole or sized or (page.more and rows[-1].is_large):
        size = sum(len(row.data) for row in rows)
    count, chunks = await ctx.aside.over(
        size, _rendered, ctx.answer_bytes, request, target, selection, page, rows
    )
    if not selection.count_only:
        ctx.metrics.add("ReturnedItemCount", count, operation)
    return chunks


def _rendered(
    answer_bytes: int | None,
    request: Request,
    target: Target,
    selection: Selection,
    page: Collected,
    rows: list[Row],
) -> tuple[int, list[bytes]]:
    """How many items are shown, and the answer. `rows` are those of `page`, whole."""
    if answer_bytes is not None and not selection.count_only:
        count = fitting((_shown(selection, row) for row in rows), answer_bytes)
        if count < len(rows):
            page, rows = Collected(page.rows[:count], more=True), rows[:count]
    shown = rows
    if selection.filter is not None:
        matches = selection.filter.matches
        shown = [row for row in rows if matches(row.item)]
    tail: dict[str, Any] = {"Count": len(shown), "ScannedCount": len(page.rows)}
    if page.more:
        tail["LastEvaluatedKey"] = target.last_key(page.rows[-1].item)
    mode = request.get("ReturnConsumedCapacity", "NONE")
    if mode != "NONE":
        tail["ConsumedCapacity"] = _consumed(request, target, selection, page, rows, mode)
    if selection.count_only:
        return len(shown), [orjson.dumps(tail)]
    items = b",".join([_item_bytes(selection, row) for row in shown])
    return len(shown), [b'{"Items":[', items, b"],", orjson.dumps(tail)[1:]]


async def whole_items(
    ctx: Context, target: Target, rows: list[Row], *, consistent: bool
) -> list[Row]:
    """The items of a local index's entries."""
    keys = [row.key for row in rows]
    found = await ctx.store.get_many(target.table, keys, consistent=consistent)
    # An item that went since its entry was read leaves what the entry held.
    return [entry if item is None else item for entry, item in zip(rows, found, strict=True)]


def _consumed(
    request: Request,
    target: Target,
    selection: Selection,
    page: Collected,
    rows: list[Row],
    mode: str,
) -> dict[str, Any]:
    consistent = request.get("ConsistentRead", False)
    units = capacity.read_units(page.size, consistent=consistent)
    named = request["TableName"]
    if target.index is None:
        return capacity.consumed(target.table, units, {}, mode, named=named)
    items = 0.0
    if selection.fetched:
        # Each item behind an entry is billed as a read of its own.
        sizes = [item_size(row.item) for row in rows]
        items = sum(capacity.read_units(size, consistent=consistent) for size in sizes)
    return capacity.consumed(target.table, items, {target.index.name: units}, mode, named=named)


def _shown(selection: Selection, row: Row) -> bytes | None:
    """What the answer has of a row; None if the filter leaves it out."""
    if selection.filter is not None and not selection.filter.matches(row.item):
        return None
    return _item_bytes(selection, row)


def _item_bytes(selection: Selection, row: Row) -> bytes:
    if selection.projection is None:
        return row.data
    return orjson.dumps(selection.projection.apply(row.item))
