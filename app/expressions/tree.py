"""Parsed expressions: made by the parsers, compiled to programs, never written to.

Expressions, legacy parameters and PartiQL statements all become these types. An attribute name is
a plain str; an `Alias` stands for one that ExpressionAttributeNames holds. A value is a `ValueRef`
into ExpressionAttributeValues, or a `Literal` when it came with the request itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Alias:
    """`#name`; `key` includes the `#`."""

    key: str


@dataclass(frozen=True, slots=True)
class Path:
    """A document path: a name, then names (of map members) and ints (of list elements)."""

    parts: tuple[str | int | Alias, ...]


@dataclass(frozen=True, slots=True)
class ValueRef:
    """`:value`; `key` includes the `:`."""

    key: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A canonical attribute value in wire form."""

    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A function of operands; `attribute_exists` and its like are also conditions by themselves."""

    function: str
    arguments: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`operator` is "+" or "-". Only on the right of a SET."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Truth:
    """A condition as a value, a BOOL. Only in conditions of PartiQL."""

    condition: Condition


Operand = Path | ValueRef | Literal | Call | Arithmetic | Truth


@dataclass(frozen=True, slots=True)
class Comparison:
    """`operator` is one of = <> < <= > >=."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Between:
    operand: Operand
    lower: Operand
    upper: Operand


@dataclass(frozen=True, slots=True)
class In:
    operand: Operand
    choices: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Not:
    condition: Condition


@dataclass(frozen=True, slots=True)
class And:
    """Two conditions or more, from left to right."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Two conditions or more, from left to right."""

    conditions: tuple[Condition, ...]


Condition = Comparison | Between | In | Call | Not | And | Or


@dataclass(frozen=True, slots=True)
class Projection:
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Assign:
    """SET path = value."""

    path: Path
    value: Operand


@dataclass(frozen=True, slots=True)
class Remove:
    path: Path


@dataclass(frozen=True, slots=True)
class Add:
    path: Path
    value: ValueRef | Literal


@dataclass(frozen=True, slots=True)
class Delete:
    path: Path
    value: ValueRef | Literal


Action = Assign | Remove | Add | Delete


@dataclass(frozen=True, slots=True)
class Update:
    actions: tuple[Action, ...]
