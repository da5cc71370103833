"""Shard iterators: a place in a shard and when it was given, in a form that clients pass back.

ARN of the stream, "|1|", and base64 of JSON with a checksum, which shows what was cut or changed.
"""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple
from zlib import crc32

import orjson

from .. import errors

LIFETIME_SECONDS = 15 * 60
_VERSION = "|1|"


class ShardIterator(NamedTuple):
    """`start` is a sequence number; None: the oldest record kept. `given` is in epoch seconds."""

    arn: str
    shard: int
    start: int | None
    given: float


def encode_iterator(iterator: ShardIterator) -> str:
    place = orjson.dumps(iterator[1:])
    return (
        iterator.arn + _VERSION + base64.b64encode(_checksum(iterator.arn, place) + place).decode()
    )


def decode_iterator(text: str, now: float) -> ShardIterator:
    """Raises ValidationException for what is none, ExpiredIteratorException for an old one."""
    arn, version, payload = text.partition(_VERSION)
    try:
        data = base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    checksum, place = data[:4], data[4:]
    if not version or not place or checksum != _checksum(arn, place):
        raise errors.validation("Invalid ShardIterator")
    iterator = ShardIterator(arn, *orjson.loads(place))
    if now - iterator.given > LIFETIME_SECONDS:
        raise errors.expired_iterator()
    return iterator


def _checksum(arn: str, place: bytes) -> bytes:
    return crc32(place, crc32(arn.encode(errors="surrogatepass"))).to_bytes(4)
