"""Secondary indexes: which entry an item has in each, and where it stands.

A place is made of order-keeping bytes, so that an index on four attributes is ordered as one on a
single attribute is, and a store keeps both alike.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/SecondaryIndexes.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..values import successor, to_key
from . import expiry
from .rows import Bounds, Item, Key, KeyValue
from .table import KEPT, ORDERED, Index, KeyAttribute, Table

# Ends an attribute's bytes, in which a zero is escaped: so a shorter value sorts before a longer
# one that begins with it, whatever attribute follows.
_END = b"\x00\x00"
_ZERO = b"\x00"
_ESCAPED_ZERO = b"\x00\xff"


class Place(NamedTuple):
    """Where an entry stands in its index: partition and sort key, each in order-keeping bytes."""

    partition: bytes
    sort: bytes


class Position(NamedTuple):
    """An entry among all of an index: several items may have one place."""

    place: Place
    key: Key


@dataclass(frozen=True, slots=True)
class EntryChange:
    """What a write does to one index: None as `old` or `new` is no entry before or after it.

    `old_item` and `item` are the projected items.
    """

    index: Index
    old: Place | None
    new: Place | None
    old_item: Item | None
    item: Item | None


def encode(values: Sequence[KeyValue]) -> bytes:
    """The bytes of some attributes in order; those of fewer attributes are a prefix."""
    return b"".join([_escaped(value) + _END for value in values])


def decode(data: bytes, keys: Sequence[KeyAttribute]) -> list[KeyValue]:
    """The inverse of `encode`, for values of `keys`."""
    parts = data.split(_END)[: len(keys)]
    plain = [part.replace(_ESCAPED_ZERO, _ZERO) for part in parts]
    return [
        value.decode() if key.type == "S" else value for key, value in zip(keys, plain, strict=True)
    ]


def place_of(index: Index, item: Item) -> Place | None:
    """None when the item lacks one of the index's keys: it has no entry then."""
    if index.name == expiry.NAME:
        entry = expiry.entry_of(index, item)
        return None if entry is None else Place(*entry)
    partition = _encoded(index.partition, item)
    sort = _encoded(index.sort, item)
    if partition is None or sort is None:
        return None
    return Place(partition, sort)


def projected(table: Table, index: Index, item: Item) -> Item:
    """The part of an item that its entry holds; always the keys of table and index."""
    if index.projection == "ALL":
        return item
    names = {*table.key_names, *(key.name for key in index.keys), *index.included}
    return {name: value for name, value in item.items() if name in names}


def entry_changes(table: Table, old: Item | None, new: Item | None) -> tuple[EntryChange, ...]:
    """What a write that turns `old` into `new` does to the indexes; nothing where all stays."""
    changes = []
    for index in table.kept_indexes:
        if index.status == "DELETING" or index.phase == ORDERED:
            continue
        before = None if old is None else place_of(index, old)
        after = None if new is None else place_of(index, new)
        if before is None and after is None:
            continue
        old_item = None if before is None or old is None else projected(table, index, old)
        item = None if after is None or new is None else projected(table, index, new)
        if before != after or old_item != item:
            if index.phase != KEPT:
                if before is None:
                    continue
                after = item = None
            changes.append(EntryChange(index, before, after, old_item, item))
    return tuple(changes)


def range_of(equal: Sequence[KeyValue], operator: str | None, operands: Sequence[Any]) -> Bounds:
    """The places whose first sort attributes are `equal` and whose next one is as `operator` says.

    operator: as in KeyCondition, None for no further condition; operands in store form.
    """
    base = encode(equal)
    low: bytes | None
    if operator is None:
        return Bounds(base or None, upper=_behind(base), upper_inclusive=False)
    first = base + encode(operands[:1])
    match operator:
        case "EQ":
            low, high = first, _behind(first)
        case "LT":
            low, high = base, first
        case "LE":
            low, high = base, _behind(first)
        case "GT":
            low, high = _behind(first), _behind(base)
        case "GE":
            low, high = first, _behind(base)
        case "BETWEEN":
            low, high = first, _behind(base + encode(operands[1:]))
        case _:
            begun = base + _escaped(operands[0])
            low, high = begun, _behind(begun)
    return Bounds(low or None, upper=high, upper_inclusive=False)


def _behind(prefix: bytes) -> bytes | None:
    """The least bytes behind everything that begins with `prefix`; None if there is no end."""
    end = successor(prefix) if prefix else None
    assert not isinstance(end, str)
    return end


def _escaped(value: KeyValue) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return data.replace(_ZERO, _ESCAPED_ZERO)


def _encoded(keys: tuple[KeyAttribute, ...], item: Item) -> bytes | None:
    values = []
    for key in keys:
        value = item.get(key.name)
        # A value of another type, or an empty one, was refused when the item was written, or was
        # there before the index: then the item is not in it.
        if value is None or key.type not in value or value[key.type] == "":
            return None
        values.append(to_key(value))
    return encode(values)
