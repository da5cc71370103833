"""Runs plans as one transaction: all are written or none, once for each token.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from .. import errors
from ..errors import ApiError, TableChanged
from ..model import capacity
from ..model.plans import Refused, WritePlan, Written
from ..model.rows import Key, Row
from ..model.table import Table
from ..store.base import (
    Batch,
    Committed,
    Conflict,
    InProgress,
    Locked,
    Outcome,
    Spent,
    Token,
    TokenMismatch,
)
from ..values import item_size
from .answer_budget import text_bytes
from .context import Context
from .item_writes import index_units, written_units
from .registry import Request
from .transaction_plans import Plan, PlannedWrite, current, decided, remember
from .writes import note_expired, transactable

MOST_BYTES = 4 * 1024 * 1024
DUPLICATES = "Transaction request cannot include multiple operations on one item"
_FIRST_PAUSE = 0.005
_LONGEST_PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class Action:
    """One item's part of a transaction. `plan` is a fault where the action cannot be one.

    shows_old: the reason of a failed condition tells of the item.
    """

    plan: WritePlan | ApiError
    shows_old: bool = False


async def run_transaction(
    ctx: Context, actions: Sequence[Action], token: Token | None
) -> list[Written] | None:
    """What was done to each item; None if the token says that it had been done before.

    Raises TransactionCanceledException, IdempotentParameterMismatchException and
    TransactionInProgressException. StoreUnknown passes through, and then only a call with the same
    token is safe.
    """
    plans = [action.plan for action in actions]
    deadline = ctx.clock.monotonic() + ctx.settings.deadline
    pause = _FIRST_PAUSE
    keys = [(plan.table.id, plan.key) for plan in plans if isinstance(plan, WritePlan)]
    async with ctx.queue.slots(keys):
        while True:
            plans = [
                plan._replace(table=await transactable(ctx, plan.table, deadline))
                if isinstance(plan, WritePlan)
                else plan
                for plan in plans
            ]
            rows, changes = await decided(ctx, plans)
            outcome: Outcome
            if any(isinstance(change, Refused | ApiError) for change in changes):
                # The refusal may be this very request's doing, when it came before.
                spent = None if token is None else await ctx.store.spent(token)
                if spent is None:
                    raise errors.transaction_canceled(list(map(_reason, actions, changes, rows)))
                _check_replay(spent)
                return None
            ready = [change for change in changes if isinstance(change, PlannedWrite)]
            batch = Batch(tuple(change.write for change in ready), token)
            try:
                outcome = await ctx.store.commit(batch)
            except TableChanged:
                plans = [await current(ctx, plan) for plan in plans]
                continue
            remember(ctx, ready, outcome)
            if isinstance(outcome, Committed):
                for change in ready:
                    note_expired(ctx, change.write.table, change.write.key, change.write.item)
                return [change.written for change in ready]
            if not isinstance(outcome, Conflict | Locked):
                _check_replay(outcome)
                return None
            ctx.metrics.add("CasRetries" if isinstance(outcome, Conflict) else "LockedRetries")
            if ctx.clock.monotonic() + pause > deadline:
                raise errors.transaction_canceled(_conflicts(actions, outcome))
            await asyncio.sleep(random.uniform(0, pause))
            pause = min(pause * 2, _LONGEST_PAUSE)


async def snapshot(ctx: Context, reads: Sequence[tuple[Table, Key]]) -> tuple[Row | None, ...]:
    """Raises TransactionCanceledException when the items are written all the while."""
    deadline = ctx.clock.monotonic() + ctx.settings.deadline
    for table, _ in reads:
        await transactable(ctx, table, deadline)
    rows = await ctx.store.snapshot(reads)
    if isinstance(rows, Conflict):
        raise errors.transaction_canceled([errors.CONFLICT_REASON for _ in reads])
    return rows


def too_large_answer(size: int) -> ApiError:
    return errors.validation(f"Payload in response is too large.{size}")


def check_answer(ctx: Context, responses: Sequence[Mapping[str, Any]]) -> None:
    """Raises for more than the front door takes: a transaction has no pages."""
    if ctx.answer_bytes is not None:
        size = text_bytes(orjson.dumps(responses))
        if size > ctx.answer_bytes:
            raise too_large_answer(size)


def check_supported(ctx: Context) -> None:
    if not ctx.store.capabilities.transactions:
        raise errors.validation("Transactions are not supported by the store of this server")


def token_of(request: Request, member: str) -> Token | None:
    """From ClientRequestToken; `member` holds what the request asks for."""
    text = request.get("ClientRequestToken")
    if not text:
        return None
    asked = orjson.dumps(request[member], option=orjson.OPT_SORT_KEYS)
    return Token(text, blake2b(asked, digest_size=16).digest())


def refuse_duplicates(keys: set[tuple[str, Key]], table: Table, key: Key) -> None:
    """Raises for a key that is among `keys`, to which it is added."""
    if (table.id, key) in keys:
        raise errors.validation(DUPLICATES)
    keys.add((table.id, key))


def write_capacity(outcomes: Sequence[tuple[Table, Written]], mode: str) -> list[dict[str, Any]]:
    """ConsumedCapacity of a transaction, for each table: all is written twice, says the service."""
    units: dict[str, float] = {}
    of_indexes: dict[str, dict[str, float]] = {}
    tables: dict[str, Table] = {}
    for table, outcome in outcomes:
        tables[table.name] = table
        doubled = capacity.TRANSACTION_FACTOR * written_units(outcome)
        units[table.name] = units.get(table.name, 0.0) + doubled
        part = of_indexes.setdefault(table.name, {})
        for name, used in index_units(outcome).items():
            part[name] = part.get(name, 0.0) + capacity.TRANSACTION_FACTOR * used
    return [
        capacity.consumed(table, units[name], of_indexes[name], mode, capacity.WRITE_MEMBERS)
        for name, table in tables.items()
    ]


def read_capacity(sizes: Sequence[tuple[Table, float]], mode: str) -> list[dict[str, Any]]:
    """ConsumedCapacity from the units of single reads."""
    units: dict[str, float] = {}
    tables: dict[str, Table] = {}
    for table, used in sizes:
        tables[table.name] = table
        units[table.name] = units.get(table.name, 0.0) + used
    return [
        capacity.consumed(table, units[name], {}, mode, capacity.READ_MEMBERS)
        for name, table in tables.items()
    ]


async def replayed_capacity(
    ctx: Context, actions: Sequence[Action], mode: str
) -> list[dict[str, Any]]:
    """ConsumedCapacity of a transaction that was done before: this time it has but looked."""
    used = []
    for plan in [action.plan for action in actions if isinstance(action.plan, WritePlan)]:
        row = await ctx.store.get(plan.table, plan.key, consistent=True)
        used.append((plan.table, capacity.TRANSACTION_FACTOR * read_units(row)))
    return read_capacity(used, mode)


def as_named(
    consumed: list[dict[str, Any]], named: Iterable[tuple[Table, str]]
) -> list[dict[str, Any]]:
    """Tables as the request names them, which may be by ARN."""
    names = {table.name: name for table, name in named}
    return [{**each, "TableName": names[each["TableName"]]} for each in consumed]


def read_units(row: Row | None) -> float:
    size = 0 if row is None else item_size(row.item)
    return capacity.read_units(size, consistent=True)


def _check_replay(outcome: Spent) -> None:
    """Raises unless it had been done before."""
    if isinstance(outcome, TokenMismatch):
        raise errors.idempotent_parameter_mismatch()
    if isinstance(outcome, InProgress):
        raise errors.transaction_in_progress()


def _reason(
    action: Action, change: PlannedWrite | Refused | ApiError, row: Row | None
) -> Mapping[str, Any]:
    if isinstance(change, ApiError):
        return errors.fault_reason(change)
    if isinstance(change, Refused):
        return errors.condition_reason(row.item if row is not None and action.shows_old else None)
    return errors.NO_REASON


def _conflicts(actions: Sequence[Action], outcome: Conflict | Locked) -> list[Mapping[str, Any]]:
    """The keys that another transaction holds, or all if it is not known which changed."""

    def reason(plan: Plan) -> Mapping[str, Any]:
        if isinstance(outcome, Locked) and isinstance(plan, WritePlan):
            return errors.CONFLICT_REASON if plan.key in outcome.keys else errors.NO_REASON
        return errors.CONFLICT_REASON

    return [reason(action.plan) for action in actions]
