"""Texts and tables of bad input that several operations share."""

from __future__ import annotations

import re
from typing import Any

import pytest

SERIALIZATION = "com.amazon.coral.service#SerializationException"
VALIDATION = "com.amazon.coral.validate#ValidationException"

INVALID = "One or more parameter values were invalid: "
NO_TABLE = "Requested resource not found"
KEY_MISMATCH = "The provided key element does not match the schema"
EMPTY_VALUE = (
    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
)
TWO_DATATYPES = (
    "Supplied AttributeValue has more than one datatypes set, "
    "must contain exactly one of the supported datatypes"
)
MAP_UNEXPECTED = "Start of structure or map found where not expected."
DUPLICATE_KEYS = "Provided list of item keys contains duplicates"
NOT_SCALAR = (
    "Key attributes must be scalars; "
    "list random access '[]' and map lookup '.' are not allowed: Key: pk"
)

CAPACITY = "[INDEXES, TOTAL, NONE]"
METRICS = "[SIZE, NONE]"
RETURN_VALUES = "[ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"

# What most tests marked differs_locally are marked for.
no_coral = pytest.mark.differs_locally(
    "requests are not checked against the API's model, or in words of its own"
)
own_words = pytest.mark.differs_locally("the same refusal in words of its own")


def constraints(*faults: str) -> str:
    """The message about members that break a constraint of the API's model."""
    errors = "errors" if len(faults) > 1 else "error"
    return f"{len(faults)} validation {errors} detected: {'; '.join(faults)}"


def fault(value: Any, member: str, rule: str) -> str:
    """`value` as it is quoted; None for a member that was not given."""
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{member}' failed to satisfy constraint: Member must {rule}"


def name_faults(name: str) -> list[str]:
    """Of a TableName that is none."""
    rules = []
    if name and re.fullmatch("[a-zA-Z0-9_.-]+", name) is None:
        rules.append("satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
    if len(name) < 3:
        rules.append(f"have length greater than or equal to {3 if name else 1}")
    if len(name) > 255:
        rules.append("have length less than or equal to 255")
    return [fault(name, "tableName", rule) for rule in rules]


BAD_MAP_KEYS = (
    "failed to satisfy constraint: Map keys must satisfy constraint: "
    "[Member must have length less than or equal to 255, "
    "Member must have length greater than or equal to 3, "
    "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+, Member must not be null]"
)


def bad_name(name: str) -> str:
    return constraints(*name_faults(name))


def control_name_faults(name: str) -> list[str]:
    """As `name_faults`, where it is not items that are asked for."""
    rules = []
    if len(name) < 3:
        rules.append("have length greater than or equal to 3")
    if len(name) > 255:
        rules.append("have length less than or equal to 255")
    if re.fullmatch("[a-zA-Z0-9_.-]+", name) is None:
        rules.append("satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
    return [fault(name, "tableName", rule) for rule in rules]


def bad_control_name(name: str) -> str:
    return constraints(*control_name_faults(name))


def missing(member: str) -> str:
    return fault(None, member, "not be null")


def not_in(values: str, value: Any, member: str) -> str:
    return fault(value, member, f"satisfy enum value set: {values}")


def mixed(old: str, new: str) -> str:
    return (
        "Can not use both expression and non-expression parameters in the same request: "
        f"Non-expression parameters: {{{old}}} Expression parameters: {{{new}}}"
    )


def empty_key(name: str, kind: str = "string") -> str:
    return (
        "One or more parameter values are not valid. The AttributeValue for a key attribute "
        f"cannot contain an empty {kind} value. Key: {name}"
    )


# JSON of a wrong type, for members of the types that requests have: value, message.
NOT_STRING = [
    (5, "NUMBER_VALUE cannot be converted to String"),
    (5.5, "DECIMAL_VALUE cannot be converted to String"),
    (True, "TRUE_VALUE cannot be converted to String"),
    ([], "Unrecognized collection type class java.lang.String"),
    ({}, MAP_UNEXPECTED),
]
NOT_BOOLEAN = [
    ("true", "Unexpected token received from parser"),
    (5, "NUMBER_VALUE cannot be converted to Boolean"),
    ([], "Unrecognized collection type class java.lang.Boolean"),
    ({}, MAP_UNEXPECTED),
]
NOT_INTEGER = [
    ("5", "STRING_VALUE cannot be converted to Integer"),
    (False, "FALSE_VALUE cannot be converted to Integer"),
    ([], "Unrecognized collection type class java.lang.Integer"),
    ({}, MAP_UNEXPECTED),
]
NOT_LIST = [("x", "Unexpected field type"), ({}, MAP_UNEXPECTED)]
_VALUE = "com.amazonaws.dynamodb.v20120810.AttributeValue"
NOT_ATTRIBUTES = [
    ("x", "Unexpected field type"),
    ([], f"Unrecognized collection type java.util.Map<java.lang.String, {_VALUE}>"),
    ({"a": "x"}, "Unexpected value type in payload"),
    ({"a": []}, f"Unrecognized collection type class {_VALUE}"),
    ({"a": {"S": 5}}, "NUMBER_VALUE cannot be converted to String"),
    ({"a": {"N": 5}}, "NUMBER_VALUE cannot be converted to String"),
    ({"a": {"B": "x"}}, "Base64 encoded length is expected a multiple of 4 bytes but found: 1"),
    ({"a": {"BOOL": "true"}}, "Unexpected token received from parser"),
    ({"a": {"SS": "x"}}, "Unexpected field type"),
    ({"a": {"L": {}}}, MAP_UNEXPECTED),
    ({"a": {"M": {"b": {"NULL": 1}}}}, "NUMBER_VALUE cannot be converted to Boolean"),
]


def misfits(**members: list[tuple[Any, str]]) -> list[tuple[dict[str, Any], str]]:
    """`misfits(Limit=NOT_INTEGER)` -> requests with one wrong member, each with its message."""
    return [
        ({member: value}, message) for member, table in members.items() for value, message in table
    ]


# Keys that do not fit the table of `pk` (S).
BAD_KEYS = [
    ({}, KEY_MISMATCH),
    ({"pk": {"N": "1"}}, KEY_MISMATCH),
    ({"pk": {"BOOL": True}}, KEY_MISMATCH),
    ({"other": {"S": "a"}}, KEY_MISMATCH),
    ({"pk": {"S": "a"}, "other": {"S": "a"}}, KEY_MISMATCH),
    (
        {"pk": {"S": "x" * 2049}},
        INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes",
    ),
]
EMPTY_KEYS = [
    ({"pk": {"S": ""}}, empty_key("pk")),
    ({"pk": {}}, EMPTY_VALUE),
    ({"pk": {"S": "a", "N": "1"}}, TWO_DATATYPES),
    (
        {"pk": {"S": "a"}, "other": {"NULL": False}},
        INVALID + "Null attribute value types must have the value of true",
    ),
]
