"""Key columns as one attribute: there and back, and in order."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import ApiError
from app.model.attachment import Column, CqlType
from app.store.cassandra.columns.keys import key_type, key_value, raw_values

TEXT, INT, BLOB, DAY = (Column(name, CqlType(name)) for name in ("text", "int", "blob", "date"))
INTS = st.integers(-(2**31), 2**31 - 1)
# Many of the characters that are escaped.
TEXTS = st.text(alphabet=st.one_of(st.sampled_from('\0 !"#$0'), st.characters(codec="utf-8")))
DAYS = st.dates(datetime.date(1, 1, 1))


def _int(value: int) -> bytes:
    return value.to_bytes(4, "big", signed=True)


def _day(value: datetime.date) -> bytes:
    return ((value - datetime.date(1970, 1, 1)).days + 2**31).to_bytes(4, "big")


PARTS = st.tuples(TEXTS, INTS, st.binary(), DAYS)
COLUMNS = (TEXT, INT, BLOB, DAY)


def _raws(parts: tuple[str, int, bytes, datetime.date]) -> list[bytes]:
    return [parts[0].encode(), _int(parts[1]), parts[2], _day(parts[3])]


@given(PARTS)
def test_several_columns_come_back(parts: tuple[str, int, bytes, datetime.date]) -> None:
    raws = _raws(parts)
    assert raw_values(COLUMNS, key_value(COLUMNS, raws)) == raws


@given(PARTS, PARTS)
def test_several_columns_sort_as_their_values(
    one: tuple[str, int, bytes, datetime.date], other: tuple[str, int, bytes, datetime.date]
) -> None:
    keys = [key_value(COLUMNS, _raws(parts)) for parts in (one, other)]
    assert (keys[0] < keys[1]) == (one < other)  # type: ignore[operator]


@given(INTS, INTS)
def test_one_number_is_an_n_that_sorts(one: int, other: int) -> None:
    keys = [key_value([INT], [_int(value)]) for value in (one, other)]
    assert key_type([INT]) == "N"
    assert (keys[0] < keys[1]) == (one < other)  # type: ignore[operator]
    assert raw_values([INT], keys[0]) == [_int(one)]


def test_what_keys_look_like() -> None:
    raws = [b"New York", _int(-1), b"\x0f", _day(datetime.date(2026, 11, 21))]
    assert key_value(COLUMNS, raws) == "New#PYork##-2147483647##0f##2026-11-21"
    assert key_value([TEXT, INT], [b"anna", _int(7)]) == "anna##0000000007"


@pytest.mark.parametrize(
    ("type", "text"),
    [
        ("ascii", "é"),
        ("date", "2026-2-1"),
        ("boolean", "yes"),
        ("timeuuid", "56d3944c-c193-4d4e-a1fb-3aa19bb3214c"),
        # Two texts for one value would be two keys of one item.
        ("uuid", "720B15AC-29B4-4E2D-97DC-A57C38F6DC8C" + "A"),
        ("inet", "0:0::1"),
        ("time", "1:00:00.000000000"),
    ],
)
def test_a_value_that_does_not_fit_names_the_column(type: str, text: str) -> None:
    with pytest.raises(ApiError, match="does not fit column when of type"):
        raw_values([Column("when", CqlType(type))], text)


@pytest.mark.parametrize("text", ["a", "a##7", "a##0000000007##b", "a##x", "a##9999999999"])
def test_a_key_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ApiError, match=r"of the form|does not fit"):
        raw_values([TEXT, INT], text)
