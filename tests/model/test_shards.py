"""Shards that are split again and again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model.shards import (
    first_open,
    parent_of,
    shard_count,
    shard_of,
    split_of,
    with_more_shards,
)
from app.model.stream import with_new_stream
from app.model.table import KeyAttribute, Stream, Table, decode, encode

TABLE = with_new_stream(
    Table("0" * 32, "t", KeyAttribute("p", "S"), None, 1.0), "KEYS_ONLY", 2, 2.0
)
COUNTS = st.sets(st.integers(1, 40), min_size=2, max_size=5).map(sorted)
HASHES = st.integers(-(2**63), 2**63 - 1)


def shapes(counts: list[int]) -> list[Stream]:
    """The stream behind each split."""
    return [
        Stream("label", "KEYS_ONLY", count, 1.0, tuple(counts[:split]))
        for split, count in enumerate(counts)
    ]


# Or the records of an item were in a shard whose parent does not have its earlier ones.
@given(COUNTS, HASHES)
def test_a_child_takes_the_keys_of_its_parent(counts: list[int], hash: int) -> None:
    places = [shard_of(stream, hash) for stream in shapes(counts)]
    last = shapes(counts)[-1]
    assert [parent_of(last, place) for place in places] == [None, *places[:-1]]


@given(COUNTS, HASHES)
def test_what_is_split_gets_nothing(counts: list[int], hash: int) -> None:
    for stream in shapes(counts):
        assert first_open(stream) <= shard_of(stream, hash) < shard_count(stream)


@given(COUNTS)
def test_every_shard_has_a_successor_or_is_open(counts: list[int]) -> None:
    last = shapes(counts)[-1]
    parents = {parent_of(last, number) for number in range(shard_count(last))}
    assert parents == {None, *range(first_open(last))}


@given(COUNTS)
def test_a_split_is_known_by_the_number(counts: list[int]) -> None:
    last = shapes(counts)[-1]
    found = [split_of(last, number) for number in range(shard_count(last))]
    expected = [
        (split, sum(counts[:split])) for split, count in enumerate(counts) for _ in range(count)
    ]
    assert found == expected


@pytest.mark.parametrize("counts", [[4], [1, 8], [4, 8], [3, 8], [2, 3, 16]])
def test_keys_are_spread(counts: list[int]) -> None:
    stream = shapes(counts)[-1]
    # A stride that has no factor in common with the counts, as the hashes of keys are.
    found = [0] * shard_count(stream)
    for number in range(8000):
        found[shard_of(stream, number * 0x9E3779B97F4A7C15 % 2**64 - 2**63)] += 1
    assert sum(found) == sum(found[first_open(stream) :])
    # Children of a shard that others have fewer of are smaller.
    assert min(found[first_open(stream) :]) > 8000 / stream.shards / 3


def test_more_shards() -> None:
    table = with_more_shards(with_more_shards(TABLE, 3), 8)
    assert table.stream is not None
    assert (table.stream.shards, table.stream.earlier) == (8, (2, 3))
    assert table.version == TABLE.version + 2
    assert decode(encode(table)) == table
    for table in (TABLE, replace(TABLE, stream=None)):
        with pytest.raises(ValueError, match="never merged"):
            with_more_shards(table, 2)
