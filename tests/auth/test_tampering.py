"""No change of what is signed goes unnoticed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.auth import StaticKeys
from app.errors import ApiError

from .conftest import Door, FixedClock, Signed, sign_request

BODY = '{"TableName":"Übung","Key":{"pk":{"S":"a"}}}'.encode()
REQUEST = sign_request(BODY, token="a token", headers={"X-Odd": "a  b"})
DOOR = Door(clock=FixedClock(time.time()))
SIGNED_NAMES = sorted(
    REQUEST.headers[b"authorization"].split(b"SignedHeaders=")[1].split(b",")[0].split(b";")
)


def refused(request: Signed) -> bool:
    try:
        DOOR.admits(request)
    except ApiError as fault:
        return fault.status == 400
    return False


def test_untouched_it_is_let_in() -> None:
    assert not refused(REQUEST)


@given(st.binary(max_size=80))
def test_another_body(body: bytes) -> None:
    changed = Signed(REQUEST.headers, body)
    assert refused(changed) == (body != BODY)


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_a_changed_byte_of_the_body(at: int, flip: int) -> None:
    body = bytearray(BODY)
    body[at] ^= flip
    assert refused(Signed(REQUEST.headers, bytes(body)))


@given(st.data())
def test_a_changed_byte_of_a_signed_header(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(SIGNED_NAMES))
    value = bytearray(REQUEST.headers[name])
    at = data.draw(st.integers(0, len(value) - 1))
    # Not white space: that may be added and removed on the way.
    byte = data.draw(st.integers(0x21, 0xFF).filter(lambda byte: byte != value[at]))
    value[at] = byte
    assert refused(REQUEST.with_header(name, bytes(value)))


@given(st.data())
def test_a_changed_byte_of_the_authorization_header(data: st.DataObject) -> None:
    value = bytearray(REQUEST.headers[b"authorization"])
    # Blanks and commas only separate.
    places = [at for at, byte in enumerate(value) if byte not in b" ,"]
    at = data.draw(st.sampled_from(places))
    value[at] = data.draw(st.integers(0x21, 0xFF).filter(lambda byte: byte != value[at]))
    assert refused(REQUEST.with_header(b"authorization", bytes(value)))


@given(st.text(alphabet="0123456789abcdefABCDEFé", max_size=70))
def test_another_signature(signature: str) -> None:
    head, _, right = REQUEST.headers[b"authorization"].rpartition(b"Signature=")
    value = signature.encode()
    assert value != right
    assert refused(REQUEST.with_header(b"authorization", head + b"Signature=" + value))


@given(st.binary(max_size=200))
def test_no_authorization_header_makes_it_fall(text: bytes) -> None:
    # Every outcome is an answer of the service, nothing else is raised.
    assert refused(REQUEST.with_header(b"authorization", text))
    assert refused(REQUEST.with_header(b"authorization", b"AWS4-HMAC-SHA256 " + text))


@given(st.binary(max_size=40))
def test_no_date_makes_it_fall(text: bytes) -> None:
    assert refused(REQUEST.with_header(b"x-amz-date", text))
    without = REQUEST.with_header(b"x-amz-date", None)
    assert refused(without.with_header(b"date", text))


def test_secrets_are_not_shown() -> None:
    assert "hidden" not in repr(StaticKeys({"AK": "hidden"}))


@pytest.mark.parametrize("token", [None, b"another token"])
def test_the_session_token_is_signed_too(token: bytes | None) -> None:
    assert refused(REQUEST.with_header(b"x-amz-security-token", token))
