"""Is an attribute value of a request well-formed, and what is its canonical form?

The JSON types inside are checked before (SerializationException): here a member of a known
datatype has the right JSON type and is not null.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
"""

from __future__ import annotations

import string
from binascii import a2b_base64
from collections.abc import Collection
from typing import Any

from .. import errors
from ..errors import ApiError
from .number import canonical

MAX_DEPTH = 32
"""Levels of nesting, a top-level attribute being the first: 31 lists or maps around a scalar."""

_TYPES = frozenset(("S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"))

_BASE64 = frozenset(string.ascii_letters + string.digits + "+/=")
# The last letter before one or two "=" carries 4 or 2 bits: its other bits must be 0.
_LAST_BEFORE_PAD = frozenset("AEIMQUYcgkosw048")
_LAST_BEFORE_PADS = frozenset("AQgw")


def normalize(value: dict[str, Any], depth: int = 1) -> dict[str, Any]:
    """Checks `value`, makes its numbers canonical in place and returns it.

    `depth` is its level of nesting, 1 for a top-level attribute. Members of unknown names are
    dropped, as the service does. Raises ValidationException, or SerializationException for bad
    base64. Afterwards `value` has exactly one member, numbers are canonical and base64 strict, so
    that equal scalars are equal dicts.
    """
    if len(value) != 1:
        _drop_unknown(value)
    (kind,) = value
    if kind in ("S", "BOOL"):
        return value
    content = value[kind]
    if kind == "N":
        value["N"] = canonical(content)
    elif kind == "M":
        _normalize_all(content.values(), depth + 1)
    elif kind == "L":
        _normalize_all(content, depth + 1)
    elif kind == "NULL":
        if not content:
            raise _invalid("Null attribute value types must have the value of true")
    elif kind == "B":
        _check_base64(content)
    elif kind == "SS":
        if not content:
            raise _invalid("An string set  may not be empty")
        if len(set(content)) != len(content):
            raise _invalid(f"Input collection [{', '.join(content)}] contains duplicates.")
    elif kind == "NS":
        if not content:
            raise _invalid("An number set  may not be empty")
        value["NS"] = numbers = [canonical(number) for number in content]
        if len(set(numbers)) != len(numbers):
            raise errors.validation("Input collection contains duplicates")
    elif kind == "BS":
        if not content:
            raise _invalid("Binary sets should not be empty")
        for binary in content:
            _check_base64(binary)
        if len(set(content)) != len(content):
            raise _invalid(
                f"Input collection [{', '.join(content)}]of type BS contains duplicates."
            )
    else:
        raise _no_datatype()
    return value


def normalize_item(item: dict[str, Any]) -> dict[str, Any]:
    """`normalize` for every attribute of an item, or of anything that maps names to values."""
    _normalize_all(item.values(), 1)
    return item


def _normalize_all(values: Collection[dict[str, Any]], depth: int) -> None:
    if depth > MAX_DEPTH and values:
        raise errors.validation(
            "Nesting Levels have exceeded supported limits: "
            "Attributes in the item have nested levels beyond supported limit"
        )
    for value in values:
        # Most values are strings, and of those nothing else is asked.
        if "S" not in value or len(value) != 1:
            normalize(value, depth)


def _drop_unknown(value: dict[str, Any]) -> None:
    for name in value.keys() - _TYPES:
        del value[name]
    if not value:
        raise _no_datatype()
    if len(value) > 1:
        raise errors.validation(
            "Supplied AttributeValue has more than one datatypes set, "
            "must contain exactly one of the supported datatypes"
        )


def _check_base64(text: str) -> None:
    """Only the one standard encoding of some bytes passes, so that equal bytes are equal texts."""
    try:
        a2b_base64(text, strict_mode=True)
    except ValueError:
        raise _bad_base64(text) from None
    if text.endswith("="):
        allowed = _LAST_BEFORE_PADS if text.endswith("==") else _LAST_BEFORE_PAD
        if text.rstrip("=")[-1] not in allowed:
            raise errors.serialization("Invalid last non-pad Base64 character dectected")


def _bad_base64(text: str) -> ApiError:
    if len(text) % 4:
        return errors.serialization(
            f"Base64 encoded length is expected a multiple of 4 bytes but found: {len(text)}"
        )
    wrong = next((char for char in text if char not in _BASE64), "=")
    return errors.serialization(f"Invalid Base64 character: '{wrong}'")


def _no_datatype() -> ApiError:
    return errors.validation(
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
    )


def _invalid(what: str) -> ApiError:
    return errors.validation("One or more parameter values were invalid: " + what)
