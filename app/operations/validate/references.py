"""Members that name a table, which are looked at before any constraint.

The service must know the table to authorize a request, and it does that before it asks the
constraints of the model. So a wrong table name never appears among "N validation errors detected",
although the model of 2024 and later (TableName: 1 to 1024 characters, a name or an ARN) still has
a constraint for it; only a missing TableName is found by the constraints. DynamoDB Local, which
shares this code with the service, answers so too. To report names as constraints instead, empty
`_CHECKS` and give TableArn its bounds and pattern in tools/api_shapes.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..names import table_name, table_of_arn
from .shapes import ATTRIBUTE_VALUE, Shape

Check = Callable[[Any], object]
"""Raises ValidationException for a bad name; is also asked about an absent one, as None."""


def _table_name(text: str | None) -> None:
    if text is not None:
        table_name(text)


# By the name of a member and of its shape. Other members of the shape TableArn must be ARNs.
_CHECKS: dict[tuple[str, str], Check] = {
    ("TableName", "TableArn"): _table_name,
    ("ResourceArn", "ResourceArnString"): table_of_arn,
}
# Resource policies also belong to streams.
_NOT_OF_TABLES = frozenset(
    ("DeleteResourcePolicyInput", "GetResourcePolicyInput", "PutResourcePolicyInput")
)


def check_of(structure: Shape, member: str) -> Check | None:
    if structure.name in _NOT_OF_TABLES:
        return None
    return _CHECKS.get((member, structure.members[member].name))


def check_of_keys(map_shape: Shape) -> Check | None:
    assert map_shape.key is not None
    return _CHECKS.get(("TableName", map_shape.key.name))


def check_references(shape: Shape, value: Any) -> None:
    """Raises ValidationException for the first bad name anywhere below `value`."""
    if value is None or shape.name == ATTRIBUTE_VALUE:
        return
    if shape.type == "structure":
        for name, member in shape.members.items():
            check = check_of(shape, name)
            if check is not None:
                check(value.get(name))
            elif name in value:
                check_references(member, value[name])
    elif shape.type == "list" and shape.element is not None:
        for element in value:
            check_references(shape.element, element)
    elif shape.type == "map" and shape.element is not None:
        check = check_of_keys(shape)
        for key, element in value.items():
            if check is not None:
                check(key)
            check_references(shape.element, element)
