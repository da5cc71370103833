"""ExecuteTransaction: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteTransaction.html"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .. import errors
from ..errors import ApiError, EmptyKeyValue, Malformed, NoKeyType, Unsupported
from ..model import capacity
from ..model.plans import WritePlan
from ..model.rows import Item
from ..model.table import Table
from ..partiql import (
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
from .context import Context
from .item_plans import check_plan
from .item_writes import old_for_answer
from .keys import key_of_request
from .registry import Answer, Request
from .statement_items import ItemRead, check_one_item, item_read, key_of_select
from .statement_writes import Prepared, check_type, prepared_write, refused_returning
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
_UNSUPPORTED = "Unsupported operation in transaction."
_NO_CONDITION = "EXISTS() must contain a single item read with additional condition"


class _Read(NamedTuple):
    table: Table
    statement: Bound
    key: Item


async def run(ctx: Context, request: Request) -> Answer:
    check_supported(ctx)
    parts = request["TransactStatements"]
    bounds = [_bound(part) for part in parts]
    kinds = zip(bounds, parts, strict=True)
    if len({_is_read(bound, part["Statement"]) for bound, part in kinds}) > 1:
        raise errors.validation(
            "ExecuteTransaction API does not support both read and write operations in the same "
            "request."
        )
    old = old_for_answer(request)
    # One after the other: what is wrong with the first is told, whatever is with the others.
    tables: list[Table] = []
    reads: list[_Read] = []
    writes: list[Prepared] = []
    for number, bound in enumerate(bounds):
        if isinstance(bound, ApiError):
            raise _invalid(number, str(bound.message))
        table = await _table(ctx, number, bound)
        tables.append(table)
        if bound.reads:
            _check_one_item(number, table, bound)
        exists = bound.statement if isinstance(bound.statement, Exists) else None
        if exists is not None:
            _check_exists(number, table, bound, exists.select)
        try:
            if bound.reads:
                reads.append(_Read(table, bound, key_of_select(table, bound)))
            elif exists is not None:
                writes.append(_checked(table, bound, exists.select))
            else:
                writes.append(prepared_write(table, bound, old=old))
        except NoKeyType as fault:
            raise _invalid(number, str(fault.message)) from None
        except ApiError as fault:
            reasons = [errors.NO_REASON] * len(parts)
            reasons[number] = errors.fault_reason(fault)
            raise errors.transaction_canceled(reasons) from None
        _check_returning(number, bound)
    mode = request.get("ReturnConsumedCapacity", "NONE")
    if reads:
        return await _read(ctx, reads, mode)
    keys: set[Any] = set()
    actions = [
        Action(
            _plan(table, write, keys),
            part.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD",
        )
        for part, table, write in zip(parts, tables, writes, strict=True)
    ]
    outcomes = await run_transaction(ctx, actions, token_of(request, "TransactStatements"))
    result: dict[str, Any] = {"Responses": []}
    if mode != "NONE" and outcomes is not None:
        written = list(zip(tables, outcomes, strict=True))
        result["ConsumedCapacity"] = write_capacity(written, mode)
    elif mode != "NONE":
        result["ConsumedCapacity"] = await replayed_capacity(ctx, actions, mode)
    return result


def _bound(part: Request) -> Bound | ApiError:
    """Or what is wrong with the statement. Raises for what is none, and for a parameter that is no
    value."""
    text, parameters = part["Statement"], part.get("Parameters")
    try:
        parse(text)
    except Malformed:
        raise
    except Unsupported as fault:
        raise errors.validation(_UNSUPPORTED) if fault.computed else fault from None
    except ApiError as fault:
        return told_first(text, parameters, fault)
    values = parameter_values(parameters)
    try:
        return bind(text, parameters, values)
    except ApiError as fault:
        return fault


def _is_read(bound: Bound | ApiError, text: str) -> bool:
    return is_select(text) if isinstance(bound, ApiError) else bound.reads


async def _table(ctx: Context, number: int, bound: Bound) -> Table:
    """Raises for what can be told of a statement without its key."""
    statement = bound.statement
    if isinstance(statement, Select) and statement.index is not None:
        raise _invalid(number, "Reads on indices are not supported within transactions.")
    if isinstance(statement, Exists) and statement.select.index is not None:
        raise _invalid(number, "Operations on indices are not supported in transactions")
    return await table_in_transaction(ctx, bound.table)


def _check_one_item(number: int, table: Table, read: Bound) -> None:
    try:
        check_one_item(table, read, _NOT_ONE_ITEM)
    except ApiError as fault:
        raise _invalid(number, str(fault.message)) from None


def _check_returning(number: int, bound: Bound) -> None:
    statement = bound.statement
    refusal = refused_returning(bound)
    if refusal is None and isinstance(statement, Update | Delete) and statement.returning != "NONE":
        refusal = "RETURNING clause is not supported in ExecuteTransaction."
    if refusal is not None:
        raise _invalid(number, refusal)


async def _read(ctx: Context, wanted: Sequence[_Read], mode: str) -> Answer:
    keys: set[Any] = set()
    reads: list[ItemRead] = []
    reasons: list[Mapping[str, Any]] = []
    for table, statement, key in wanted:
        try:
            read = item_read(table, statement, key)
        except EmptyKeyValue:
            raise
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
            (read.table, capacity.TRANSACTION_FACTOR * read_units(row))
            for read, row in zip(reads, rows, strict=True)
        ]
        result["ConsumedCapacity"] = read_capacity(used, mode)
    return result


def _plan(table: Table, prepared: Prepared, keys: set[Any]) -> WritePlan | ApiError:
    """A fault of one action is the reason for which all are cancelled; an empty key refuses the
    request. The item must not be among `keys`, to which it is added."""
    try:
        key = key_of_request(table, prepared.key)
    except EmptyKeyValue:
        raise
    except ApiError as fault:
        return fault
    refuse_duplicates(keys, table, key)
    try:
        return prepared.plan()
    except EmptyKeyValue:
        raise
    except ApiError as fault:
        return fault


def _check_exists(number: int, table: Table, statement: Bound, select: Select) -> None:
    """Raises for an EXISTS of no one item, and for one that asks no more than its key."""
    where = select.where
    terms = statement.key_terms(where, table.key_names)
    held = {term.name for term in terms if term.operator == "EQ"}
    if where is None or held != set(table.key_names):
        raise _invalid(number, _NO_CONDITION)
    if len(terms) == len(held) and statement.asks_only_keys(where, table.key_names):
        raise _invalid(number, _NO_CONDITION)


def _checked(table: Table, statement: Bound, select: Select) -> Prepared:
    """The condition that an EXISTS is, on the item of its first key. Raises ValidationException."""
    wanted = statement.wanted
    assert wanted is not None
    key: Item = {}
    for name, operator, operands in statement.key_terms(select.where, table.key_names):
        if operator == "EQ":
            key.setdefault(name, operands[0])
    for attribute in table.keys:
        check_type(attribute, key[attribute.name])
    return Prepared(key, lambda: check_plan(table, key, wanted))


def _invalid(number: int, message: str) -> ApiError:
    return errors.validation(f"Validation failed in TransactStatements[{number}]: {message}")
