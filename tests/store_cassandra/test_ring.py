from __future__ import annotations

from itertools import pairwise

import pytest

from app.model.rows import WHOLE, Segment
from app.store.cassandra import ring
from tests.store_cassandra.murmur import key_with


# As Cassandra answers SELECT token('a').
@pytest.mark.parametrize(
    ("key", "token"), [("a", -8839064797231613815), ("b", 8833996863197925870)]
)
def test_tokens(key: str, token: int) -> None:
    assert ring.token(key) == token
    assert ring.token(key.encode()) == token


def test_keys_made_for_one_token_have_it() -> None:
    keys = [key_with(-42, other) for other in range(3)]
    assert len(set(keys)) == 3
    assert {ring.token(key) for key in keys} == {-42}


@pytest.mark.parametrize("total", [1, 2, 3, 7, 1000])
def test_segments_cover_the_ring_and_do_not_overlap(total: int) -> None:
    ranges = [ring.segment_range(Segment(number, total)) for number in range(total)]
    assert (ranges[0].first, ranges[-1].last) == (ring.FIRST, ring.LAST)
    assert all(other.first == one.last + 1 for one, other in pairwise(ranges))
    sizes = {part.last - part.first for part in ranges}
    assert max(sizes) - min(sizes) <= 1


def test_behind_the_last_token_there_is_nothing() -> None:
    whole = ring.segment_range(WHOLE)
    last = key_with(ring.LAST, 0)
    rest = ring.behind(whole, last)
    assert rest.first > rest.last


# A start key in front of the segment must not pull in tokens of another one.
def test_behind_stays_within_the_segment() -> None:
    part = ring.segment_range(Segment(1, 2))
    assert ring.behind(part, key_with(part.first - 100, 0)) == part


def test_siblings_are_those_behind_in_byte_order() -> None:
    keys = sorted(key_with(7, other) for other in range(4))
    assert ring.siblings_behind(list(reversed(keys)), keys[1]) == keys[2:]
