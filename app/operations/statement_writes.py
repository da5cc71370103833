"""INSERT, UPDATE and DELETE as the plans of the classic writes.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.statements.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .. import errors
from ..errors import ApiError
from ..model import plans
from ..model.plans import Change, Old, WritePlan, Written
from ..model.rows import Item
from ..model.table import KeyAttribute, Table
from ..partiql import Bound, Delete, Insert, Update, Where
from ..values import item_size
from .item_plans import delete_plan, put_plan, too_large, update_plan


class Prepared(NamedTuple):
    """A write that is right as a statement. `plan` raises ValidationException for what a classic
    write would be refused for, too; `key`: its key attributes."""

    key: Item
    plan: Callable[[], WritePlan]


def write_plan(table: Table, write: Bound, *, old: Old) -> WritePlan:
    """`old` as for `item_plans`. Raises ValidationException.

    A plan of an INSERT raises DuplicateItemException where there is an item, one of an UPDATE is
    refused where there is none.
    """
    prepared = prepared_write(table, write, old=old)
    check_returning(write)
    return prepared.plan()


def prepared_write(table: Table, write: Bound, *, old: Old) -> Prepared:
    """As `write_plan`."""
    statement = write.statement
    if isinstance(statement, Insert):
        return _prepared_insert(table, write.item(statement))
    assert isinstance(statement, Update | Delete)
    key = key_of_where(table, write, statement.where)
    if isinstance(statement, Update):
        # The keys are part of `wanted`, so that it holds for no absent item.
        return Prepared(key, lambda: update_plan(table, key, write.changes, write.wanted))
    return Prepared(key, lambda: _planned_delete(table, write, statement, key, old))


def _planned_delete(
    table: Table, write: Bound, statement: Delete, key: Item, old: Old
) -> WritePlan:
    assert statement.where is not None
    if write.asks_only_keys(statement.where, table.key_names):
        return delete_plan(table, key, old=old if statement.returning == "NONE" else Old.NEEDED)
    plan = delete_plan(table, key, write.wanted)

    def change(old: Item | None) -> Change:
        # That there is nothing to delete is no failure.
        return plans.Delete() if old is None else plan.change(old)

    return plan._replace(change=change)


def refused_returning(write: Bound) -> str | None:
    """What is said of RETURNING, behind what is wrong with the key."""
    statement = write.statement
    return statement.refusal if isinstance(statement, Insert | Update | Delete) else None


def check_returning(write: Bound) -> None:
    """Raises `refused_returning`."""
    refusal = refused_returning(write)
    if refusal is not None:
        raise errors.validation(refusal)


def refuse_without_where(write: Bound) -> None:
    """Raises for an UPDATE or DELETE of everything, whether or not there is such a table."""
    if isinstance(write.statement, Update | Delete) and write.statement.where is None:
        raise _no_key()


def _no_key() -> ApiError:
    return errors.validation(
        "Where clause does not contain a mandatory equality on all key attributes"
    )


def key_of_where(table: Table, bound: Bound, where: Where | None) -> Item:
    """The key attributes, for each of which WHERE must name one value."""
    key: Item = {}
    for name, operator, operands in bound.key_terms(where, table.key_names):
        if operator == "EQ" and key.setdefault(name, operands[0]) != operands[0]:
            raise errors.validation(
                f"Multiple conditions on same key {name}. Only single item Update/Insert/Delete "
                "are supported"
            )
    if len(key) < len(table.keys):
        raise _no_key()
    for name, (kind,) in key.items():
        if kind not in ("S", "N", "B"):
            raise errors.no_key_type(
                f"Key value must be of type S, N, or B. Key name: {name}, Key type: {kind}"
            )
    for attribute in table.keys:
        check_type(attribute, key[attribute.name])
    return key


def check_type(attribute: KeyAttribute, value: Item) -> None:
    if attribute.type not in value:
        raise errors.validation(
            "Key attribute's data type should match its data type in table's schema: "
            f"Key {attribute.name}"
        )


def returned(write: Bound, outcome: Written) -> Item | None:
    """What RETURNING asks for."""
    statement = write.statement
    if not isinstance(statement, Update | Delete):
        return None
    is_new = statement.returning.endswith("NEW")
    item = outcome.new if is_new else outcome.old
    if statement.returning == "NONE" or item is None:
        return None
    if isinstance(statement, Update) and statement.returning.startswith("UPDATED"):
        assert write.changes is not None
        return write.changes.new_values(item) if is_new else write.changes.old_values(item)
    return item


def _prepared_insert(table: Table, item: Item) -> Prepared:
    for attribute in table.keys:
        if attribute.name not in item:
            raise errors.validation(
                f"Key attribute should be present in the item: Key {attribute.name}"
            )
        check_type(attribute, item[attribute.name])
    key = {attribute.name: item[attribute.name] for attribute in table.keys}
    return Prepared(key, lambda: _planned_insert(table, item))


def _planned_insert(table: Table, item: Item) -> WritePlan:
    if item_size(item) > table.limits.item:
        raise too_large()
    plan = put_plan(table, item)

    def change(old: Item | None) -> Change:
        if old is not None:
            raise errors.duplicate_item()
        return plan.change(old)

    return plan._replace(change=change)
