"""Are the JSON types inside attribute values right? The fast answer and the exact one.

Whether a value is well-formed beyond that (one datatype, numbers, sets, depth) is asked later, by
`values.normalize`.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ... import errors
from ...errors import ApiError
from .base64 import is_base64
from .misfits import (
    FIELD,
    NAMESPACE,
    VALUE,
    Position,
    read_scalar,
    refuse_list,
    refuse_map,
    refuse_structure,
)
from .shapes import ATTRIBUTE_VALUE

# Deeper values are left to the exact way, which does not recurse. The service allows 32 levels.
_FAST_DEPTH = 33

_SCALARS = {"S": "string", "N": "string", "B": "blob", "BOOL": "boolean", "NULL": "boolean"}
_SETS = {"SS": "string", "NS": "string", "BS": "blob"}


def is_attribute_map(item: Any) -> bool:
    """True only if `item` maps names to values of one known datatype with the right JSON type."""
    return type(item) is dict and _all_typed(item.values(), 1)


def is_attribute_value(value: Any) -> bool:
    return _all_typed((value,), 1)


def is_attribute_list(values: Any) -> bool:
    return type(values) is list and _all_typed(values, 1)


def _all_typed(values: Iterable[Any], depth: int) -> bool:
    for value in values:
        if type(value) is not dict or len(value) != 1:
            return False
        (kind,) = value
        content = value[kind]
        if kind == "S" or kind == "N":
            if type(content) is not str:
                return False
        elif kind == "M":
            if type(content) is not dict or depth == _FAST_DEPTH:
                return False
            if not _all_typed(content.values(), depth + 1):
                return False
        elif kind == "L":
            if type(content) is not list or depth == _FAST_DEPTH:
                return False
            if not _all_typed(content, depth + 1):
                return False
        elif kind == "BOOL" or kind == "NULL":
            if content is not True and content is not False:
                return False
        elif kind == "B":
            if type(content) is not str or not is_base64(content):
                return False
        elif kind in _SETS:
            if type(content) is not list:
                return False
            for element in content:
                if type(element) is not str or (kind == "BS" and not is_base64(element)):
                    return False
        else:
            return False
    return True


_Slot = tuple[Any, Any, str | None]
"""A container, the key or index in it, and the datatype there; None for a whole attribute value."""


def read_attribute_value(container: Any, key: Any, position: Position) -> ApiError | None:
    """Reads the attribute value at `container[key]` in the order of the text, without recursion.

    Null and unknown members are removed; null in place of a value becomes {}, which is refused
    later as an empty one. Raises SerializationException. Returns the refusal of a null in a set,
    which is due only after everything else that is checked here.
    """
    late: ApiError | None = None
    levels = [_value_slots(container, key, position)]
    while levels:
        slot = next(levels[-1], None)
        if slot is None:
            levels.pop()
            continue
        inside, name, kind = slot
        content = inside[name]
        if kind is None:
            levels.append(_value_slots(inside, name, VALUE))
        elif content is None:
            del inside[name]
        elif kind in _SCALARS:
            inside[name] = read_scalar(_SCALARS[kind], content)
        elif kind == "L":
            refuse_list(content, FIELD)
            levels.append(_slots(content, range(len(content))))
        elif kind == "M":
            refuse_map(content, FIELD, NAMESPACE + ATTRIBUTE_VALUE)
            levels.append(_slots(content, content))
        elif kind in _SETS:
            refuse_list(content, FIELD)
            for index, element in enumerate(content):
                if element is None:
                    late = late or _null_in_set()
                else:
                    content[index] = read_scalar(_SETS[kind], element)
        else:
            del inside[name]
    return late


def _value_slots(container: Any, key: Any, position: Position) -> Iterator[_Slot]:
    value = container[key]
    if value is None:
        value = container[key] = {}
    refuse_structure(value, position, ATTRIBUTE_VALUE)
    return iter([(value, kind, kind) for kind in value])


def _slots(container: Any, keys: Iterable[Any]) -> Iterator[_Slot]:
    """The elements that need a look: not the many which are right and hold no others."""
    return ((container, key, None) for key in keys if not _is_flat(container[key]))


def _is_flat(value: Any) -> bool:
    # At the last depth lists and maps are not followed.
    return _all_typed((value,), _FAST_DEPTH)


def _null_in_set() -> ApiError:
    return errors.invalid_parameters("An string set may not have a null string as a member")
