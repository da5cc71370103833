"""Billed sizes in bytes of canonical values and items.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from . import number

_CONTAINER = 3
_ELEMENT = 1


def value_size(value: Mapping[str, Any]) -> int:
    """Bytes of one value, without its name: strings in UTF-8, binaries decoded, BOOL and NULL 1."""
    (kind,) = value
    content = value[kind]
    if kind == "N":
        return number.size(content)
    if kind == "S":
        return _text_size(content)
    if kind == "M":
        return _CONTAINER + _ELEMENT * len(content) + item_size(content)
    if kind == "L":
        return _CONTAINER + _ELEMENT * len(content) + _values_size(content)
    if kind == "B":
        return _binary_size(content)
    if kind == "SS":
        return sum(map(_text_size, content))
    if kind == "NS":
        return sum(map(number.size, content))
    if kind == "BS":
        return sum(map(_binary_size, content))
    return 1


def item_size(item: Mapping[str, Any]) -> int:
    """Bytes of all names and values. The empty item is 0."""
    return _text_size("".join(item)) + _values_size(item.values())


def is_larger(item: Mapping[str, Any], limit: int) -> bool:
    """Whether `item_size` is above `limit`, for a tenth of the cost where it is far from it."""
    # As JSON an item is never smaller: each value is in braces and quotes, with its datatype.
    return len(orjson.dumps(item)) > limit and item_size(item) > limit


def _values_size(values: Iterable[Mapping[str, Any]]) -> int:
    size = 0
    for value in values:
        if "S" in value:  # most values, so they are worth a call less
            text = value["S"]
            size += len(text) if text.isascii() else len(text.encode())
        else:
            size += value_size(value)
    return size


def _text_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _binary_size(base64: str) -> int:
    return len(base64) // 4 * 3 - base64[-2:].count("=")
