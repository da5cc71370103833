"""SELECT of one item by its primary key, which is all that batches and transactions may read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .. import errors
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
    """`columns` are what is shown under each label, None for the whole item."""

    table: Table
    key: Key
    columns: tuple[tuple[str, Parts], ...] | None

    def shown(self, row: Row | None) -> Item | None:
        if row is None:
            return None
        return shown_columns(self.columns, row.item)

    def units(self, row: Row | None, *, consistent: bool) -> float:
        size = 0 if row is None else item_size(row.item)
        return capacity.read_units(size, consistent=consistent)


def check_one_item(table: Table, read: Bound, refusal: str) -> None:
    """Raises `refusal`, as a ValidationException, for a SELECT that asks more, or less, than a
    primary key."""
    statement = read.statement
    assert isinstance(statement, Select)
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
    return ItemRead(table, key_of_request(table, key), columns_of(statement))


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
