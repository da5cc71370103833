"""Places of index entries: bytes that keep the order of several attributes, and their ranges."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model.index import encode, range_of
from app.model.rows import Bounds

# Few bytes, so that one value often begins with the other; zeros and ones are what is escaped.
values = st.lists(st.sampled_from([0x00, 0x01, 0x61, 0xFE, 0xFF]), min_size=1, max_size=4).map(
    bytes
)
pairs = st.tuples(values, values)


@given(pairs, pairs)
def test_places_are_in_the_order_of_their_attributes(
    one: tuple[bytes, bytes], other: tuple[bytes, bytes]
) -> None:
    assert (encode(one) < encode(other)) == (one < other)
    assert (encode(one) == encode(other)) == (one == other)


@given(st.text(min_size=1), st.text(min_size=1))
def test_text_is_in_the_order_of_its_utf_8(one: str, other: str) -> None:
    assert (encode([one]) < encode([other])) == (one.encode() < other.encode())


_HOLDS = {
    None: lambda value: True,
    "EQ": lambda value, to: value == to,
    "LT": lambda value, to: value < to,
    "LE": lambda value, to: value <= to,
    "GT": lambda value, to: value > to,
    "GE": lambda value, to: value >= to,
    "BETWEEN": lambda value, low, high: low <= value <= high,
    "BEGINS_WITH": lambda value, to: value.startswith(to),
}


def within(place: bytes, bounds: Bounds) -> bool:
    assert bounds.lower_inclusive
    assert not bounds.upper_inclusive
    lower, upper = bounds.lower, bounds.upper
    assert not isinstance(lower, str)
    assert not isinstance(upper, str)
    return (lower is None or place >= lower) and (upper is None or place < upper)


@pytest.mark.parametrize("operator", _HOLDS)
@given(data=st.data())
def test_ranges_of_the_second_attribute(operator: str | None, data: st.DataObject) -> None:
    equal = data.draw(values)
    operands: list[Any] = []
    if operator is not None:
        operands.append(data.draw(values))
    if operator == "BETWEEN":
        operands.append(data.draw(values))
    first, second, third = data.draw(st.one_of(st.just(equal), values)), *data.draw(pairs)
    bounds = range_of([equal], operator, operands)
    # A third attribute behind it must not matter.
    for place in (encode([first, second]), encode([first, second, third])):
        assert within(place, bounds) == (first == equal and _HOLDS[operator](second, *operands))


@pytest.mark.parametrize("operator", [each for each in _HOLDS if each])
@given(data=st.data())
def test_ranges_of_the_first_attribute(operator: str, data: st.DataObject) -> None:
    operands = [data.draw(values) for _ in range(2 if operator == "BETWEEN" else 1)]
    value = data.draw(values)
    bounds = range_of([], operator, operands)
    assert within(encode([value]), bounds) == _HOLDS[operator](value, *operands)


def test_no_condition_is_the_whole_partition() -> None:
    assert range_of([], None, []) == Bounds(None, True, None, False)
