"""INSERT, UPDATE and DELETE as the plans of the classic writes.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.statements.html
"""

from __future__ import annotations

from .. import errors
from ..model import plans
from ..model.plans import Change, Old, WritePlan, Written
from ..model.rows import Item
from ..model.table import KeyAttribute, Table
from ..partiql import Bound, Delete, Insert, Update, Where
from ..values import item_size
from .item_plans import delete_plan, put_plan, too_large, update_plan


def write_plan(table: Table, write: Bound, *, old: Old) -> WritePlan:
    """`old` as for `item_plans`. Raises ValidationException.

    A plan of an INSERT raises DuplicateItemException where there is an item, one of an UPDATE is
    refused where there is none.
    """
    statement = write.statement
    if isinstance(statement, Insert):
        return _insert_plan(table, write.item(statement))
    assert isinstance(statement, Update | Delete)
    key = key_of_where(table, write, statement.where)
    wanted = write.condition(statement.where)
    if isinstance(statement, Update):
        # The keys are part of `wanted`, so that it holds for no absent item.
        return update_plan(table, key, write.changes(statement), wanted)
    assert statement.where is not None
    if write.asks_only_keys(statement.where, table.key_names):
        return delete_plan(table, key, old=old if statement.returning == "NONE" else Old.NEEDED)
    plan = delete_plan(table, key, wanted)

    def change(old: Item | None) -> Change:
        # That there is nothing to delete is no failure.
        return plans.Delete() if old is None else plan.change(old)

    return plan._replace(change=change)


def key_of_where(table: Table, bound: Bound, where: Where | None) -> Item:
    """The key attributes, for each of which WHERE must name one value."""
    key: Item = {}
    terms = bound.key_terms(where, table.key_names)
    for attribute in table.keys:
        values = [term.operands[0] for term in terms if term[:2] == (attribute.name, "EQ")]
        if not values:
            raise errors.validation(
                "Where clause does not contain a mandatory equality on all key attributes"
            )
        if any(value != values[0] for value in values):
            raise errors.validation(
                f"Multiple conditions on same key {attribute.name}. Only single item "
                "Update/Insert/Delete are supported"
            )
        (kind,) = values[0]
        if kind not in ("S", "N", "B"):
            raise errors.validation(
                f"Key value must be of type S, N, or B. Key name: {attribute.name}, "
                f"Key type: {kind}"
            )
        check_type(attribute, values[0])
        key[attribute.name] = values[0]
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
    item = outcome.new if statement.returning.endswith("NEW") else outcome.old
    if statement.returning == "NONE" or item is None:
        return None
    if isinstance(statement, Update) and statement.returning.startswith("UPDATED"):
        return write.changes(statement).touched(item)
    return item


def _insert_plan(table: Table, item: Item) -> WritePlan:
    for attribute in table.keys:
        if attribute.name not in item:
            raise errors.validation(
                f"Key attribute should be present in the item: Key {attribute.name}"
            )
        check_type(attribute, item[attribute.name])
    if item_size(item) > table.limits.item:
        raise too_large()
    plan = put_plan(table, item)

    def change(old: Item | None) -> Change:
        if old is not None:
            raise errors.duplicate_item()
        return plan.change(old)

    return plan._replace(change=change)
