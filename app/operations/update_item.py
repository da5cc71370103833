"""UpdateItem: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html"""

from __future__ import annotations

from ..expressions import Placeholders, Update, legacy, update
from ..model.plans import NotWritten, Written
from ..model.rows import Item
from ..values import normalize_item
from .context import Context
from .item_plans import update_plan
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

_EXPRESSIONS = ("UpdateExpression", "ConditionExpression")
_TELLS_NOTHING_OLD = ("NONE", "UPDATED_NEW")
_LEGACY = ("AttributeUpdates", *LEGACY_CONDITION)


async def run(ctx: Context, request: Request) -> Answer:
    refuse_mixed(request, expressions=_EXPRESSIONS, legacy=_LEGACY)
    wire_key = normalize_item(request["Key"])
    placeholders = await ctx.beside(placeholders_of, request, _EXPRESSIONS)
    changes = _update(request, placeholders)
    wanted = write_condition(request, placeholders)
    placeholders.check_unused()

    table = await usable_table(ctx, request["TableName"])
    old = old_for_answer(request, without=_TELLS_NOTHING_OLD)
    plan = update_plan(table, wire_key, changes, wanted, old=old)
    outcome = await run_write(ctx, plan)
    if isinstance(outcome, NotWritten):
        raise refuse(request, outcome)
    return await answer(ctx, request, plan, outcome, _returned(request, changes, outcome))


def _update(request: Request, placeholders: Placeholders) -> Update | None:
    text = request.get("UpdateExpression")
    if text is not None:
        return update(text, placeholders)
    updates = request.get("AttributeUpdates")
    return legacy.attribute_updates(updates) if updates else None


def _returned(request: Request, changes: Update | None, outcome: Written) -> Item | None:
    mode = request.get("ReturnValues", "NONE")
    if mode == "ALL_NEW":
        return outcome.new
    if mode == "ALL_OLD":
        return outcome.old
    if changes is None:
        return None
    if mode == "UPDATED_NEW":
        return changes.new_values(outcome.new or {})
    if mode == "UPDATED_OLD":
        return changes.old_values(outcome.old or {})
    return None
