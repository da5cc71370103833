"""What is to be done to one item, told as a pure function of the item as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from .index import EntryChange
from .rows import Item, Key
from .table import Table


@dataclass(frozen=True, slots=True)
class Put:
    """The item's whole new image."""

    item: Item


@dataclass(frozen=True, slots=True)
class Delete:
    """The item is to go; nothing happens where there is none. by_service: the stream is told that
    its time to live was over."""

    by_service: bool = False


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


class Old(Enum):
    """What the item that was there is needed for."""

    NOTHING = 0
    COUNTED = 1
    """The answer tells of what was consumed."""
    NEEDED = 2
    """What is written or returned depends on it: this is a read-modify-write."""


class WritePlan(NamedTuple):
    """One item's write. `change` is called with the item as it is, again after each lost race.

    `change` is pure and may raise ApiError. Unless the old item is NEEDED, it may be called with
    None whatever is there, or `delta` done to an item that is there where the plan has one.
    """

    table: Table
    key: Key
    change: Callable[[Item | None], Change]
    old: Old
    delta: Delta | None = None


class Written(NamedTuple):
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
