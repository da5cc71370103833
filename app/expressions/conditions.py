"""Conditions: compiled once, bound to names and values, then asked of one item after another."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from .. import errors
from ..errors import ApiError
from ..model.rows import Item
from ..model.table import Table
from . import tree
from .cache import ProgramCache
from .compiling import Program, names_of
from .condition_parser import parse_condition
from .paths import Environment
from .placeholders import Placeholders
from .predicates import test_of
from .refusal import Refused, invalid

_SHOWN = {"FilterExpression": "Filter Expression"}


class ConditionProgram(Program):
    __slots__ = ("test",)

    def __init__(self, parsed: tree.Condition) -> None:
        super().__init__()
        self.test = test_of(parsed, self)


class Condition:
    """A pure function of an item, to be called any number of times."""

    __slots__ = ("_environment", "_program", "_test")

    def __init__(self, program: ConditionProgram, environment: Environment) -> None:
        self._test = program.test
        self._program = program
        self._environment = environment

    def matches(self, item: Item | None) -> bool:
        """Whether the condition holds; an absent item has no attributes."""
        return self._test({} if item is None else item, self._environment)

    @property
    def top_level_names(self) -> frozenset[str]:
        """The attributes it looks into."""
        return names_of(self._program.heads, self._environment)

    @property
    def nested_names(self) -> frozenset[str]:
        """The attributes it looks into deeper than the top level."""
        return names_of(self._program.nested_heads, self._environment)


def condition(text: str, placeholders: Placeholders, parameter: str) -> Condition:
    """`parameter` is the request member that `text` came in. Raises ValidationException."""
    try:
        program = programs.get(text)
        return Condition(program, program.bind(placeholders))
    except Refused as refusal:
        raise invalid(parameter, refusal) from None


def condition_of_tree(
    parsed: tree.Condition, placeholders: Placeholders, parameter: str
) -> Condition:
    """As `condition`, for a tree that was not parsed from an expression."""
    program = ConditionProgram(parsed)
    try:
        return Condition(program, program.bind(placeholders))
    except Refused as refusal:
        raise invalid(parameter, refusal) from None


def check_no_key_attributes(condition: Condition, key_names: Sequence[str], parameter: str) -> None:
    """Raises ValidationException when a filter looks at the keys that select the items.

    `parameter` is "FilterExpression" or "QueryFilter".
    """
    names = condition.top_level_names
    for name in key_names:
        if name in names:
            raise errors.validation(
                f"{_SHOWN.get(parameter, parameter)} can only contain non-primary key attributes: "
                f"Primary key attribute: {name}"
            )


def check_scalar_keys(nested_names: Collection[str], table: Table) -> None:
    """Raises ValidationException when an expression looks into a key attribute of the table or of
    one of its indexes.

    `nested_names` are those of a Condition, Projection or Update.
    """
    if not nested_names:
        return
    for name in table.key_names:
        if name in nested_names:
            raise _not_scalar("Key", name)
    for index in table.indexes:
        for key in index.keys:
            if key.name in nested_names:
                raise _not_scalar("IndexKey", key.name)


def _not_scalar(kind: str, name: str) -> ApiError:
    return errors.validation(
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are "
        f"not allowed: {kind}: {name}"
    )


programs = ProgramCache(lambda text: ConditionProgram(parse_condition(text)))
