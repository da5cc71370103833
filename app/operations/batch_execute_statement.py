"""BatchExecuteStatement: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson

from .. import errors
from ..errors import ApiError, Malformed, StoreError, Unsupported
from ..model import capacity
from ..model.plans import NotWritten, Old, WritePlan
from ..model.rows import Key
from ..model.table import Table
from ..partiql import (
    EXISTS_REFUSED,
    Bound,
    Delete,
    Exists,
    Select,
    Update,
    bind,
    is_select,
    parameter_values,
    parse,
    told_first,
)
from .answer_budget import fitting, text_bytes
from .context import Context
from .item_writes import index_units, old_for_answer, refuse, written_units
from .keys import key_of_request
from .registry import Answer, Request
from .statement_items import ItemRead, check_one_item, item_read, key_of_select
from .statement_writes import (
    check_returning,
    prepared_write,
    refuse_without_where,
    returned,
)
from .tables import usable_table
from .writes import run_write

# Statements of one request under way at once: a batch must not take the whole store for itself.
_AT_ONCE = 8
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html
_CODES = {
    "ConditionalCheckFailedException": "ConditionalCheckFailed",
    "DuplicateItemException": "DuplicateItem",
    "InternalServerError": "InternalServerError",
    "ItemCollectionSizeLimitExceededException": "ItemCollectionSizeLimitExceeded",
    "ResourceNotFoundException": "ResourceNotFound",
    "ThrottlingException": "ThrottlingError",
    "TransactionConflictException": "TransactionConflict",
    "ValidationException": "ValidationError",
}
# A code with which a statement may be sent again: the service's answer would have room for it.
_NO_ROOM = {
    "Code": "ThrottlingError",
    "Message": "The answer has no room for this statement: it was not executed, send it again.",
}
_NONE_OF_THEM = "Invalid operation. Only select, insert, update and delete operations are valid"
NOT_ONE_ITEM = (
    "Select statements within BatchExecuteStatement must specify the primary key in the where "
    "clause."
)


@dataclass(slots=True)
class _One:
    """One statement on its way: what it is bound to, and its answer. `reads` is None where that
    is not known. `units` are those of its table, `of_indexes` those of indexes."""

    request: Request
    reads: bool | None = None
    bound: Bound | None = None
    table: Table | None = None
    work: ItemRead | WritePlan | None = None
    answer: dict[str, Any] = field(default_factory=dict)
    units: float = 0.0
    of_indexes: dict[str, float] = field(default_factory=dict)
    refused: tuple[str, Key] | None = None

    @property
    def key(self) -> tuple[str, Key] | None:
        """Of the item, also that of a write which is `refused`."""
        return self.refused if self.work is None else (self.work.table.id, self.work.key)


async def run(ctx: Context, request: Request) -> Answer:
    mode = request.get("ReturnConsumedCapacity", "NONE")
    ones = [_One(each) for each in request["Statements"]]
    for one in ones:
        await _prepare(ctx, one, old_for_answer(request))
    _refuse_mixed(ones)
    keys = [one.key for one in ones if one.key is not None]
    if len(set(keys)) < len(keys):
        raise errors.validation("Provided list of item keys contains duplicates")
    if ctx.answer_bytes is None or not any(_shows_item(one) for one in ones):
        await _work_at_once(ctx, ones)
    elif any(isinstance(one.work, WritePlan) for one in ones):
        await _write_while_fitting(ctx, ones, ctx.answer_bytes)
    else:
        await _work_at_once(ctx, ones)
        _keep_fitting(ones, ctx.answer_bytes)
    result: dict[str, Any] = {"Responses": [one.answer for one in ones]}
    if mode != "NONE":
        result["ConsumedCapacity"] = _consumed(ones, mode)
    return result


async def _work_at_once(ctx: Context, ones: Sequence[_One]) -> None:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def work(one: _One) -> None:
        async with gate:
            await _work(ctx, one)

    await asyncio.gather(*map(work, ones))


async def _write_while_fitting(ctx: Context, ones: Sequence[_One], budget: int) -> None:
    """One by one: what is written must be answered, so that the largest item must have room."""
    used = 0
    for one in ones:
        # As a JSON text an item is hardly ever more than twice as large.
        room = 2 * one.work.table.limits.item if one.work and _shows_item(one) else 0
        if used and room and used + room > budget:
            one.work, one.answer["Error"] = None, _NO_ROOM
            continue
        await _work(ctx, one)
        used += text_bytes(orjson.dumps(one.answer))


def _keep_fitting(ones: Sequence[_One], budget: int) -> None:
    parts = [orjson.dumps(one.answer) if "Item" in one.answer else None for one in ones]
    for one in ones[fitting(parts, budget) :]:
        if one.answer.pop("Item", None) is not None:
            one.units, one.answer["Error"] = 0.0, _NO_ROOM


def _shows_item(one: _One) -> bool:
    if one.bound is None:
        return False
    statement = one.bound.statement
    returning = isinstance(statement, Update | Delete) and statement.returning != "NONE"
    failing = one.request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    return returning or failing or one.bound.reads


async def _prepare(ctx: Context, one: _One, old: Old) -> None:
    """What is wrong with a statement is its own answer, and no other's; but not a parameter that
    is no value."""
    text, parameters = one.request["Statement"], one.request.get("Parameters")
    try:
        statement = parse(text)
        if not isinstance(statement, Exists):
            one.reads = isinstance(statement, Select)
    except Unsupported as fault:
        one.answer["Error"] = _error(fault if fault.computed else errors.validation(_NONE_OF_THEM))
        return
    except ApiError as fault:
        if not isinstance(fault, Malformed):
            one.reads = is_select(text)
        one.answer["Error"] = _error(told_first(text, parameters, fault))
        return
    values = parameter_values(parameters)
    try:
        bound = bind(text, parameters, values)
        if isinstance(bound.statement, Exists):
            raise errors.validation(EXISTS_REFUSED)
        one.bound = bound
        refuse_without_where(bound)
        one.table = await usable_table(ctx, bound.table)
        _plan(one, one.table, bound, old)
    except ApiError as fault:
        one.answer["Error"] = _error(fault)


def _plan(one: _One, table: Table, bound: Bound, old: Old) -> None:
    """The table is named in the answer of a write as soon as that is right as a statement."""
    if bound.reads:
        check_one_item(table, bound, NOT_ONE_ITEM)
        one.work = item_read(table, bound, key_of_select(table, bound))
        one.answer["TableName"] = table.name
        return
    prepared = prepared_write(table, bound, old=old)
    check_returning(bound)
    one.answer["TableName"] = table.name
    try:
        one.work = prepared.plan()
    except ApiError:
        # Twice one item is refused before what is wrong with either.
        with suppress(ApiError):
            one.refused = (table.id, key_of_request(table, prepared.key))
        raise


def _refuse_mixed(ones: Sequence[_One]) -> None:
    kinds = {one.reads for one in ones}
    if {True, False} <= kinds:
        raise errors.validation(
            "Read and write requests together in the same batch is not supported."
        )


async def _work(ctx: Context, one: _One) -> None:
    if one.work is None or one.bound is None or one.table is None:
        return
    try:
        if isinstance(one.work, ItemRead):
            consistent = one.request.get("ConsistentRead", False)
            row = await ctx.store.get(one.table, one.work.key, consistent=consistent)
            one.units = one.work.units(row, consistent=consistent)
            item = one.work.shown(row)
        else:
            item = await _write(ctx, one, one.bound, one.work)
        if item is not None:
            one.answer["Item"] = item
    except ApiError as fault:
        one.answer["Error"] = _error(fault)
    except StoreError as fault:
        one.answer["Error"] = _error(errors.of_store(fault))


async def _write(ctx: Context, one: _One, bound: Bound, plan: WritePlan) -> Any:
    outcome = await run_write(ctx, plan)
    if isinstance(outcome, NotWritten):
        raise refuse(one.request, outcome)
    one.units, one.of_indexes = written_units(outcome), index_units(outcome)
    return returned(bound, outcome)


def _error(fault: ApiError) -> dict[str, Any]:
    error: dict[str, Any] = {"Code": _CODES.get(fault.code, fault.code), "Message": fault.message}
    return error | dict(fault.fields or {})


def _consumed(ones: Sequence[_One], mode: str) -> list[dict[str, Any]]:
    units: Counter[str] = Counter()
    of_indexes: dict[str, Counter[str]] = {}
    tables: dict[str, Table] = {}
    for one in ones:
        if one.table is not None and one.work is not None:
            tables[one.table.name] = one.table
            units[one.table.name] += one.units  # type: ignore[assignment]
            of_indexes.setdefault(one.table.name, Counter()).update(one.of_indexes)
    return [
        capacity.consumed(table, units[name], of_indexes[name], mode)
        for name, table in tables.items()
    ]
