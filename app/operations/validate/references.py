"""Members that name a table by its ARN, which are looked at before any constraint.

A plain name is left to the constraints: of it the service says "1 validation error detected: Value
'a b' at 'tableName' failed to satisfy constraint: ...", where DynamoDB Local has words of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..names import is_arn, table_name, table_of_resource
from .shapes import ATTRIBUTE_VALUE, CONTROL_TABLE_NAME, TABLE_NAME, Shape

Check = Callable[[Any], object]
"""Raises ValidationException for what is no name and no ARN of a table."""

# By the name of a shape.
_CHECKS: dict[str, Check] = {
    TABLE_NAME: table_name,
    CONTROL_TABLE_NAME: table_name,
    "ResourceArnString": table_of_resource,
}
# Resource policies also belong to streams.
_NOT_OF_TABLES = frozenset(
    ("DeleteResourcePolicyInput", "GetResourcePolicyInput", "PutResourcePolicyInput")
)


def check_of(structure: Shape, member: str) -> Check | None:
    if structure.name in _NOT_OF_TABLES:
        return None
    return _CHECKS.get(structure.members[member].name)


def check_of_keys(map_shape: Shape) -> Check | None:
    assert map_shape.key is not None
    return _CHECKS.get(map_shape.key.name)


def check_references(shape: Shape, value: Any) -> None:
    """Raises ValidationException for the first bad ARN anywhere below `value`."""
    if value is None or shape.name == ATTRIBUTE_VALUE:
        return
    if shape.type == "structure":
        for name, member in shape.members.items():
            check = check_of(shape, name)
            if check is not None:
                _check(check, value.get(name))
            elif name in value:
                check_references(member, value[name])
    elif shape.type == "list" and shape.element is not None:
        for element in value:
            check_references(shape.element, element)
    elif shape.type == "map" and shape.element is not None:
        check = check_of_keys(shape)
        for key, element in value.items():
            if check is not None:
                _check(check, key)
            check_references(shape.element, element)


def _check(check: Check, text: str | None) -> None:
    """A table need not be named by an ARN, but a resource must."""
    if check is table_of_resource or (text is not None and is_arn(text)):
        check(text)
