"""Filter, projection and Select of Query and Scan, and the answer made of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from .. import errors
from ..expressions import Condition, Placeholders, Projection, legacy, projection
from ..model import capacity
from ..model.rows import Row
from ..model.table import Table
from .keys import key_item
from .paging import Collected
from .registry import Request


@dataclass(frozen=True, slots=True)
class Selection:
    """What of the rows read is returned: all that match `filter`, through `projection`."""

    filter: Condition | None
    projection: Projection | None
    count_only: bool


def requested_projection(request: Request, placeholders: Placeholders) -> Projection | None:
    """From ProjectionExpression or AttributesToGet."""
    text = request.get("ProjectionExpression")
    if text is not None:
        return projection(text, placeholders)
    names = request.get("AttributesToGet")
    return None if names is None else legacy.attributes_to_get(names)


def check_select(request: Request, operation: str) -> None:
    """Select against the projection parameters. `operation` is "Querying" or "Scanning"."""
    select = request.get("Select")
    if select is None:
        return
    given = next(
        (name for name in ("AttributesToGet", "ProjectionExpression") if request.get(name)), None
    )
    if select == "SPECIFIC_ATTRIBUTES":
        if given is None:
            raise errors.validation(
                "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
                "SPECIFIC_ATTRIBUTES"
            )
        return
    if given is not None:
        choice = "only the Count" if select == "COUNT" else select
        raise errors.validation(f"Cannot specify the {given} when choosing to get {choice}")
    if select == "ALL_PROJECTED_ATTRIBUTES" and request.get("IndexName") is None:
        raise errors.validation(
            f"ALL_PROJECTED_ATTRIBUTES can be used only when {operation} using an IndexName"
        )


def page_answer(
    request: Request, table: Table, selection: Selection, page: Collected
) -> list[bytes]:
    """The answer in chunks. Whole items are the stored bytes, never decoded and encoded again."""
    rows = page.rows
    if selection.filter is not None:
        matches = selection.filter.matches
        rows = [row for row in rows if matches(row.item)]
    tail: dict[str, Any] = {"Count": len(rows), "ScannedCount": len(page.rows)}
    if page.last is not None:
        tail["LastEvaluatedKey"] = key_item(table, page.last)
    mode = request.get("ReturnConsumedCapacity", "NONE")
    if mode != "NONE":
        consistent = request.get("ConsistentRead", False)
        units = capacity.read_units(page.size, consistent=consistent)
        tail["ConsumedCapacity"] = capacity.consumed(table.name, units, mode)
    if selection.count_only:
        return [orjson.dumps(tail)]
    items = b",".join(_item_bytes(selection, row) for row in rows)
    return [b'{"Items":[', items, b"],", orjson.dumps(tail)[1:]]


def _item_bytes(selection: Selection, row: Row) -> bytes:
    if selection.projection is None:
        return row.data
    return orjson.dumps(selection.projection.apply(row.item))
