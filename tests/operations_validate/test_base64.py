import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.operations.validate.base64 import base64_fault, is_base64


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("23456", "Base64 encoded length is expected a multiple of 4 bytes but found: 5"),
        ("é", "Base64 encoded length is expected a multiple of 4 bytes but found: 2"),
        ("a;aa", "Invalid Base64 character: ';'"),
        # URL-safe letters are not of the standard alphabet.
        ("a-_a", "Invalid Base64 character: '-'"),
        ("=+/=", "Invalid Base64 character: '='"),
        ("a===", "Invalid Base64 character: '='"),
        ("+/+=", "Invalid last non-pad Base64 character dectected"),
        ("YR==", "Invalid last non-pad Base64 character dectected"),
        ("YQ==YQ==", "Invalid Base64 character: '='"),
        ("YWJj=", "Base64 encoded length is expected a multiple of 4 bytes but found: 5"),
        ("YWI\n", "Invalid Base64 character: '\n'"),
    ],
)
def test_faults(text: str, fault: str) -> None:
    assert base64_fault(text) == fault
    assert not is_base64(text)


@pytest.mark.parametrize("text", ["", "YQ==", "YWI=", "YWJj", "+/+/"])
def test_standard_encodings_pass(text: str) -> None:
    assert base64_fault(text) is None
    assert is_base64(text)


@given(st.text(alphabet="AQgwEBz9+/=-é\n", max_size=12))
def test_the_fast_answer_is_the_exact_one(text: str) -> None:
    assert is_base64(text) == (base64_fault(text) is None)


@given(st.text(alphabet="AQgwEBz9+/=", max_size=12))
def test_only_the_one_encoding_of_some_bytes_passes(text: str) -> None:
    # Otherwise two texts of the same bytes would be two keys.
    if is_base64(text):
        assert base64.b64encode(base64.b64decode(text)).decode() == text


@given(st.binary())
def test_every_encoding_passes(raw: bytes) -> None:
    assert is_base64(base64.b64encode(raw).decode())
