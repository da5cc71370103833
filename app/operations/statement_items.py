"""SELECT of one item by its primary key, which is all that batches and transactions may read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .. import errors
from ..errors import ApiError
from ..expressions import Projection
from ..expressions.paths import Parts, read_path
from ..model import capacity
from ..model.rows import Item, Key, Row
from ..model.table import Table
from ..partiql import Bound, Select
from ..values import item_size
from .keys import key_of_request
from .statement_writes import key_of_where


@dataclass(frozen=True, slots=True)
class ItemRead:
    """`projection` is None for the whole item. Unlike a SELECT by itself this one shows paths where
    they are in the item."""

    table: Table
    key: Key
    projection: Projection | None

    def shown(self, row: Row | None) -> Item | None:
        if row is None or self.projection is None:
            return None if row is None else row.item
        return self.projection.apply(row.item)

    def units(self, row: Row | None, *, consistent: bool) -> float:
        size = 0 if row is None else item_size(row.item)
        return capacity.read_units(size, consistent=consistent)


def check_one_item(table: Table, read: Bound, refusal: str) -> None:
    """Raises `refusal`, as a ValidationException, for a SELECT that asks more, or less, than a
    primary key; but before that another one for an ORDER BY without what it needs."""
    statement = read.statement
    assert isinstance(statement, Select)
    if statement.order:
        _check_orderable(table, read, statement)
    where = statement.where
    if statement.index is not None or where is None:
        raise errors.validation(refusal)
    if not read.asks_only_keys(where, table.key_names):
        raise errors.validation(refusal)
    values: Item = {}
    for name, _, (value,) in read.key_terms(where, table.key_names):
        (kind,) = value
        if kind not in ("S", "N", "B") or values.setdefault(name, value) != value:
            raise errors.validation(refusal)
    if len(values) < len(table.keys):
        raise errors.validation(refusal)


def _check_orderable(table: Table, read: Bound, statement: Select) -> None:
    if statement.where is None:
        raise nothing_to_order()
    if statement.index is None and not read.key_terms(statement.where, [table.partition_key.name]):
        raise no_partition_to_order()


def nothing_to_order() -> ApiError:
    return errors.validation("Must have WHERE clause in the statement when using ORDER BY clause.")


def no_partition_to_order() -> ApiError:
    return errors.validation(
        "Must have at least one non-optional hash key condition in WHERE clause when using ORDER "
        "BY clause."
    )


def key_of_select(table: Table, read: Bound) -> Item:
    """The key attributes of a SELECT that `check_one_item` let through. Raises
    ValidationException."""
    statement = read.statement
    assert isinstance(statement, Select)
    return key_of_where(table, read, statement.where)


def item_read(table: Table, read: Bound, key: Item) -> ItemRead:
    """`key` as of `key_of_select`. Raises ValidationException."""
    statement = read.statement
    assert isinstance(statement, Select)
    columns = columns_of(statement)
    projection = None if columns is None else Projection([parts for _, parts in columns])
    return ItemRead(table, key_of_request(table, key), projection)


def columns_of(statement: Select) -> tuple[tuple[str, Parts], ...] | None:
    """Labels and paths; None for `*`."""
    if statement.columns is None:
        return None
    return tuple(
        (column.label, tuple(part for part in column.path.parts if isinstance(part, str | int)))
        for column in statement.columns
    )


def shown_columns(columns: tuple[tuple[str, Parts], ...] | None, item: Item) -> dict[str, Any]:
    if columns is None:
        return item
    found = [(label, read_path(item, parts)) for label, parts in columns]
    return {label: value for label, value in found if value is not None}
