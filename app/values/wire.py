"""Is an attribute value of a request well-formed, and what is its canonical form?

Its JSON types are checked before (SerializationException): here every member is of a known
datatype, has that datatype's JSON type, and binaries are strict base64.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .. import errors
from ..errors import ApiError
from .compare import set_of
from .number import canonical

MAX_NAME_BYTES = 65535
MAX_DEPTH = 32
"""Levels of nesting. A top-level attribute is the first, so a scalar may be in 31 lists or maps."""


def normalize(value: dict[str, Any], depth: int = 1) -> dict[str, Any]:
    """Checks `value`, makes its numbers and sets canonical in place and returns it.

    `depth` is its level of nesting. Raises ValidationException.
    """
    if len(value) != 1:
        raise _not_one_datatype(value, depth)
    (kind,) = value
    if kind == "S" or kind == "BOOL" or kind == "B":
        return value
    content = value[kind]
    if kind == "N":
        value["N"] = canonical(content)
    elif kind == "M":
        _check_depth(depth)
        _normalize_members(content, depth + 1)
    elif kind == "L":
        _check_depth(depth)
        _normalize_all(content, depth + 1)
    elif kind == "NULL":
        if not content:
            raise errors.invalid_parameters(
                "Null attribute value types must have the value of true"
            )
    elif kind == "NS":
        if not content:
            raise errors.invalid_parameters("An number set  may not be empty")
        numbers = [canonical(number) for number in content]
        if len(set(numbers)) != len(numbers):
            raise errors.validation("Input collection contains duplicates")
        value["NS"] = set_of("NS", numbers)
    elif kind == "SS":
        if not content:
            raise errors.invalid_parameters("An string set  may not be empty")
        if len(set(content)) != len(content):
            raise errors.invalid_parameters(
                f"Input collection [{', '.join(content)}] contains duplicates."
            )
        value["SS"] = set_of("SS", content)
    else:
        if not content:
            raise errors.invalid_parameters("Binary sets should not be empty")
        if len(set(content)) != len(content):
            collection = f"[{', '.join(content)}]"
            raise errors.invalid_parameters(
                f"Input collection {collection}of type BS contains duplicates."
            )
        value["BS"] = set_of("BS", content)
    return value


def normalize_item(item: dict[str, Any]) -> dict[str, Any]:
    """`normalize` for every attribute of an item or a key. Raises for an empty name, too."""
    _normalize_members(item, 1)
    return item


def check_name(name: str) -> None:
    """Raises ValidationException unless `name` can be the name of an attribute."""
    if not name:
        raise errors.validation("Empty attribute name")
    if len(name.encode()) > MAX_NAME_BYTES:
        raise errors.validation("Attribute name is too large, must be less than 65536 bytes")


def _normalize_members(members: dict[str, Any], depth: int) -> None:
    _normalize_all(members.values(), depth)
    # A character has four bytes at most: ordinary names are not looked at one by one.
    if "" in members or len("".join(members)) > MAX_NAME_BYTES // 4:
        for name in members:
            check_name(name)


def _normalize_all(values: Iterable[dict[str, Any]], depth: int) -> None:
    for value in values:
        if len(value) == 1:
            # Of most values little is asked, and a call each is most of what that would cost.
            (kind,) = value
            if kind == "S" or kind == "BOOL":
                continue
            if kind == "N":
                value["N"] = canonical(value["N"])
                continue
        normalize(value, depth)


def check_nesting(value: dict[str, Any], depth: int) -> None:
    """Of a canonical value that an update puts at this level. Raises ValidationException."""
    ((kind, content),) = value.items()
    if kind not in ("L", "M"):
        return
    if depth >= MAX_DEPTH:
        raise errors.validation("Nesting Levels have exceeded supported limits")
    for member in content if kind == "L" else content.values():
        check_nesting(member, depth + 1)


def _check_depth(depth: int) -> None:
    if depth >= MAX_DEPTH:
        raise errors.validation(
            "Nesting Levels have exceeded supported limits: "
            "Attributes in the item have nested levels beyond supported limit"
        )


def _not_one_datatype(value: dict[str, Any], depth: int) -> ApiError:
    """What is wrong inside one of several members is said first."""
    if not value:
        return errors.validation(
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
        )
    for kind, content in value.items():
        normalize({kind: content}, depth)
    return errors.validation(
        "Supplied AttributeValue has more than one datatypes set, "
        "must contain exactly one of the supported datatypes"
    )
