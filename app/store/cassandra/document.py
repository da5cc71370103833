"""Translator `document`: an item is one blob, a codec byte and then its DynamoDB JSON.

    1   compact JSON as it is: a read slices it into the answer without looking inside
    2   the same JSON compressed by zlib at level 1, from 16 KB on where that saves a quarter

Below 16 KB compression costs the proxy more time than the bytes it saves cost anybody; the numbers
are in the README.
"""

from __future__ import annotations

import zlib

import orjson

from ...errors import StoreError
from ...model.rows import Item
from .session import Value

PLAIN = b"\x01"
COMPRESSED = b"\x02"
COMPRESS_FROM = 16 * 1024
_LEVEL = 1


def encode(item: object) -> bytes:
    data = orjson.dumps(item)
    if len(data) >= COMPRESS_FROM:
        packed = zlib.compress(data, _LEVEL)
        if len(packed) < len(data) * 3 // 4:
            return COMPRESSED + packed
    return PLAIN + data


def decode(blob: bytes) -> bytes:
    """The JSON. Raises StoreError for a codec that a newer dynaspan brought."""
    codec = blob[:1]
    if codec == PLAIN:
        return blob[1:]
    if codec == COMPRESSED:
        return zlib.decompress(memoryview(blob)[1:])
    raise StoreError(f"an item was stored with codec {codec.hex()} of a newer dynaspan")


class Image:
    """A new item, as a dict or as `encode` keeps it, and converted when it is asked for."""

    __slots__ = ("_blob", "_item")

    def __init__(self, item: Item | None = None, blob: bytes | None = None) -> None:
        """One of the two, at least."""
        self._item = item
        self._blob = blob

    @property
    def item(self) -> Item:
        if self._item is None:
            assert self._blob is not None
            self._item = orjson.loads(decode(self._blob))
        return self._item

    @property
    def blob(self) -> bytes:
        if self._blob is None:
            self._blob = encode(self._item)
        return self._blob


class Document:
    """The Translator."""

    columns = (("item", "blob"),)

    def values(self, image: Image) -> tuple[Value, ...]:
        return (image.blob,)

    def json(self, stored: bytes) -> bytes:
        return decode(stored)

    def size(self, stored: bytes) -> int:
        return len(stored)
