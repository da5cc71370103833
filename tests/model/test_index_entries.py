"""Which entries an item has, and what a write does to them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.model.index import EntryChange, encode, entry_changes, place_of, projected
from app.model.rows import Item
from app.model.table import KEPT, ORDERED, TAKEN, Index, KeyAttribute, Table
from app.values import to_key

INDEX = Index(1, "i", False, (KeyAttribute("g", "S"),), (KeyAttribute("n", "N"),))
TABLE = Table(
    "0" * 32,
    "t",
    KeyAttribute("p", "S"),
    KeyAttribute("s", "S"),
    created=0.0,
    indexes=(INDEX,),
    next_index=2,
)
ITEM: Item = {
    "p": {"S": "p"},
    "s": {"S": "s"},
    "g": {"S": "g"},
    "n": {"N": "7"},
    "x": {"S": "x"},
    "y": {"S": "y"},
}
KEYS = ("p", "s", "g", "n")


def without(*names: str) -> Item:
    return {name: value for name, value in ITEM.items() if name not in names}


def test_a_place_is_made_of_the_indexs_keys() -> None:
    place = place_of(INDEX, ITEM)
    assert place is not None
    assert place.partition == encode(["g"])
    assert place.sort == encode([to_key({"N": "7"})])


def test_a_place_of_several_attributes() -> None:
    index = replace(INDEX, partition=(KeyAttribute("g", "S"), KeyAttribute("x", "S")), sort=())
    place = place_of(index, ITEM)
    assert place == (encode(["g", "x"]), b"")


@pytest.mark.parametrize(
    "item",
    [
        without("g"),
        without("n"),
        # It was there before the index, which is for another type.
        ITEM | {"n": {"S": "7"}},
        ITEM | {"g": {"S": ""}},
    ],
)
def test_an_item_without_a_key_of_the_index_is_not_in_it(item: Item) -> None:
    assert place_of(INDEX, item) is None
    assert entry_changes(TABLE, None, item) == ()


@pytest.mark.parametrize(
    ("projection", "included", "names"),
    [
        ("ALL", (), (*KEYS, "x", "y")),
        ("KEYS_ONLY", (), KEYS),
        ("INCLUDE", ("x", "absent"), (*KEYS, "x")),
    ],
)
def test_projections(projection: str, included: tuple[str, ...], names: tuple[str, ...]) -> None:
    index = replace(INDEX, projection=projection, included=included)
    assert projected(TABLE, index, ITEM) == {name: ITEM[name] for name in names}


def test_a_new_item() -> None:
    assert entry_changes(TABLE, None, ITEM) == (
        EntryChange(INDEX, None, place_of(INDEX, ITEM), None, ITEM),
    )


def test_a_deleted_item() -> None:
    assert entry_changes(TABLE, ITEM, None) == (
        EntryChange(INDEX, place_of(INDEX, ITEM), None, ITEM, None),
    )


def test_an_item_that_moves() -> None:
    moved = ITEM | {"n": {"N": "8"}}
    (change,) = entry_changes(TABLE, ITEM, moved)
    assert (change.old, change.new) == (place_of(INDEX, ITEM), place_of(INDEX, moved))
    assert (change.old_item, change.item) == (ITEM, moved)


def test_an_item_that_leaves_the_index() -> None:
    (change,) = entry_changes(TABLE, ITEM, without("g"))
    assert (change.old, change.new, change.item) == (place_of(INDEX, ITEM), None, None)


# Such a write costs no more than one to a table without the index.
def test_what_is_not_projected_changes_nothing() -> None:
    table = replace(TABLE, indexes=(replace(INDEX, projection="KEYS_ONLY"),))
    assert entry_changes(table, ITEM, ITEM | {"x": {"S": "other"}}) == ()
    assert entry_changes(TABLE, ITEM, dict(ITEM)) == ()


def test_what_is_projected_changes_the_entry_in_its_place() -> None:
    new = ITEM | {"x": {"S": "other"}}
    (change,) = entry_changes(TABLE, ITEM, new)
    assert change.old == change.new
    assert change.item == new


@pytest.mark.parametrize(
    ("status", "kept"), [("CREATING", 1), ("ACTIVE", 1), ("UPDATING", 1), ("DELETING", 0)]
)
def test_writers_keep_an_index_in_every_state_but_one(status: str, kept: int) -> None:
    table = replace(TABLE, indexes=(replace(INDEX, status=status),))
    assert len(entry_changes(table, None, ITEM)) == kept


# Who adds an entry before all others take it away leaves one standing.
def test_entries_are_taken_away_before_any_is_added() -> None:
    moved = ITEM | {"g": {"S": "elsewhere"}}
    writes = ((None, ITEM), (ITEM, moved), (ITEM, ITEM | {"x": {"S": "other"}}), (ITEM, None))
    place = place_of(INDEX, ITEM)
    changes = {}
    for phase in (ORDERED, TAKEN, KEPT):
        table = replace(TABLE, indexes=(replace(INDEX, status="CREATING", phase=phase),))
        changes[phase] = [entry_changes(table, old, new) for old, new in writes]
    assert changes[ORDERED] == [(), (), (), ()]
    assert changes[TAKEN][0] == ()
    assert [(each.old, each.new, each.item) for (each,) in changes[TAKEN][1:]] == [
        (place, None, None)
    ] * 3
    assert [each.new for (each,) in changes[KEPT]] == [
        place,
        place_of(INDEX, moved),
        place,
        None,
    ]
