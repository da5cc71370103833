"""What is to be done to one item, told as a pure function of the item as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .index import EntryChange
from .rows import Item, Key
from .table import Table


@dataclass(frozen=True, slots=True)
class Put:
    """The item's whole new image."""

    item: Item


@dataclass(frozen=True, slots=True)
class Delete:
    """The item is to go; nothing happens where there is none."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The condition does not hold for the item as it is."""


Change = Put | Delete | Refused


@dataclass(frozen=True, slots=True)
class Delta:
    """Top-level attributes to set and to remove, no name in both, whatever else the item has.

    most: how large the item may become, by `values.item_size`.
    """

    set: Item
    remove: frozenset[str]
    most: int


@dataclass(frozen=True, slots=True)
class WritePlan:
    """One item's write. `change` is called with the item as it is, again after each lost race.

    `change` is pure and may raise ApiError. When `blind` it is called once with None, and its
    result must not depend on what is there. `delta` does the same to an item that is there, where
    neither the answer nor the table needs what it was.
    """

    table: Table
    key: Key
    change: Callable[[Item | None], Change]
    blind: bool
    delta: Delta | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """`old` and `new` are None where there was, or is, no item; `old` also after a blind write, or
    one of a delta: `new` then has only what was set.

    `entries` is what became of the indexes.
    """

    old: Item | None
    new: Item | None
    entries: tuple[EntryChange, ...] = ()


@dataclass(frozen=True, slots=True)
class NotWritten:
    """The condition was refused; `old` is the item it was held against."""

    old: Item | None
