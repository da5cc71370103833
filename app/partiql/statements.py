"""Parsed statements: made by `parser`, compiled, cached by their text and never written to.

Trees are those of `expressions`. A parameter (`?`) is a `ValueRef` whose key is ":" and its number,
from 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..expressions import tree
from ..expressions.conditions import ConditionProgram
from ..expressions.updates import UpdateProgram

Constant = tree.ValueRef | tree.Literal


@dataclass(frozen=True, slots=True)
class Where:
    """`tree` for what it says of keys, `program` for everything."""

    tree: tree.Condition
    program: ConditionProgram


@dataclass(frozen=True, slots=True)
class Column:
    """`label` is the name it has in the answer: the last part of `path`."""

    label: str
    path: tree.Path


@dataclass(frozen=True, slots=True)
class Order:
    """`refusal`: what is said of one that is no name."""

    name: str
    descending: bool
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Select:
    """`columns` is None for `*`."""

    table: str
    index: str | None
    columns: tuple[Column, ...] | None
    where: Where | None
    order: tuple[Order, ...]
    parameters: int


@dataclass(frozen=True, slots=True)
class Exists:
    """EXISTS(SELECT ...), of transactions."""

    select: Select
    parameters: int


@dataclass(frozen=True, slots=True)
class Insert:
    """`source` as of an Update, `refusal` is what is said of RETURNING."""

    table: str
    item: Mapping[str, Constant]
    parameters: int
    source: str | None = None
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """`returning` is a value of ReturnValues (UPDATED_OLD for MODIFIED OLD), or NONE.

    What is wrong with the table, an alias, and RETURNING is said late: `index` is one that is
    named, `source` what is said of an alias, `refusal` of RETURNING, and `sets` are parameters
    that must be sets, and what is said of others.
    """

    table: str
    program: UpdateProgram
    where: Where | None
    returning: str
    parameters: int
    index: str | None = None
    source: str | None = None
    refusal: str | None = None
    sets: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Delete:
    """`returning` is ALL_OLD or NONE; the others as of an Update."""

    table: str
    where: Where | None
    returning: str
    parameters: int
    index: str | None = None
    source: str | None = None
    refusal: str | None = None


Statement = Select | Exists | Insert | Update | Delete
