"""ExecuteTransaction: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteTransaction.html"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import errors
from ..errors import ApiError
from ..model import capacity
from ..model.plans import Old, WritePlan
from ..model.rows import Item
from ..model.table import Table
from ..partiql import Bound, Delete, Exists, Select, Update, Where, bind
from .context import Context
from .item_plans import check_plan
from .registry import Answer, Request
from .statement_items import ItemRead, check_one_item, item_read
from .statement_writes import key_of_where, write_plan
from .tables import table_in_transaction
from .transactions import (
    Action,
    check_answer,
    check_supported,
    read_capacity,
    read_units,
    refuse_duplicates,
    replayed_capacity,
    run_transaction,
    snapshot,
    token_of,
    write_capacity,
)

_NOT_ONE_ITEM = (
    "Select statements within ExecuteTransaction must specify the primary key in the where clause."
)
_NO_CONDITION = "EXISTS() must contain a single item read with additional condition"


async def run(ctx: Context, request: Request) -> Answer:
    check_supported(ctx)
    parts = request["TransactStatements"]
    statements = [_bound(number, part) for number, part in enumerate(parts)]
    if len({statement.reads for statement in statements}) > 1:
        raise errors.validation(
            "ExecuteTransaction API does not support both read and write operations in the same "
            "request."
        )
    tables = [await table_in_transaction(ctx, statement.table) for statement in statements]
    mode = request.get("ReturnConsumedCapacity", "NONE")
    if statements[0].reads:
        return await _read(ctx, statements, tables, mode)
    actions = [
        Action(
            _plan(number, table, statement),
            part.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD",
        )
        for number, (part, table, statement) in enumerate(
            zip(parts, tables, statements, strict=True)
        )
    ]
    keys: set[Any] = set()
    for action in actions:
        if isinstance(action.plan, WritePlan):
            refuse_duplicates(keys, action.plan.table, action.plan.key)
    outcomes = await run_transaction(ctx, actions, token_of(request, "TransactStatements"))
    result: dict[str, Any] = {"Responses": []}
    if mode != "NONE" and outcomes is not None:
        written = list(zip(tables, outcomes, strict=True))
        result["ConsumedCapacity"] = write_capacity(written, mode)
    elif mode != "NONE":
        result["ConsumedCapacity"] = await replayed_capacity(ctx, actions, mode)
    return result


def _bound(number: int, part: Request) -> Bound:
    """Raises for what can be told of a statement without its table."""
    bound = bind(part["Statement"], part.get("Parameters"), _in(number))
    statement = bound.statement
    if isinstance(statement, Update | Delete) and statement.returning != "NONE":
        raise _invalid(number, "RETURNING clause is not supported in ExecuteTransaction.")
    if isinstance(statement, Select) and statement.index is not None:
        raise _invalid(number, "Reads on indices are not supported within transactions.")
    if isinstance(statement, Exists) and statement.select.index is not None:
        raise _invalid(number, "Operations on indices are not supported in transactions")
    return bound


async def _read(
    ctx: Context, statements: Sequence[Bound], tables: Sequence[Table], mode: str
) -> Answer:
    keys: set[Any] = set()
    reads: list[ItemRead] = []
    reasons: list[Mapping[str, Any]] = []
    for number, (table, statement) in enumerate(zip(tables, statements, strict=True)):
        check_one_item(table, statement, f"{_in(number)}{_NOT_ONE_ITEM}")
        try:
            read = item_read(table, statement)
        except ApiError as fault:
            reasons.append(errors.fault_reason(fault))
            continue
        reasons.append(errors.NO_REASON)
        refuse_duplicates(keys, table, read.key)
        reads.append(read)
    if len(reads) < len(reasons):
        raise errors.transaction_canceled(reasons)
    rows = await snapshot(ctx, [(read.table, read.key) for read in reads])
    found = [read.shown(row) for read, row in zip(reads, rows, strict=True)]
    responses = [{} if item is None else {"Item": item} for item in found]
    check_answer(ctx, responses)
    result: dict[str, Any] = {"Responses": responses}
    if mode != "NONE":
        used = [
            (table, capacity.TRANSACTION_FACTOR * read_units(row))
            for table, row in zip(tables, rows, strict=True)
        ]
        result["ConsumedCapacity"] = read_capacity(used, mode)
    return result


def _plan(number: int, table: Table, statement: Bound) -> WritePlan | ApiError:
    """A fault of one action is the reason for which all are cancelled; that an EXISTS is none
    refuses the request."""
    checked = None
    if isinstance(statement.statement, Exists):
        checked = _checked_key(number, table, statement, statement.statement.select)
    try:
        if checked is None:
            return write_plan(table, statement, old=Old.NEEDED)
        where, key = checked
        wanted = statement.condition(where)
        assert wanted is not None
        return check_plan(table, key, wanted)
    except ApiError as fault:
        return fault


def _checked_key(number: int, table: Table, statement: Bound, select: Select) -> tuple[Where, Item]:
    """What an EXISTS asks, and of which item."""
    where = select.where
    if where is None or statement.asks_only_keys(where, table.key_names):
        raise _invalid(number, _NO_CONDITION)
    try:
        return where, key_of_where(table, statement, where)
    except ApiError:
        raise _invalid(number, _NO_CONDITION) from None


def _in(number: int) -> str:
    return f"Validation failed in TransactStatements[{number}]: "


def _invalid(number: int, message: str) -> ApiError:
    return errors.validation(_in(number) + message)
