"""PutItem: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html"""

from __future__ import annotations

from .. import errors
from ..model.plans import NotWritten
from ..values import normalize_item
from .context import Context
from .item_plans import check_item_size, put_plan
from .item_writes import (
    LEGACY_CONDITION,
    answer,
    old_for_answer,
    refuse,
    write_condition,
)
from .parameters import placeholders_of, refuse_mixed
from .registry import Answer, Request
from .tables import usable_table
from .writes import run_write


async def run(ctx: Context, request: Request) -> Answer:
    refuse_mixed(request, expressions=("ConditionExpression",), legacy=LEGACY_CONDITION)
    item = await ctx.beside(normalize_item, request["Item"])
    if request.get("ReturnValues", "NONE") not in ("NONE", "ALL_OLD"):
        raise errors.validation("ReturnValues can only be ALL_OLD or NONE")
    await check_item_size(ctx, request["TableName"], item)
    placeholders = placeholders_of(request, ("ConditionExpression",))
    wanted = write_condition(request, placeholders)
    placeholders.check_unused()

    table = await usable_table(ctx, request["TableName"])
    plan = put_plan(table, item, wanted, old=old_for_answer(request))
    outcome = await run_write(ctx, plan)
    if isinstance(outcome, NotWritten):
        raise refuse(request, outcome)
    returned = outcome.old if request.get("ReturnValues") == "ALL_OLD" else None
    return await answer(ctx, request, plan, outcome, returned)
