"""The exact check of JSON types, member by member in the order of the text."""

from __future__ import annotations

from typing import Any

from ... import errors
from ...errors import ApiError
from .attribute_value import read_attribute_value
from .misfits import (
    FIELD,
    VALUE,
    Position,
    java_type,
    read_scalar,
    refuse_list,
    refuse_map,
    refuse_structure,
)
from .shapes import ATTRIBUTE_VALUE, Shape

_READ = 1000
_EXPRESSION_VALUES = "ExpressionAttributeValueMap"


def read(shape: Shape, body: Any) -> ApiError | None:
    """Makes `body` what the service understands of it, in place.

    Members that are null or unknown are removed, numbers are cut to their range. Raises
    SerializationException. Returns a refusal that is due after all other checks here, if any.
    """
    if not isinstance(body, dict):
        # As for a body that is no JSON at all.
        raise errors.serialization()
    return _read_structure(shape, body)


def _read_structure(shape: Shape, value: dict[str, Any]) -> ApiError | None:
    late = None
    for name in list(value):
        member = shape.members.get(name)
        if member is None or value[name] is None:
            del value[name]
        else:
            late = _read_at(value, name, member, FIELD) or late
    return late


def _read_at(container: Any, key: Any, shape: Shape, position: Position) -> ApiError | None:
    value = container[key]
    if shape.name == ATTRIBUTE_VALUE:
        return read_attribute_value(container, key, position)
    if value is None:
        # Only in a list or map: left to the constraints.
        return None
    if shape.type == "structure":
        refuse_structure(value, position, shape.name)
        return _read_structure(shape, value)
    if shape.element is None:
        container[key] = read_scalar(shape.type, value)
        return None
    if shape.type == "list":
        refuse_list(value, position)
        if shape.max is not None:
            # Too long is refused anyway: millions of elements are not worth reading.
            del value[max(shape.max, _READ) + 1 :]
        keys: Any = range(len(value))
    else:
        refuse_map(value, position, java_type(shape.element))
        keys = list(value)
    late = None
    for inside in keys:
        found = _read_at(value, inside, shape.element, VALUE)
        if found is not None:
            late = _of_value(inside, found) if shape.name == _EXPRESSION_VALUES else found
    return late


def _of_value(key: str, fault: ApiError) -> ApiError:
    return errors.validation(
        f"ExpressionAttributeValues contains invalid value: {fault.message} for key {key}"
    )
