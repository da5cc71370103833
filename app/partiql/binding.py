"""A statement with its parameters: programs bound, values known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import errors
from ..errors import ApiError, Malformed, Unsupported
from ..expressions import Condition, Placeholders
from ..expressions.refusal import Refused
from ..expressions.update_values import SETS
from ..expressions.updates import Update as Changes
from ..expressions.updates import bind_update
from ..model.rows import Item
from ..values import normalize
from .keys import KeyTerm, constant, key_terms, only_keys
from .parser import parse, source_of, where_of
from .sources import check_names
from .statements import Delete, Exists, Insert, Select, Statement, Update, Where


@dataclass(frozen=True, slots=True)
class Bound:
    """`text` and `parameters` are what it was made of. `wanted` is its WHERE, `changes` the SET and
    REMOVE of an UPDATE."""

    text: str
    parameters: Sequence[Mapping[str, Any]]
    statement: Statement
    placeholders: Placeholders
    wanted: Condition | None
    changes: Changes | None

    def item(self, insert: Insert) -> Item:
        environment = self.placeholders.environment
        return {name: constant(operand, environment) for name, operand in insert.item.items()}

    def key_terms(self, where: Where | None, names: Sequence[str]) -> list[KeyTerm]:
        if where is None:
            return []
        return key_terms(where.tree, names, self.placeholders.environment)

    def asks_only_keys(self, where: Where, names: Sequence[str]) -> bool:
        return only_keys(where.tree, names, self.placeholders.environment)

    @property
    def reads(self) -> bool:
        return isinstance(self.statement, Select)

    @property
    def table(self) -> str:
        """The name of the table it reads or writes."""
        statement = self.statement
        return statement.select.table if isinstance(statement, Exists) else statement.table


def parameter_values(parameters: Sequence[dict[str, Any]] | None) -> dict[str, Any]:
    """As expressions know them. Raises ValidationException for what is no value."""
    return {f":{number}": normalize(value) for number, value in enumerate(parameters or ())}


def bind(
    text: str, parameters: Sequence[dict[str, Any]] | None, values: dict[str, Any] | None = None
) -> Bound:
    """`values` are those of `parameters`, if they are known.

    Raises ValidationException for all that can be told without the table.
    """
    try:
        statement = parse(text)
    except ApiError as fault:
        raise told_first(text, parameters, fault) from None
    select = statement.select if isinstance(statement, Exists) else statement
    if isinstance(select, Select):
        check_names(select.table, select.index)
    if values is None:
        values = parameter_values(parameters)
    _check_count(values, statement.parameters)
    placeholders = Placeholders(None, values)
    try:
        wanted = _condition(statement, placeholders)
        _check_sets(statement, values)
        changes = _changes(statement, placeholders)
    except Refused as refusal:
        raise errors.validation(str(refusal)) from None
    _check_source(statement)
    return Bound(text, parameters or (), statement, placeholders, wanted, changes)


def told_first(text: str, parameters: Sequence[dict[str, Any]] | None, fault: ApiError) -> ApiError:
    """What is told of a statement that `parse` refuses with `fault`: the service looks at the
    names of a SELECT before its columns and WHERE, and at all of WHERE before what an UPDATE
    changes."""
    if isinstance(fault, Malformed | Unsupported):
        return fault
    try:
        source = source_of(text)
        if source is not None:
            check_names(*source)
        update = where_of(text)
        if update is not None:
            where, count = update
            values = parameter_values(parameters)
            _check_count(values, count)
            if where is not None:
                where.program.bind(Placeholders(None, values))
    except Refused as refusal:
        return errors.validation(str(refusal))
    except ApiError as first:
        return first
    return fault


def _check_count(values: Mapping[str, Any], count: int) -> None:
    if len(values) < count:
        raise errors.validation("Number of parameters in request and statement don't match.")


def _check_sets(statement: Statement, values: Mapping[str, Any]) -> None:
    if isinstance(statement, Update):
        for key, refusal in statement.sets:
            if not values[key].keys() <= SETS:
                raise errors.validation(refusal)


def _check_source(statement: Statement) -> None:
    """Of what is changed. What all is to be deleted of, and what is put into, is looked up as it
    is."""
    if isinstance(statement, Insert):
        if statement.source is not None:
            raise errors.validation(statement.source)
    elif isinstance(statement, Update) or (isinstance(statement, Delete) and statement.where):
        if statement.source is not None:
            raise errors.validation(statement.source)
        check_names(statement.table, statement.index)
        if statement.index is not None:
            raise errors.validation("This operation is not supported on an index")


def _condition(statement: Statement, placeholders: Placeholders) -> Condition | None:
    if isinstance(statement, Insert):
        return None
    where = statement.select.where if isinstance(statement, Exists) else statement.where
    if where is None:
        return None
    return Condition(where.program, where.program.bind(placeholders))


def _changes(statement: Statement, placeholders: Placeholders) -> Changes | None:
    if not isinstance(statement, Update):
        return None
    return bind_update(statement.program, placeholders)
