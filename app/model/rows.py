"""Rows, keys and ranges: the words the store contract is written in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from ..aside import LARGE_BYTES, loads

Item = dict[str, Any]
"""Attribute name -> attribute value in wire form, e.g. {"id": {"S": "a"}, "n": {"N": "1"}}."""

KeyValue = str | bytes
"""One key attribute in store form: S as str, B as raw bytes, N as the order-keeping bytes of
`values.number.encode`. Values of one table's attribute are all of one type, and both
str (by UTF-8 bytes) and bytes (unsigned) sort as DynamoDB sorts them."""


class Key(NamedTuple):
    """Primary key of an item in store form. `sort` is None for a table without sort key."""

    partition: KeyValue
    sort: KeyValue | None


class Row:
    """An item with its version, kept as it came, JSON bytes or dict, and converted when asked.

    `data` is compact DynamoDB JSON of the whole item, key attributes included: a GetItem without
    projection splices it into its answer unread. Callers must not change `item`.
    """

    __slots__ = ("_data", "_item", "key", "version")

    def __init__(
        self, key: Key, version: int, *, data: bytes | None = None, item: Item | None = None
    ) -> None:
        self.key = key
        self.version = version
        self._data = data
        self._item = item

    @property
    def data(self) -> bytes:
        if self._data is None:
            self._data = orjson.dumps(self._item)
        return self._data

    @property
    def item(self) -> Item:
        if self._item is None:
            data = self._data or b"null"
            self._item = orjson.loads(data) if len(data) <= LARGE_BYTES else loads(data)
        return self._item

    @property
    def is_large(self) -> bool:
        """Whether `item` is to be asked for aside."""
        data = self._data
        return data is not None and self._item is None and len(data) > LARGE_BYTES

    def __repr__(self) -> str:
        return f"Row({self.key!r}, version={self.version}, item={self.item!r})"


@dataclass(frozen=True, slots=True)
class Bounds:
    """A range of sort key values; None is open on that side."""

    lower: KeyValue | None = None
    lower_inclusive: bool = True
    upper: KeyValue | None = None
    upper_inclusive: bool = True


EVERYTHING = Bounds()


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a parallel scan: 0 <= number < total."""

    number: int
    total: int


WHOLE = Segment(0, 1)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in order. `more` is False only when nothing follows the last row in this range."""

    rows: tuple[Row, ...]
    more: bool
