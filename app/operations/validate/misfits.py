"""JSON of the wrong type, in the words of the service's deserializer.

The documentation does not give these texts: they are Coral's, the framework DynamoDB is built on,
and show the Java types inside.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from ... import errors
from ...errors import ApiError
from .base64 import base64_fault
from .shapes import Shape


class Position(Enum):
    """Where a value stands: the member of a structure, or an element of a list or map."""

    FIELD = 1
    VALUE = 2


FIELD = Position.FIELD
VALUE = Position.VALUE

_JAVA = {
    "string": "String",
    "boolean": "Boolean",
    "integer": "Integer",
    "long": "Long",
    "double": "Double",
    "timestamp": "milliseconds since epoch",
}
_JAVA_CLASS = {"blob": "java.nio.ByteBuffer", "timestamp": "java.util.Date"}
RANGES = {"integer": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}

NAMESPACE = "com.amazonaws.dynamodb.v20120810."
_NOT_BASE64 = "only base-64-encoded strings are convertible to bytes"

# An element that is itself a list or map has a parameterized Java type, over which the
# deserializer stumbles.
_CAST = (
    "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class "
    "java.lang.Class (sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and "
    "java.lang.Class are in module java.base of loader 'bootstrap')"
)


def read_scalar(type: str, value: Any) -> Any:
    """`value` as the service takes it: numbers are cut to the integer range they are asked for.

    Raises SerializationException.
    """
    if isinstance(value, dict):
        raise _map_unexpected()
    if isinstance(value, list):
        raise errors.serialization(f"Unrecognized collection type class {_java_scalar(type)}")
    text = isinstance(value, str)
    boolean = isinstance(value, bool)
    if type == "string":
        fits = text
    elif type == "boolean":
        if text:
            raise errors.serialization("Unexpected token received from parser")
        fits = boolean
    elif type == "blob":
        fault = base64_fault(value) if text else _NOT_BASE64
        if fault:
            raise errors.serialization(fault)
        fits = True
    else:
        fits = not text and not boolean
    if not fits:
        raise errors.serialization(f"{_token(value)} cannot be converted to {_JAVA[type]}")
    if type in RANGES:
        lowest, highest = RANGES[type]
        return int(max(lowest, min(highest, value)))
    return value


def refuse_structure(value: Any, position: Position, name: str) -> None:
    """Raises SerializationException unless `value` is an object."""
    if isinstance(value, list):
        raise errors.serialization(f"Unrecognized collection type class {NAMESPACE}{name}")
    if not isinstance(value, dict):
        field = position is FIELD
        raise errors.serialization(
            "Unexpected field type" if field else "Unexpected value type in payload"
        )


def refuse_list(value: Any, position: Position) -> None:
    """Raises SerializationException unless `value` is an array."""
    if isinstance(value, dict):
        raise _map_unexpected()
    if not isinstance(value, list):
        raise _no_collection(position)


def refuse_map(value: Any, position: Position, element: str) -> None:
    """Raises SerializationException unless `value` is an object.

    `element` is the `java_type` of what the map should hold.
    """
    if isinstance(value, list):
        raise errors.serialization(
            f"Unrecognized collection type java.util.Map<java.lang.String, {element}>"
        )
    if not isinstance(value, dict):
        raise _no_collection(position)


def java_type(shape: Shape) -> str:
    if shape.element is None:
        return f"{NAMESPACE}{shape.name}" if shape.type == "structure" else _java_scalar(shape.type)
    element = java_type(shape.element)
    if shape.type == "list":
        return f"java.util.List<{element}>"
    return f"java.util.Map<java.lang.String, {element}>"


def _java_scalar(type: str) -> str:
    return _JAVA_CLASS.get(type) or f"java.lang.{_JAVA[type]}"


def _map_unexpected() -> ApiError:
    return errors.serialization("Start of structure or map found where not expected.")


def _no_collection(position: Position) -> ApiError:
    return errors.serialization("Unexpected field type" if position is FIELD else _CAST)


def _token(value: Any) -> str:
    if isinstance(value, str):
        return "STRING_VALUE"
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    # JSON integers too large for 64 bits arrive as floats.
    if isinstance(value, int) or abs(value) >= 2**63:
        return "NUMBER_VALUE"
    return "DECIMAL_VALUE"
