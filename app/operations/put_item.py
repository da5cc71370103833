"""PutItem: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html"""

from __future__ import annotations

from .. import errors
from ..model.plans import Change, NotWritten, Put, Refused, WritePlan
from ..model.rows import Item
from ..values import normalize_item
from .context import Context
from .index_keys import check_index_keys
from .item_writes import (
    LEGACY_CONDITION,
    answer,
    check_condition_keys,
    check_item_size,
    holds,
    needs_old,
    refuse,
    write_condition,
)
from .keys import key_of_item
from .parameters import placeholders_of, refuse_mixed
from .registry import Answer, Request
from .tables import usable_table
from .writes import run_write

ITEM_TOO_LARGE = "Item size has exceeded the maximum allowed size"


async def run(ctx: Context, request: Request) -> Answer:
    refuse_mixed(request, expressions=("ConditionExpression",), legacy=LEGACY_CONDITION)
    item = normalize_item(request["Item"])
    if request.get("ReturnValues", "NONE") not in ("NONE", "ALL_OLD"):
        raise errors.validation("ReturnValues can only be ALL_OLD or NONE")
    check_item_size(item, ITEM_TOO_LARGE)
    placeholders = placeholders_of(request, ("ConditionExpression",))
    wanted = write_condition(request, placeholders)
    placeholders.check_unused()

    table = await usable_table(ctx, request["TableName"])
    key = key_of_item(table, item)
    check_condition_keys(table, wanted)
    check_index_keys(table, item)

    def change(old: Item | None) -> Change:
        return Put(item) if holds(wanted, old) else Refused()

    blind = wanted is None and not needs_old(request)
    outcome = await run_write(ctx, WritePlan(table, key, change, blind))
    if isinstance(outcome, NotWritten):
        raise refuse(request, outcome)
    returned = outcome.old if request.get("ReturnValues") == "ALL_OLD" else None
    return answer(request, table, outcome, returned)
