"""UpdateItem: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html"""

from __future__ import annotations

from .. import errors
from ..expressions import Placeholders, Update, check_scalar_keys, legacy, update
from ..model.plans import Change, Delete, NotWritten, Put, Refused, WritePlan, Written
from ..model.rows import Item
from ..model.table import Table
from ..values import normalize_item
from .context import Context
from .index_keys import check_index_keys
from .item_writes import (
    LEGACY_CONDITION,
    answer,
    check_condition_keys,
    check_item_size,
    holds,
    refuse,
    write_condition,
)
from .keys import key_of_request
from .parameters import placeholders_of, refuse_mixed
from .registry import Answer, Request
from .tables import usable_table
from .writes import run_write

_EXPRESSIONS = ("UpdateExpression", "ConditionExpression")
_LEGACY = ("AttributeUpdates", *LEGACY_CONDITION)
ITEM_TOO_LARGE = "Item size to update has exceeded the maximum allowed size"


async def run(ctx: Context, request: Request) -> Answer:
    refuse_mixed(request, expressions=_EXPRESSIONS, legacy=_LEGACY)
    wire_key = normalize_item(request["Key"])
    placeholders = placeholders_of(request, _EXPRESSIONS)
    changes = _update(request, placeholders)
    wanted = write_condition(request, placeholders)
    placeholders.check_unused()

    table = await usable_table(ctx, request["TableName"])
    key = key_of_request(table, wire_key)
    check_condition_keys(table, wanted)
    _refuse_key_attributes(changes, table)

    def change(old: Item | None) -> Change:
        if not holds(wanted, old):
            return Refused()
        if changes is None:
            return Put(wire_key if old is None else old)
        if old is None and changes.only_removes:
            return Delete()
        new = changes.apply(wire_key if old is None else old)
        check_item_size(new, ITEM_TOO_LARGE)
        check_index_keys(table, new, updating=True)
        return Put(new)

    outcome = await run_write(ctx, WritePlan(table, key, change, blind=False))
    if isinstance(outcome, NotWritten):
        raise refuse(request, outcome)
    return answer(request, table, outcome, _returned(request, changes, outcome))


def _update(request: Request, placeholders: Placeholders) -> Update | None:
    text = request.get("UpdateExpression")
    if text is not None:
        return update(text, placeholders)
    updates = request.get("AttributeUpdates")
    return legacy.attribute_updates(updates) if updates else None


def _refuse_key_attributes(changes: Update | None, table: Table) -> None:
    for name in table.key_names:
        if changes is not None and name in changes.paths:
            raise errors.validation(
                "One or more parameter values were invalid: "
                f"Cannot update attribute {name}. This attribute is part of the key"
            )
    if changes is not None:
        check_scalar_keys(changes.nested_names, table.key_names)


def _returned(request: Request, changes: Update | None, outcome: Written) -> Item | None:
    mode = request.get("ReturnValues", "NONE")
    if mode == "ALL_NEW":
        return outcome.new
    if mode == "ALL_OLD":
        return outcome.old
    if changes is None:
        return None
    if mode == "UPDATED_NEW":
        return changes.touched(outcome.new or {})
    if mode == "UPDATED_OLD":
        return changes.touched(outcome.old or {})
    return None
