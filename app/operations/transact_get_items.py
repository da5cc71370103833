"""TransactGetItems:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactGetItems.html"""

from __future__ import annotations

from typing import Any

import orjson

from .. import errors
from ..errors import ApiError, EmptyKeyValue
from ..expressions import Projection, check_scalar_keys
from ..model import capacity
from ..model.rows import Item, Key, Row
from ..model.table import Table
from ..values import item_size, normalize_item
from .context import Context
from .keys import key_of_request
from .parameters import placeholders_of
from .registry import Answer, Request
from .selection import requested_projection
from .tables import table_in_transaction
from .transactions import (
    MOST_BYTES,
    as_named,
    check_answer,
    check_supported,
    read_capacity,
    read_units,
    refuse_duplicates,
    snapshot,
    too_large_answer,
)

_EXPRESSIONS = ("ProjectionExpression",)


async def run(ctx: Context, request: Request) -> Answer:
    check_supported(ctx)
    parsed = [_parsed(action["Get"]) for action in request["TransactItems"]]
    reads: list[tuple[Table, Key]] = []
    faults: list[ApiError | None] = []
    seen: set[Any] = set()
    for part, wire_key, projection in parsed:
        table = await table_in_transaction(ctx, part["TableName"])
        if projection is not None:
            check_scalar_keys(projection.nested_names, table)
        try:
            key = key_of_request(table, wire_key)
        except EmptyKeyValue:
            raise
        except ApiError as fault:
            faults.append(fault)
            continue
        faults.append(None)
        refuse_duplicates(seen, table, key)
        reads.append((table, key))
    if any(faults):
        raise errors.transaction_canceled(
            [errors.fault_reason(fault) if fault else errors.NO_REASON for fault in faults]
        )
    rows = await snapshot(ctx, reads)
    # The JSON is never smaller than what the service counts.
    if sum(len(row.data) for row in rows if row is not None) > MOST_BYTES:
        size = sum(item_size(row.item) for row in rows if row is not None)
        if size > MOST_BYTES:
            raise too_large_answer(size)
    found = [_response(row, one[2]) for row, one in zip(rows, parsed, strict=True)]
    check_answer(ctx, found)
    result: dict[str, Any] = {"Responses": found}
    mode = request.get("ReturnConsumedCapacity", "NONE")
    if mode != "NONE":
        used = [
            (table, capacity.TRANSACTION_FACTOR * read_units(row))
            for (table, _), row in zip(reads, rows, strict=True)
        ]
        named = [
            (table, part["TableName"])
            for (table, _), (part, _, _) in zip(reads, parsed, strict=True)
        ]
        result["ConsumedCapacity"] = as_named(read_capacity(used, mode), named)
    return result


def _parsed(part: Request) -> tuple[Request, Item, Projection | None]:
    wire_key = normalize_item(part["Key"])
    placeholders = placeholders_of(part, _EXPRESSIONS)
    projection = requested_projection(part, placeholders)
    placeholders.check_unused()
    return part, wire_key, projection


def _response(row: Row | None, projection: Projection | None) -> dict[str, Any]:
    if row is None:
        return {}
    shown = orjson.Fragment(row.data) if projection is None else projection.apply(row.item)
    return {"Item": shown}
