"""Capacity units: sizes are rounded up to blocks of 4 KB for reads and 1 KB for writes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.model.capacity import consumed, entry_units, read_units, write_units
from app.model.index import EntryChange, Place
from app.model.rows import Item
from app.model.table import Index, KeyAttribute, Table

INDEX = Index(1, "global", False, (KeyAttribute("g", "S"),))
LOCAL = Index(2, "local", True, (KeyAttribute("p", "S"),), (KeyAttribute("l", "S"),))
TABLE = Table(
    "0" * 32, "t", KeyAttribute("p", "S"), None, created=0.0, indexes=(INDEX, LOCAL), next_index=3
)


@pytest.mark.parametrize(
    ("size", "units"), [(0, 1), (1, 1), (4096, 1), (4097, 2), (8192, 2), (400 * 1024, 100)]
)
def test_read_units(size: int, units: int) -> None:
    assert read_units(size, consistent=True) == units
    assert read_units(size, consistent=False) == units / 2


@pytest.mark.parametrize(
    ("size", "units"), [(0, 1), (1, 1), (1024, 1), (1025, 2), (400 * 1024, 400)]
)
def test_write_units(size: int, units: int) -> None:
    assert write_units(size) == units


# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html
@pytest.mark.parametrize(
    ("old", "new", "units"),
    [
        (None, "a", 1),
        ("a", None, 1),
        ("a", "a", 1),
        ("a", "b", 2),
    ],
)
def test_units_of_an_entry(old: str | None, new: str | None, units: int) -> None:
    def item(place: str | None) -> Item | None:
        return None if place is None else {"g": {"S": place}}

    def place(place: str | None) -> Place | None:
        return None if place is None else Place(place.encode(), b"")

    change = EntryChange(INDEX, place(old), place(new), item(old), item(new))
    assert entry_units(change) == units


def test_a_large_entry_that_moves_costs_both_images() -> None:
    old: Item = {"g": {"S": "a"}, "x": {"S": "x" * 3000}}
    new: Item = {"g": {"S": "b"}, "x": {"S": "x" * 1500}}
    moved = EntryChange(INDEX, Place(b"a", b""), Place(b"b", b""), old, new)
    assert entry_units(moved) == 3 + 2
    stays = replace(moved, new=Place(b"a", b""))
    assert entry_units(stays) == 3


def test_total() -> None:
    assert consumed(TABLE, 1.5, {"global": 2.0}, "TOTAL") == {
        "TableName": "t",
        "CapacityUnits": 3.5,
    }


def test_indexes() -> None:
    assert consumed(TABLE, 1.0, {"global": 2.0, "local": 0.5}, "INDEXES") == {
        "TableName": "t",
        "CapacityUnits": 3.5,
        "Table": {"CapacityUnits": 1.0},
        "GlobalSecondaryIndexes": {"global": {"CapacityUnits": 2.0}},
        "LocalSecondaryIndexes": {"local": {"CapacityUnits": 0.5}},
    }


def test_indexes_that_were_not_touched() -> None:
    assert consumed(TABLE, 1.0, {}, "INDEXES") == {
        "TableName": "t",
        "CapacityUnits": 1.0,
        "Table": {"CapacityUnits": 1.0},
    }
