"""The plan of a write of one item, whichever operation asks for it: checked against the table."""

from __future__ import annotations

from .. import errors
from ..errors import ApiError
from ..expressions import Condition, Update, check_scalar_keys
from ..model.limits import SERVICE
from ..model.plans import Change, Delete, Delta, Old, Put, Refused, WritePlan
from ..model.rows import Item
from ..model.table import Table
from ..values import is_larger
from .context import Context
from .index_keys import check_index_keys
from .keys import key_of_item, key_of_request
from .names import table_name
from .tables import refuse_only_read

_UPDATE_TOO_LARGE = "Item size to update has exceeded the maximum allowed size"


def put_plan(
    table: Table,
    item: Item,
    wanted: Condition | None = None,
    *,
    old: Old = Old.NEEDED,
    in_batch: bool = False,
) -> WritePlan:
    """`old`: what the answer needs; `in_batch`: as of `key_of_item`. Raises ValidationException."""
    refuse_only_read(table)
    key = key_of_item(table, item, in_batch=in_batch)
    check_condition_keys(table, wanted)
    check_index_keys(table, item)

    def change(old: Item | None) -> Change:
        return Put(item) if holds(wanted, old) else Refused()

    return WritePlan(table, key, change, old if wanted is None else Old.NEEDED)


def delete_plan(
    table: Table,
    wire_key: Item,
    wanted: Condition | None = None,
    *,
    old: Old = Old.NEEDED,
    by_service: bool = False,
) -> WritePlan:
    """`wire_key`: the key attributes; `old`: what the answer needs; `by_service`: as of
    `plans.Delete`. Raises ValidationException."""
    refuse_only_read(table)
    key = key_of_request(table, wire_key)
    check_condition_keys(table, wanted)

    def change(old: Item | None) -> Change:
        return Delete(by_service) if holds(wanted, old) else Refused()

    return WritePlan(table, key, change, old if wanted is None else Old.NEEDED)


def update_plan(
    table: Table,
    wire_key: Item,
    changes: Update | None,
    wanted: Condition | None = None,
    *,
    old: Old = Old.NEEDED,
) -> WritePlan:
    """Without `changes` an item that is not there is made of its key. `old`: what the answer needs
    of the item as it was, or of attributes that are not set. Raises ValidationException; so does
    the plan's `change` where the item is not as the update needs it."""
    refuse_only_read(table)
    key = key_of_request(table, wire_key)
    check_condition_keys(table, wanted)
    _refuse_key_attributes(changes, table)

    def change(old: Item | None) -> Change:
        if not holds(wanted, old):
            return Refused()
        if changes is None:
            return Put(wire_key if old is None else old)
        new = changes.apply(wire_key if old is None else old)
        if old is None and changes.only_removes:
            return Delete()
        if is_larger(new, table.limits.item):
            raise errors.validation(_UPDATE_TOO_LARGE)
        check_index_keys(table, new, changes)
        return Put(new)

    delta = None
    if wanted is not None or changes is None or changes.reads_item:
        old = Old.NEEDED
    elif old is not Old.NEEDED:
        new = changes.apply({})
        removed = frozenset(name for name in changes.paths if name not in new)
        delta = Delta(new, removed, table.limits.item)
    return WritePlan(table, key, change, old, delta)


def check_plan(table: Table, wire_key: Item, wanted: Condition) -> WritePlan:
    """Leaves the item as it is. Raises ValidationException."""
    key = key_of_request(table, wire_key)
    check_condition_keys(table, wanted)

    def change(old: Item | None) -> Change:
        if not wanted.matches(old):
            return Refused()
        return Delete() if old is None else Put(old)

    return WritePlan(table, key, change, Old.NEEDED)


async def check_item_size(ctx: Context, name: str, item: Item) -> None:
    """Of an item to put into the table `name`, which the service looks at before the table."""
    if not await ctx.beside(is_larger, item, SERVICE.item):
        return
    table = await ctx.store.table(table_name(name))
    if table is None or await ctx.beside(is_larger, item, table.limits.item):
        raise too_large()


def too_large() -> ApiError:
    return errors.validation("Item size has exceeded the maximum allowed size")


def check_condition_keys(table: Table, wanted: Condition | None) -> None:
    """Raises for a condition that looks into a key attribute."""
    if wanted is not None:
        check_scalar_keys(wanted.nested_names, table)


def holds(wanted: Condition | None, item: Item | None) -> bool:
    return wanted is None or wanted.matches(item)


def _refuse_key_attributes(changes: Update | None, table: Table) -> None:
    if changes is None:
        return
    for name in table.key_names:
        if name in changes.paths:
            raise errors.invalid_parameters(
                f"Cannot update attribute {name}. This attribute is part of the key"
            )
    check_scalar_keys(changes.nested_names, table)
