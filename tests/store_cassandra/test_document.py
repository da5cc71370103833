from __future__ import annotations

import base64
import os

import orjson
import pytest

from app.errors import StoreError
from app.model.rows import Item
from app.store.cassandra.document import COMPRESS_FROM, COMPRESSED, PLAIN, decode, encode


def test_a_small_item_is_its_json_behind_one_byte() -> None:
    item: Item = {"p": {"S": "a"}, "n": {"N": "1"}}
    blob = encode(item)
    assert blob == PLAIN + b'{"p":{"S":"a"},"n":{"N":"1"}}'
    assert decode(blob) == blob[1:]


def test_a_large_item_is_compressed() -> None:
    item: Item = {"p": {"S": "word " * COMPRESS_FROM}}
    blob = encode(item)
    assert blob[:1] == COMPRESSED
    assert len(blob) < COMPRESS_FROM
    assert orjson.loads(decode(blob)) == item


# Base64 of random bytes: reading it would cost time and next to nothing was saved.
def test_what_does_not_get_smaller_is_left_plain() -> None:
    letters = base64.b64encode(os.urandom(COMPRESS_FROM)).decode()
    assert encode({"p": {"B": letters}})[:1] == PLAIN


def test_a_codec_of_the_future_is_refused() -> None:
    with pytest.raises(StoreError, match="newer"):
        decode(b"\x09{}")
