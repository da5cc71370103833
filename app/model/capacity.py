"""Capacity units and how an answer tells them.

Units are kept in half units as ints where they add up, so that nothing is lost to rounding.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..values import item_size
from .index import EntryChange
from .table import Table

_READ_BLOCK = 4096
_WRITE_BLOCK = 1024


def read_units(size: int, *, consistent: bool) -> float:
    """Units to read `size` bytes at once; an absent item costs as much as the smallest one."""
    blocks = max(1, -(-size // _READ_BLOCK))
    return float(blocks) if consistent else blocks / 2


def write_units(size: int) -> float:
    """Units to write an item of `size` bytes: the larger of its old and its new image."""
    return float(max(1, -(-size // _WRITE_BLOCK)))


# What the answers of transactions call their units.
READ_MEMBERS = ("CapacityUnits", "ReadCapacityUnits")
WRITE_MEMBERS = ("CapacityUnits", "WriteCapacityUnits")
TRANSACTION_FACTOR = 2


def entry_units(change: EntryChange) -> float:
    """Units that a write costs in one index.

    An entry that stays in its place is written once, one that moves is deleted and put.
    """
    old = 0 if change.old_item is None else item_size(change.old_item)
    new = 0 if change.item is None else item_size(change.item)
    if change.old is not None and change.new is not None and change.old != change.new:
        return write_units(old) + write_units(new)
    return write_units(max(old, new))


def consumed(
    table: Table,
    units: float,
    indexes: Mapping[str, float],
    mode: str,
    members: Sequence[str] = ("CapacityUnits",),
    *,
    named: str | None = None,
) -> dict[str, Any]:
    """The ConsumedCapacity structure for `mode` TOTAL or INDEXES.

    `units` are the table's own, `indexes` those of each index by its name. `members` are what each
    number is called. `named`: what the request called the table, which may be its ARN.
    """
    result: dict[str, Any] = {
        "TableName": named or table.name,
        **dict.fromkeys(members, units + sum(indexes.values())),
    }
    if mode == "INDEXES":
        result["Table"] = dict.fromkeys(members, units)
        for member, local in (("GlobalSecondaryIndexes", False), ("LocalSecondaryIndexes", True)):
            part = {
                index.name: dict.fromkeys(members, indexes[index.name])
                for index in table.indexes
                if index.local == local and index.name in indexes
            }
            if part:
                result[member] = part
    return result
