"""Capacity units and how an answer tells them.

Units are kept in half units as ints where they add up, so that nothing is lost to rounding.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

from typing import Any

_READ_BLOCK = 4096
_WRITE_BLOCK = 1024


def read_units(size: int, *, consistent: bool) -> float:
    """Units to read `size` bytes at once; an absent item costs as much as the smallest one."""
    blocks = max(1, -(-size // _READ_BLOCK))
    return float(blocks) if consistent else blocks / 2


def write_units(size: int) -> float:
    """Units to write an item of `size` bytes: the larger of its old and its new image."""
    return float(max(1, -(-size // _WRITE_BLOCK)))


def consumed(table_name: str, units: float, mode: str) -> dict[str, Any]:
    """The ConsumedCapacity structure for `mode` TOTAL or INDEXES."""
    if mode == "INDEXES":
        return {
            "TableName": table_name,
            "CapacityUnits": units,
            "Table": {"CapacityUnits": units},
        }
    return {"TableName": table_name, "CapacityUnits": units}
