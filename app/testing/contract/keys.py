"""Key values: every one the service allows is a key of its own, and N, S and B sort right."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal

import pytest

from ...model.rows import Key, KeyValue
from ...store.base import Committed, Store
from ...values import from_key
from .support import TableOf, delete, fresh, item_of, keys, number, present, put, query, scan, sorts

# 2048 bytes for a partition key, 1024 for a sort key.
_LONGEST = {
    "one byte": ("p" * 2048, "s" * 1024),
    "four bytes": ("\U0001f600" * 512, "\U0010ffff" * 256),
    "mixed": ("\u00e9\u4e2d\U0001f600\0" * 204 + "eight by", "\uffff\ue000\0" * 146 + "ab"),
}
_LONGEST_BYTES = {
    "zeros": (bytes(2048), bytes(1024)),
    "ones": (b"\xff" * 2048, b"\xff" * 1024),
    "all": (bytes(range(256)) * 8, bytes(range(256)) * 4),
}

TEXTS = [
    "\0",
    "\0\0",
    " ",
    "%",
    "'",
    "A",
    "Z",
    "a",
    "a\0",
    "a ",
    "aa",
    "b",
    "e\u0301",
    "\x7f",
    "\u00e9",
    "\ud7ff",
    "\ue000",
    "\uffff",
    # Before the two above in UTF-16.
    "\U00010000",
    "\U0010ffff",
]
BYTES = [
    b"\0",
    b"\0\0",
    b"\0\xff",
    b"\x01",
    b"a",
    b"a\0",
    b"a\xff",
    b"b",
    b"\x7f",
    b"\x80",
    b"\xff",
    b"\xff\0",
    b"\xff\xff",
]
NUMBERS = [
    "-" + "9" * 38 + "E88",
    "-1E125",
    "-12345678901234567890123456789012345678",
    "-12345678901234567890123456789012345677",
    "-101",
    "-100",
    "-99.5",
    "-10",
    "-9",
    "-1.5",
    "-1.01",
    "-1",
    "-0.1",
    "-0.01",
    "-1E-129",
    "-1E-130",
    "0",
    "1E-130",
    "1.1E-129",
    "0.01",
    "0.099",
    "0.1",
    "0.99999999999999999999999999999999999999",
    "1",
    "1.0000000000000000000000000000000000001",
    "1.5",
    "2",
    "9",
    "10",
    "99",
    "99.5",
    "100",
    "101",
    "12345678901234567890123456789012345677",
    "12345678901234567890123456789012345678",
    "1E125",
    "9" * 38 + "E88",
]


@pytest.mark.parametrize("name", _LONGEST)
async def test_the_longest_text_keys(store: Store, table_of: TableOf, name: str) -> None:
    partition, sort = _LONGEST[name]
    assert (len(partition.encode()), len(sort.encode())) == (2048, 1024)
    await _is_kept(store, table_of, "S", partition, sort)


@pytest.mark.parametrize("name", _LONGEST_BYTES)
async def test_the_longest_binary_keys(store: Store, table_of: TableOf, name: str) -> None:
    partition, sort = _LONGEST_BYTES[name]
    assert (len(partition), len(sort)) == (2048, 1024)
    await _is_kept(store, table_of, "B", partition, sort)


@pytest.mark.parametrize("text", [NUMBERS[0], "-1E-130", "0", "1E-130", NUMBERS[-1]])
async def test_extreme_numbers_as_keys(store: Store, table_of: TableOf, text: str) -> None:
    await _is_kept(store, table_of, "N", number(text), number(text))


async def _is_kept(
    store: Store, table_of: TableOf, type: str, partition: KeyValue, sort: KeyValue
) -> None:
    """By get, query and scan, with a sort key and without."""
    for key in (Key(partition, sort), Key(partition, None)):
        table = await table_of(type, None if key.sort is None else type)
        assert await put(store, table, key) == Committed()
        row = await present(store, table, key)
        assert (row.key, row.item) == (key, item_of(table, key))
        assert keys(await query(store, table, partition)) == [key]
        assert key in keys(await scan(store, table))
        await delete(store, table, key)


@pytest.mark.parametrize(("type", "values"), [("S", TEXTS), ("B", BYTES)])
async def test_each_key_is_one_of_its_own(
    store: Store, table_of: TableOf, type: str, values: list[KeyValue]
) -> None:
    """Neither case, accents, trailing blanks nor zeros make two keys one."""
    table = await table_of(type, type)
    # As partition keys they are not unique to this test, so the sort key is.
    own = fresh(type)
    for value in values:
        for key in (Key(value, own), Key(own, value)):
            await put(store, table, key)
    for value in values:
        for key in (Key(value, own), Key(own, value)):
            assert (await present(store, table, key)).item == item_of(table, key)
        assert keys(await query(store, table, value)) == [Key(value, own)]
    for value in values:
        await delete(store, table, Key(value, own))
        assert await query(store, table, value) == []


@pytest.mark.parametrize("reverse", [False, True])
async def test_text_is_in_the_order_of_its_utf_8(
    store: Store, table_of: TableOf, reverse: bool
) -> None:
    expected = sorted(TEXTS, key=str.encode, reverse=reverse)
    assert await _in_order(store, table_of, "S", TEXTS, reverse) == expected


@pytest.mark.parametrize("reverse", [False, True])
async def test_bytes_are_in_unsigned_order(store: Store, table_of: TableOf, reverse: bool) -> None:
    expected = sorted(BYTES, reverse=reverse)
    assert await _in_order(store, table_of, "B", BYTES, reverse) == expected


@pytest.mark.parametrize("reverse", [False, True])
async def test_numbers_are_in_their_order(store: Store, table_of: TableOf, reverse: bool) -> None:
    values = [number(text) for text in NUMBERS]
    found = await _in_order(store, table_of, "N", values, reverse)
    texts = [from_key("N", value)["N"] for value in found if value is not None]
    assert [Decimal(text) for text in texts] == sorted(map(Decimal, NUMBERS), reverse=reverse)


async def _in_order(
    store: Store, table_of: TableOf, type: str, values: Sequence[KeyValue], reverse: bool
) -> list[KeyValue | None]:
    """The sort keys as a query gives them that were put in another order."""
    table = await table_of("S", type)
    partition = fresh()
    for value in random.Random(1).sample(values, len(values)):
        await put(store, table, Key(partition, value))
    return sorts(await query(store, table, partition, reverse=reverse, limit=3))
