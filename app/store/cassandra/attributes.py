"""Translator `attributes`: a map column with an element for each top-level attribute.

An element is the JSON of the attribute's value, or the same compressed as `document` does it: the
first byte tells which. UpdateItem can so set and remove attributes of an item that it has not read.
An element has a time of its own in Cassandra, and what was put as a whole begins with a tombstone.
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from ...model.rows import Item
from ...values import item_size
from . import document
from .document import Image
from .session import Value


class Attributes:
    """The Translator, of the kind that can write blindly."""

    columns = (("attrs", "map<text, blob>"), ("size", "int"))
    bound = "size"

    def values(self, image: Image) -> tuple[Value, ...]:
        return (self.added(image.item), item_size(image.item))

    def added(self, attributes: Item) -> Mapping[str, bytes]:
        return {name: _kept(value) for name, value in attributes.items()}

    def json(self, stored: Mapping[str, bytes]) -> bytes:
        members = [
            orjson.dumps(name) + b":" + (value if value[:1] == b"{" else document.decode(value))
            for name, value in stored.items()
        ]
        return b"{" + b",".join(members) + b"}"

    def size(self, stored: Mapping[str, bytes]) -> int:
        return sum(map(len, stored.values()))


def _kept(value: object) -> bytes:
    blob = document.encode(value)
    return blob[1:] if blob[:1] == document.PLAIN else blob
