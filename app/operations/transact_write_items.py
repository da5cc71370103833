"""TransactWriteItems:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import errors
from ..errors import ApiError, EmptyKeyValue
from ..expressions import Condition, update
from ..model.plans import Old, WritePlan
from ..model.rows import Item
from ..model.table import Table
from ..values import item_size, normalize_item
from .context import Context
from .item_collections import metrics_by_table
from .item_plans import (
    check_condition_keys,
    check_item_size,
    check_plan,
    delete_plan,
    put_plan,
    update_plan,
)
from .item_writes import old_for_answer, write_condition
from .parameters import placeholders_of
from .registry import Answer, Request
from .tables import table_in_transaction
from .transactions import (
    MOST_BYTES,
    Action,
    as_named,
    check_supported,
    refuse_duplicates,
    replayed_capacity,
    run_transaction,
    token_of,
    write_capacity,
)

_CONDITION = ("ConditionExpression",)


@dataclass(frozen=True, slots=True)
class _Parsed:
    """What can be told of one action without its table. `size`: bytes of items, keys and values."""

    part: Request
    wanted: Condition | None
    plan: Callable[[Table, Old], WritePlan]
    size: int
    item: Item | None = None


async def run(ctx: Context, request: Request) -> Answer:
    check_supported(ctx)
    parsed = await ctx.beside(_all_parsed, request)
    for one in parsed:
        if one.item is not None:
            await check_item_size(ctx, one.part["TableName"], one.item)
    size = sum(one.size for one in parsed)
    if size > MOST_BYTES:
        raise errors.validation(f"Transaction payload size cannot exceed 4MB. Payload Size: {size}")
    token = await ctx.beside(token_of, request, "TransactItems")
    old = old_for_answer(request)
    tables: list[Table] = []
    actions: list[Action] = []
    keys: set[Any] = set()
    for one in parsed:
        table = await table_in_transaction(ctx, one.part["TableName"])
        check_condition_keys(table, one.wanted)
        plan = _plan(one, table, old)
        if isinstance(plan, WritePlan):
            refuse_duplicates(keys, table, plan.key)
        shows_old = one.part.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        tables.append(table)
        actions.append(Action(plan, shows_old))
    outcomes = await run_transaction(ctx, actions, token)
    result: dict[str, Any] = {}
    plans = [action.plan for action in actions if isinstance(action.plan, WritePlan)]
    named = [(table, one.part["TableName"]) for table, one in zip(tables, parsed, strict=True)]
    mode = request.get("ReturnConsumedCapacity", "NONE")
    if mode != "NONE" and outcomes is not None:
        written = list(zip(tables, outcomes, strict=True))
        result["ConsumedCapacity"] = as_named(write_capacity(written, mode), named)
    elif mode != "NONE":
        replayed = await replayed_capacity(ctx, actions, mode)
        result["ConsumedCapacity"] = as_named(replayed, named)
    if request.get("ReturnItemCollectionMetrics", "NONE") != "NONE":
        result["ItemCollectionMetrics"] = await metrics_by_table(
            ctx,
            request,
            [
                (name, plan.table, plan.key.partition)
                for action, plan, (_, name) in zip(
                    request["TransactItems"], plans, named, strict=True
                )
                if "ConditionCheck" not in action
            ],
        )
    return result


def _all_parsed(request: Request) -> list[_Parsed]:
    return [_parsed(action) for action in request["TransactItems"]]


def _parsed(action: Request) -> _Parsed:
    if len(action) != 1:
        raise errors.validation(
            "TransactItems can only contain one of Check, Put, Update or Delete"
            if action
            else "Invalid Request: TransactWriteRequest should contain Delete or Put or Update "
            "request"
        )
    ((kind, part),) = action.items()
    return _PARSERS[kind](part)


def _put(part: Request) -> _Parsed:
    item = normalize_item(part["Item"])
    wanted = _condition(part)

    def plan(table: Table, old: Old) -> WritePlan:
        return put_plan(table, item, wanted, old=old)

    return _Parsed(part, wanted, plan, item_size(item), item)


def _delete(part: Request) -> _Parsed:
    key = normalize_item(part["Key"])
    wanted = _condition(part)

    def plan(table: Table, old: Old) -> WritePlan:
        return delete_plan(table, key, wanted, old=old)

    return _Parsed(part, wanted, plan, _size(part, key))


def _check(part: Request) -> _Parsed:
    key = normalize_item(part["Key"])
    wanted = _condition(part)
    assert wanted is not None, "the API's model requires it"
    return _Parsed(part, wanted, lambda table, _: check_plan(table, key, wanted), _size(part, key))


def _update(part: Request) -> _Parsed:
    key = normalize_item(part["Key"])
    placeholders = placeholders_of(part, ("UpdateExpression", "ConditionExpression"))
    changes = update(part["UpdateExpression"], placeholders)
    wanted = write_condition(part, placeholders)
    placeholders.check_unused()
    return _Parsed(
        part, wanted, lambda table, _: update_plan(table, key, changes, wanted), _size(part, key)
    )


_PARSERS: dict[str, Callable[[Request], _Parsed]] = {
    "ConditionCheck": _check,
    "Delete": _delete,
    "Put": _put,
    "Update": _update,
}


def _condition(part: Request) -> Condition | None:
    placeholders = placeholders_of(part, _CONDITION)
    wanted = write_condition(part, placeholders)
    placeholders.check_unused()
    return wanted


def _size(part: Request, key: Item) -> int:
    return item_size(key) + item_size(part.get("ExpressionAttributeValues") or {})


def _plan(one: _Parsed, table: Table, old: Old) -> WritePlan | ApiError:
    try:
        return one.plan(table, old)
    except EmptyKeyValue:
        raise
    except ApiError as fault:
        return fault
