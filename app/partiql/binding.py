"""A statement with its parameters: programs bound, values known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import errors
from ..expressions import Condition, Placeholders
from ..expressions.refusal import Refused
from ..expressions.updates import Update as Changes
from ..expressions.updates import bind_update
from ..model.rows import Item
from ..values import normalize
from .keys import KeyTerm, constant, key_terms, only_keys
from .parser import parse
from .statements import Exists, Insert, Select, Statement, Update, Where


@dataclass(frozen=True, slots=True)
class Bound:
    """`text` and `parameters` are what it was made of. Methods raise ValidationException."""

    text: str
    parameters: Sequence[Mapping[str, Any]]
    statement: Statement
    placeholders: Placeholders

    def condition(self, where: Where | None) -> Condition | None:
        if where is None:
            return None
        try:
            return Condition(where.program, where.program.bind(self.placeholders))
        except Refused as refusal:
            raise errors.validation(str(refusal)) from None

    def changes(self, update: Update) -> Changes:
        try:
            return bind_update(update.program, self.placeholders)
        except Refused as refusal:
            raise errors.validation(str(refusal)) from None

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


def bind(text: str, parameters: Sequence[dict[str, Any]] | None, place: str = "") -> Bound:
    """`place` stands before what is wrong with the parameters. Raises ValidationException."""
    statement = parse(text)
    given = parameters or ()
    if len(given) < statement.parameters:
        raise errors.validation(
            f"{place}Number of parameters in request and statement don't match."
        )
    values = {f":{number}": normalize(value) for number, value in enumerate(given)}
    return Bound(text, given, statement, Placeholders(None, values))
