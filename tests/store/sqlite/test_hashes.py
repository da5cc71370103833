"""Hashes of partitions order the file and cut it into segments: they may never change."""

from __future__ import annotations

import pytest

from app.model.rows import Key, KeyValue, Segment
from app.model.table import Table
from app.store.sqlite import SqliteStore
from app.store.sqlite.statements import hash_of, hash_range
from app.testing.contract.support import keys, put, scan

LEAST, MOST = -(1 << 63), (1 << 63) - 1


# Files that exist are in this order, and cursors that clients hold point into it.
@pytest.mark.parametrize(
    ("partition", "expected"),
    [
        ("user-1", -7301361363733257848),
        ("\u00e9\U0001f600\0", -6619371913784186874),
        (b"\x00\xff", -5708542906366649116),
    ],
)
def test_hashes_are_what_they_were(partition: KeyValue, expected: int) -> None:
    assert hash_of(partition) == expected
    assert LEAST <= expected <= MOST


@pytest.mark.parametrize("total", [1, 2, 3, 7, 1000, 999_983, 1_000_000])
def test_segments_have_neither_gaps_nor_overlaps(total: int) -> None:
    assert hash_range(Segment(0, total))[0] == LEAST
    assert hash_range(Segment(total - 1, total))[1] == MOST
    for number in {*range(min(total - 1, 1000)), total // 2, total - 2} - {-1, total - 1}:
        first, last = hash_range(Segment(number, total))
        assert first <= last
        assert hash_range(Segment(number + 1, total))[0] == last + 1


# Segments so narrow that each holds a single hash: a key at either end of one is in it.
async def test_both_ends_of_a_segment_belong_to_it(store: SqliteStore, table: Table) -> None:
    key = Key("user-1", "s")
    await put(store, table, key)
    total = 1 << 64
    own = hash_of(key.partition) - LEAST
    for number in (own - 1, own, own + 1):
        segment = Segment(number, total)
        assert keys(await scan(store, table, segment)) == ([key] if number == own else [])
        assert store.in_segment(table, key.partition, segment) == (number == own)
