"""GetItem: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html"""

from __future__ import annotations

from typing import Any

import orjson

from ..expressions import check_scalar_keys
from ..model import capacity
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
    if row is not None:
        if projection is None:
            result["Item"] = orjson.Fragment(row.data)
        else:
            result["Item"] = projection.apply(row.item)
    if mode != "NONE":
        size = 0 if row is None else item_size(row.item)
        units = capacity.read_units(size, consistent=consistent)
        result["ConsumedCapacity"] = capacity.consumed(
            table, units, {}, mode, named=request["TableName"]
        )
    return result
