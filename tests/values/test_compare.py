import base64
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.values import compare, equal, type_of
from app.values.number import canonical

numbers = st.builds("{}e{}".format, st.integers(-(10**38) + 1, 10**38 - 1), st.integers(-130, 88))
binaries = st.binary(max_size=4)
values = st.recursive(
    st.one_of(
        st.text("ab", max_size=2).map(lambda text: {"S": text}),
        st.integers(-2, 2).map(lambda value: {"N": str(value)}),
        st.booleans().map(lambda value: {"BOOL": value}),
        st.lists(st.sampled_from("abc"), min_size=1, unique=True).map(lambda s: {"SS": s}),
        st.lists(st.sampled_from("123"), min_size=1, unique=True).map(lambda s: {"NS": s}),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda elements: {"L": elements}),
        st.dictionaries(st.sampled_from("xy"), inner).map(lambda members: {"M": members}),
    ),
    max_leaves=6,
)


def meaning(value: dict[str, Any]) -> Any:
    """The value in terms of Python's own equality."""
    ((kind, content),) = value.items()
    if kind == "L":
        return kind, [meaning(element) for element in content]
    if kind == "M":
        return kind, {name: meaning(member) for name, member in content.items()}
    return kind, set(content) if kind in ("SS", "NS", "BS") else content


def sign(order: int | None) -> int:
    assert order is not None
    return (order > 0) - (order < 0)


def test_type_of() -> None:
    assert type_of({"NULL": True}) == "NULL"


@given(values, values)
def test_equal_is_equality_of_meaning(a: dict[str, Any], b: dict[str, Any]) -> None:
    assert equal(a, b) == (meaning(a) == meaning(b))


@pytest.mark.parametrize("kind", ["SS", "NS", "BS"])
def test_sets_are_equal_in_any_order_at_any_depth(kind: str) -> None:
    a, b = {kind: ["1111", "2222"]}, {kind: ["2222", "1111"]}
    assert equal(a, b)
    assert equal({"L": [{"M": {"s": a}}]}, {"L": [{"M": {"s": b}}]})


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ({"S": "1"}, {"N": "1"}),
        ({"SS": ["1"]}, {"NS": ["1"]}),
        ({"NS": ["1"]}, {"NS": ["1", "2"]}),
        ({"L": [{"S": "a"}, {"S": "b"}]}, {"L": [{"S": "b"}, {"S": "a"}]}),
        ({"L": [{"S": "a"}]}, {"L": [{"S": "a"}, {"S": "a"}]}),
        ({"M": {"a": {"S": "a"}}}, {"M": {"b": {"S": "a"}}}),
        ({"BOOL": True}, {"BOOL": False}),
        ({"BOOL": True}, {"NULL": True}),
    ],
)
def test_unequal(a: dict[str, Any], b: dict[str, Any]) -> None:
    assert not equal(a, b)
    assert not equal(b, a)


@given(st.text(), st.text())
def test_strings_compare_by_utf8_bytes(a: str, b: str) -> None:
    x, y = a.encode(), b.encode()
    assert sign(compare({"S": a}, {"S": b})) == (x > y) - (x < y)


# In UTF-16, which Java strings compare by, the first is greater.
def test_characters_outside_the_basic_plane_are_the_greatest() -> None:
    assert sign(compare({"S": "\uffee"}, {"S": "\U0001f600"})) == -1


@given(numbers, numbers)
def test_numbers_compare_by_value(a: str, b: str) -> None:
    x, y = Decimal(a), Decimal(b)
    assert sign(compare({"N": canonical(a)}, {"N": canonical(b)})) == (x > y) - (x < y)


@given(binaries, binaries)
def test_binaries_compare_by_unsigned_bytes(a: bytes, b: bytes) -> None:
    x, y = ({"B": base64.b64encode(data).decode()} for data in (a, b))
    assert sign(compare(x, y)) == (a > b) - (a < b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ({"S": "1"}, {"N": "1"}),
        ({"BOOL": True}, {"BOOL": True}),
        ({"NULL": True}, {"NULL": True}),
        ({"SS": ["a"]}, {"SS": ["a"]}),
        ({"L": []}, {"L": []}),
        ({"M": {}}, {"M": {}}),
    ],
)
def test_other_values_have_no_order(a: dict[str, Any], b: dict[str, Any]) -> None:
    assert compare(a, b) is None
