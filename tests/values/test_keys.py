import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.values import from_key, successor, to_key
from app.values.number import canonical

# The characters and bytes around every step of `successor`.
edge_texts = st.text("a\x00\ud7ff\ue000\U0010ffff", max_size=4)
edge_bytes = st.lists(st.sampled_from([0, 1, 0x7F, 0x80, 0xFE, 0xFF]), max_size=4).map(bytes)


def test_store_forms() -> None:
    assert to_key({"S": "é"}) == "é"
    assert to_key({"B": "AQL/"}) == b"\x01\x02\xff"
    assert to_key({"N": "100"}) == b"\xc2\x02"


@given(st.text())
def test_string_keys_come_back(text: str) -> None:
    assert from_key("S", to_key({"S": text})) == {"S": text}


@given(st.binary())
def test_binary_keys_come_back(data: bytes) -> None:
    value = {"B": base64.b64encode(data).decode()}
    assert to_key(value) == data
    assert from_key("B", data) == value


@given(st.integers(-(10**38) + 1, 10**38 - 1), st.integers(-130, 88))
def test_number_keys_come_back(coefficient: int, exponent: int) -> None:
    value = {"N": canonical(f"{coefficient}e{exponent}")}
    assert from_key("N", to_key(value)) == value


@pytest.mark.parametrize(
    ("key", "following"),
    [
        ("a", "b"),
        ("az", "a{"),
        ("a\U0010ffff\U0010ffff", "b"),
        ("\ud7ff", "\ue000"),
        ("\U0010ffff", None),
        ("", None),
        (b"a", b"b"),
        (b"a\xff", b"b"),
        (b"\xff\xff", None),
        (b"", None),
    ],
)
def test_successor(key: str | bytes, following: str | bytes | None) -> None:
    assert successor(key) == following


@given(st.one_of(st.tuples(edge_texts, edge_texts), st.tuples(edge_bytes, edge_bytes)))
def test_keys_from_prefix_to_successor_are_those_that_start_with_it(keys: tuple) -> None:
    prefix, key = keys
    end = successor(prefix)
    assert (key >= prefix and (end is None or key < end)) == key.startswith(prefix)
