"""Items, entries and item collections added up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.model.census import Census, Collection, Count, Counting, decode, encode
from app.model.rows import Item, Key
from app.model.table import Index, KeyAttribute, Table

P, S = KeyAttribute("p", "S"), KeyAttribute("s", "N")
LOCAL = Index(1, "local", True, (P,), (KeyAttribute("l", "S"),), projection="KEYS_ONLY")
GLOBAL = Index(2, "global", False, (KeyAttribute("g", "S"),))
TABLE = Table("1" * 32, "things", P, S, 0.0, indexes=(LOCAL, GLOBAL))


def item(p: str, s: int, **more: str) -> tuple[Key, Item]:
    """Of 2 + len(p) bytes for its key, if `s` is of one or two digits."""
    values = {name: {"S": value} for name, value in more.items()}
    return Key(p, bytes([s])), {"p": {"S": p}, "s": {"N": str(s)}, **values}


def census_of(items: list[tuple[Key, Item]], large: int = 0) -> Census:
    counting = Counting(TABLE, large)
    for key, each in items:
        counting.add(key, each)
    return counting.census(7.0)


def test_an_item_is_counted_where_it_is() -> None:
    found = census_of([item("a", 1, l="xx", other="yyy"), item("a", 2), item("b", 1, g="z")])
    # p a, s 1: 2 + 3 bytes; l xx: 3, other yyy: 8, g z: 2.
    assert found.table == Count(3, 5 + 3 + 8 + 5 + 5 + 2)
    assert found.indexes == {1: Count(1, 5 + 3), 2: Count(1, 5 + 2)}
    assert found.at == 7.0


# What is projected into local indexes is part of a collection, what is in global ones is not.
def test_collections() -> None:
    items = [item("a", 1, l="xx", other="yyy"), item("a", 2), item("b", 1, g="z")]
    assert census_of(items).collections == (
        Collection("a", 5 + 3 + 8 + 5 + 5 + 3),
        Collection("b", 5 + 2),
    )
    assert census_of(items, large=8).collections == (Collection("a", 29),)


def test_a_table_without_items() -> None:
    assert census_of([]) == Census(7.0, Count(), {1: Count(), 2: Count()}, ())


counts = st.builds(Count, st.integers(0, 2**40), st.integers(0, 2**60))
collections = st.builds(Collection, st.text() | st.binary(), st.integers(0, 2**60))


@given(
    st.builds(
        Census,
        st.floats(0, 1e10),
        counts,
        st.dictionaries(st.integers(1, 99), counts),
        st.lists(collections).map(tuple),
    )
)
def test_it_comes_back_as_it_was(census: Census) -> None:
    assert decode(encode(census)) == census
