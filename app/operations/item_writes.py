"""What PutItem, UpdateItem and DeleteItem have in common."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from .. import errors
from ..expressions import Condition, Placeholders, condition, legacy
from ..model import capacity, expiry
from ..model.plans import NotWritten, Old, WritePlan, Written
from ..model.rows import Item
from ..values import item_size
from .context import Context
from .item_collections import metrics
from .registry import Request

LEGACY_CONDITION = ("Expected", "ConditionalOperator")


def write_condition(request: Request, placeholders: Placeholders) -> Condition | None:
    """The condition of a write, from ConditionExpression or from Expected."""
    text = request.get("ConditionExpression")
    if text is not None:
        return condition(text, placeholders, "ConditionExpression")
    return legacy.expected(request.get("Expected"), request.get("ConditionalOperator"))


def refuse(request: Request, outcome: NotWritten) -> errors.ApiError:
    """The answer to a failed condition, with the item when it was asked for."""
    wanted = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    return errors.conditional_check_failed(outcome.old if wanted else None)


_COUNTS = ("ReturnConsumedCapacity", "ReturnItemCollectionMetrics")


def old_for_answer(request: Request, *, without: Collection[str] = ("NONE",)) -> Old:
    """What the answer needs of the item that was there, whatever the change itself needs.

    without: values of ReturnValues that need nothing of it.
    """
    if request.get("ReturnValues", "NONE") not in without:
        return Old.NEEDED
    counted = any(request.get(name, "NONE") != "NONE" for name in _COUNTS)
    return Old.COUNTED if counted else Old.NOTHING


async def answer(
    ctx: Context, request: Request, plan: WritePlan, outcome: Written, attributes: Item | None
) -> Request:
    """The answer to a write: returned attributes, capacity and item collection."""
    table = plan.table
    result: dict[str, Any] = {}
    if attributes:
        result["Attributes"] = attributes
    mode = request.get("ReturnConsumedCapacity", "NONE")
    if mode != "NONE":
        result["ConsumedCapacity"] = capacity.consumed(
            table,
            await ctx.beside(written_units, outcome),
            index_units(outcome),
            mode,
            named=request["TableName"],
        )
    if "ReturnItemCollectionMetrics" in request:
        found = await metrics(ctx, request, table, plan.key.partition)
        if found is not None:
            result["ItemCollectionMetrics"] = found
    return result


def written_units(outcome: Written) -> float:
    """DynamoDB bills the larger of the old and the new image."""
    old = 0 if outcome.old is None else item_size(outcome.old)
    new = 0 if outcome.new is None else item_size(outcome.new)
    return capacity.write_units(max(old, new))


def index_units(outcome: Written) -> dict[str, float]:
    """Units by name of the indexes that the write changed; the server's own costs nobody."""
    return {
        change.index.name: capacity.entry_units(change)
        for change in outcome.entries
        if change.index.name != expiry.NAME
    }
