"""Query: bounds, direction, `after`, limit and pages, for each type of sort key."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from itertools import product

import pytest

from ...model.rows import EVERYTHING, Bounds, Key, KeyValue
from ...model.table import Table
from ...store.base import Store
from .support import TableOf, delete, fresh, keys, number, put, put_all, query, read, sorts

# In order. Every second one is there, so that each kind of bound is met with and without an item.
_VALUES: dict[str, list[KeyValue]] = {
    "S": ["A", "a", "a\0", "ab", "b", "\u00e9", "\U0001f600"],
    "N": [number(text) for text in ("-10", "-2", "-1.5", "0", "1", "9", "1E30")],
    "B": [b"\0", b"a", b"a\0", b"a\xff", b"b", b"\x80", b"\xff"],
}
_TYPES = list(_VALUES)
_AT_ONCE = 16


def _there(type: str) -> list[KeyValue]:
    return _VALUES[type][1::2]


def _is_before(one: KeyValue, other: KeyValue) -> bool:
    return one < other  # type: ignore[operator]


def _within(value: KeyValue, bounds: Bounds) -> bool:
    lower, upper = bounds.lower, bounds.upper
    if lower is not None and (
        _is_before(value, lower) or (value == lower and not bounds.lower_inclusive)
    ):
        return False
    return upper is None or not (
        _is_before(upper, value) or (value == upper and not bounds.upper_inclusive)
    )


def _expected(
    type: str, bounds: Bounds, reverse: bool, after: KeyValue | None = None
) -> list[KeyValue]:
    found = [value for value in _there(type) if _within(value, bounds)]
    if after is not None and reverse:
        found = [value for value in found if _is_before(value, after)]
    elif after is not None:
        found = [value for value in found if _is_before(after, value)]
    return found[::-1] if reverse else found


def _ends(values: Iterable[KeyValue]) -> Iterator[tuple[KeyValue | None, bool]]:
    """Open; and each value, inclusive and exclusive."""
    yield None, True
    yield from product(values, (True, False))


def _all_bounds(values: list[KeyValue]) -> list[Bounds]:
    """Also those that no item can be within."""
    return [Bounds(*lower, *upper) for lower, upper in product(_ends(values), _ends(values))]


@pytest.fixture(scope="module")
def partition_of(store: Store, table_of: TableOf) -> dict[str, KeyValue]:
    return {}


async def _filled(
    store: Store, table_of: TableOf, partition_of: dict[str, KeyValue], type: str
) -> tuple[Table, KeyValue]:
    """A table and a partition with every second value, and a neighbour with the others."""
    table = await table_of("S", type)
    if type not in partition_of:
        partition_of[type] = fresh()
        await put_all(store, table, [Key(partition_of[type], value) for value in _there(type)])
        await put_all(store, table, [Key(fresh(), value) for value in _VALUES[type][::2]])
    return table, partition_of[type]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("type", _TYPES)
async def test_all_bounds(
    store: Store, table_of: TableOf, partition_of: dict[str, KeyValue], type: str, reverse: bool
) -> None:
    table, partition = await _filled(store, table_of, partition_of, type)
    some = asyncio.Semaphore(_AT_ONCE)

    async def check(bounds: Bounds) -> None:
        async with some:
            rows = await query(store, table, partition, bounds, reverse=reverse)
        assert (bounds, sorts(rows)) == (bounds, _expected(type, bounds, reverse))

    await asyncio.gather(*[check(bounds) for bounds in _all_bounds(_VALUES[type])])


# A cursor may name an item that was deleted meanwhile, and one outside of the bounds.
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("type", _TYPES)
async def test_from_behind_any_key(
    store: Store, table_of: TableOf, partition_of: dict[str, KeyValue], type: str, reverse: bool
) -> None:
    table, partition = await _filled(store, table_of, partition_of, type)
    values = _VALUES[type]
    some = asyncio.Semaphore(_AT_ONCE)

    async def check(after: KeyValue, bounds: Bounds, limit: int) -> None:
        async with some:
            rows = await query(
                store,
                table,
                partition,
                bounds,
                after=Key(partition, after),
                limit=limit,
                reverse=reverse,
            )
        expected = _expected(type, bounds, reverse, after)
        assert (after, bounds, limit, sorts(rows)) == (after, bounds, limit, expected)

    some_bounds = [EVERYTHING, *_all_bounds(values[2:4])]
    cases = product(values, some_bounds, (1, 10))
    await asyncio.gather(*[check(*case) for case in cases])


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 19, 20, 21])
async def test_pages_together_are_the_partition(
    store: Store, sorted_table: Table, limit: int, reverse: bool
) -> None:
    partition = fresh()
    there = [Key(partition, f"{number:02}") for number in range(20)]
    await put_all(store, sorted_table, there)
    rows = await query(store, sorted_table, partition, limit=limit, reverse=reverse)
    assert keys(rows) == (there[::-1] if reverse else there)


@pytest.mark.parametrize("reverse", [False, True])
async def test_a_page_has_no_more_rows_than_the_limit(
    store: Store, sorted_table: Table, reverse: bool
) -> None:
    partition = fresh()
    there = [Key(partition, f"{number:02}") for number in range(10)]
    await put_all(store, sorted_table, there)
    page = await store.query(
        sorted_table, partition, EVERYTHING, limit=4, reverse=reverse, consistent=True
    )
    assert page.more
    assert 1 <= len(page.rows) <= 4


async def test_rows_have_items_and_versions(store: Store, sorted_table: Table) -> None:
    key = Key(fresh(), "s")
    await put(store, sorted_table, key, a={"S": "x"})
    (row,) = await query(store, sorted_table, key.partition)
    there = await read(store, sorted_table, key)
    assert there is not None
    assert (row.key, row.version, row.item) == (there.key, there.version, there.item)
    assert row.data == there.data


async def test_a_partition_without_items(store: Store, sorted_table: Table) -> None:
    page = await store.query(sorted_table, fresh(), EVERYTHING, limit=10, consistent=True)
    assert page.rows == ()
    assert not page.more


# A store may keep deleted items for a while: they take no place in a page.
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("limit", [1, 3, 100])
async def test_deleted_items_are_passed_over(
    store: Store, sorted_table: Table, limit: int, reverse: bool
) -> None:
    partition = fresh()
    there = [Key(partition, f"{number:02}") for number in range(30)]
    await put_all(store, sorted_table, there)
    left = [there[0], there[1], there[17], there[29]]
    for key in there:
        if key not in left:
            await delete(store, sorted_table, key)
    rows = await query(store, sorted_table, partition, limit=limit, reverse=reverse)
    assert keys(rows) == (left[::-1] if reverse else left)


async def test_a_partition_of_which_all_was_deleted(store: Store, sorted_table: Table) -> None:
    partition = fresh()
    there = [Key(partition, f"{number:02}") for number in range(15)]
    await put_all(store, sorted_table, there)
    for key in there:
        await delete(store, sorted_table, key)
    assert await query(store, sorted_table, partition, limit=2) == []


@pytest.mark.parametrize("reverse", [False, True])
async def test_the_one_item_of_a_partition_without_sort_key(
    store: Store, hash_table: Table, reverse: bool
) -> None:
    key = Key(fresh(), None)
    await put(store, hash_table, key)
    assert keys(await query(store, hash_table, key.partition, reverse=reverse, limit=1)) == [key]
    assert await query(store, hash_table, key.partition, reverse=reverse, after=key) == []
