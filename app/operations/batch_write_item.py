"""BatchWriteItem: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any

from .. import errors
from ..errors import ApiError, StoreError
from ..model import capacity
from ..model.limits import SERVICE
from ..model.plans import NotWritten, Old, WritePlan, Written
from ..model.rows import Item
from ..model.table import Table
from ..values import normalize_item
from .batches import check_batch
from .context import Context
from .item_collections import metrics_by_table
from .item_plans import check_item_size, delete_plan, put_plan
from .item_writes import index_units, old_for_answer, written_units
from .registry import Answer, Request
from .tables import usable_tables
from .writes import run_write

# Writes of one request under way at once: a batch must not take the whole store for itself.
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class _One:
    """One write: `name` is the table as the client named it, `request` its WriteRequest."""

    name: str
    request: Request
    item: Item | None
    wire_key: Item | None


async def run(ctx: Context, request: Request) -> Answer:
    if not request["RequestItems"]:
        raise errors.validation("The requestItems parameter is required for BatchWriteItem")
    ones = await ctx.beside(_ones, request)
    for one in ones:
        if one.item is not None:
            await check_item_size(ctx, one.name, one.item)
    if len(ones) > SERVICE.batch_write:
        await check_batch(ctx, "BatchWriteItem", request)
    tables = await usable_tables(ctx, request["RequestItems"])
    mode = request.get("ReturnConsumedCapacity", "NONE")
    old = old_for_answer(request)
    plans = [_plan(tables[one.name], one, old) for one in ones]
    if len({(plan.table.id, plan.key) for plan in plans}) < len(plans):
        raise errors.validation("Provided list of item keys contains duplicates")
    for one, plan in zip(ones, plans, strict=True):
        if plan.table.attached is not None:
            ctx.store.admit(plan.table, plan.key, one.item)

    outcomes = await _write_all(ctx, plans)
    result = _answer(ones, tables, outcomes, mode)
    if request.get("ReturnItemCollectionMetrics", "NONE") != "NONE":
        result["ItemCollectionMetrics"] = await metrics_by_table(
            ctx,
            request,
            [
                (one.name, plan.table, plan.key.partition)
                for one, plan, outcome in zip(ones, plans, outcomes, strict=True)
                if isinstance(outcome, Written)
            ],
        )
    return result


async def _write_all(
    ctx: Context, plans: list[WritePlan]
) -> list[Written | NotWritten | Exception]:
    outcomes: list[Any] = [None] * len(plans)
    waiting = iter(enumerate(plans))
    turn = asyncio.Lock()

    async def work() -> None:
        for place, plan in waiting:
            if ctx.large:
                # Encoding is the store's: not all items at once.
                async with turn:
                    await asyncio.sleep(0)
            try:
                outcomes[place] = await run_write(ctx, plan)
            except (StoreError, ApiError) as fault:
                outcomes[place] = fault

    await asyncio.gather(*[work() for _ in range(min(len(plans), _AT_ONCE))])
    return outcomes


def _ones(request: Request) -> list[_One]:
    return [
        _one(name, write) for name, writes in request["RequestItems"].items() for write in writes
    ]


def _one(name: str, write: Request) -> _One:
    put, delete = write.get("PutRequest"), write.get("DeleteRequest")
    if (put is None) == (delete is None):
        # The service says this of an empty WriteRequest, too.
        raise errors.validation(
            "Supplied AttributeValue has more than one datatypes set, "
            "must contain exactly one of the supported datatypes"
        )
    if put is not None:
        return _One(name, write, normalize_item(put["Item"]), None)
    assert delete is not None
    return _One(name, write, None, normalize_item(delete["Key"]))


def _plan(table: Table, one: _One, old: Old) -> WritePlan:
    if one.item is not None:
        return put_plan(table, one.item, old=old, in_batch=True)
    return delete_plan(table, one.wire_key or {}, old=old)


def _answer(
    ones: list[_One],
    tables: dict[str, Table],
    outcomes: list[Written | NotWritten | Exception],
    mode: str,
) -> dict[str, Any]:
    """Writes that failed go back as UnprocessedItems; all failed is an error of its own.

    A write whose outcome is unknown goes back too: putting or deleting it again is what the client
    does with it, and leads to the same item.
    """
    failed = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    if len(failed) == len(outcomes):
        raise failed[0]
    unprocessed: dict[str, list[Any]] = {}
    units = dict.fromkeys(tables, 0.0)
    of_indexes: dict[str, Counter[str]] = {name: Counter() for name in tables}
    for one, outcome in zip(ones, outcomes, strict=True):
        if isinstance(outcome, Written):
            if mode != "NONE":
                units[one.name] += written_units(outcome)
                of_indexes[one.name].update(index_units(outcome))
        else:
            unprocessed.setdefault(one.name, []).append(one.request)
    result: dict[str, Any] = {"UnprocessedItems": unprocessed}
    if mode != "NONE":
        result["ConsumedCapacity"] = [
            capacity.consumed(table, units[name], of_indexes[name], mode, named=name)
            for name, table in tables.items()
        ]
    return result
