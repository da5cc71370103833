"""GetItem: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html"""

from __future__ import annotations

from typing import Any

import orjson

from ..expressions import Projection, check_scalar_keys
from ..model import capacity
from ..model.rows import Row
from ..values import item_size, normalize_item
from .context import Context
from .keys import key_of_request
from .parameters import placeholders_of, refuse_mixed
from .registry import Answer, Request
from .selection import requested_projection
from .tables import usable_table

_EXPRESSIONS = ("ProjectionExpression",)


async def run(ctx: Context, request: Request) -> Answer:
    refuse_mixed(request, expressions=_EXPRESSIONS, legacy=("AttributesToGet",))
    wire_key = normalize_item(request["Key"])
    placeholders = placeholders_of(request, _EXPRESSIONS)
    projection = requested_projection(request, placeholders)
    placeholders.check_unused()

    table = await usable_table(ctx, request["TableName"])
    if projection is not None:
        check_scalar_keys(projection.nested_names, table)
    key = key_of_request(table, wire_key)
    consistent = request.get("ConsistentRead", False)
    row = await ctx.store.get(table, key, consistent=consistent)

    mode = request.get("ReturnConsumedCapacity", "NONE")
    if mode == "NONE" and projection is None:
        return b"{}" if row is None else b'{"Item":' + row.data + b"}"
    result: dict[str, Any] = {}
    size = 0
    if row is not None:
        if row.is_large:
            result["Item"], size = await ctx.aside(_shown, row, projection, mode != "NONE")
        else:
            result["Item"], size = _shown(row, projection, mode != "NONE")
    if mode != "NONE":
        units = capacity.read_units(size, consistent=consistent)
        result["ConsumedCapacity"] = capacity.consumed(
            table, units, {}, mode, named=request["TableName"]
        )
    return result


def _shown(row: Row, projection: Projection | None, sized: bool) -> tuple[Any, int]:
    """What the answer has of the item, and its bytes, 0 if nobody asks for them."""
    shown = orjson.Fragment(row.data) if projection is None else projection.apply(row.item)
    return shown, item_size(row.item) if sized else 0
