"""The exact check of constraints: every fault of a request whose types are right."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any
from zlib import crc32

from ..names import is_arn
from .misfits import NAMESPACE
from .shapes import ATTRIBUTE_VALUE, CONTROL_INDEX_NAME, CONTROL_TABLE_NAME, TABLE_NAME, Shape

# A longer list or map is shown in part: a message must not outgrow the request.
_SHOWN = 1000

_NOT_NULL = "Member must not be null"
_NUMBERS = frozenset(("integer", "long"))
# Of what is too short the service tells that before its signs.
_LENGTH_FIRST = frozenset((CONTROL_TABLE_NAME, CONTROL_INDEX_NAME))
# Of an empty one BatchWriteItem itself says something else.
_MAY_BE_EMPTY = "BatchWriteItemRequestMap"
# Of an empty one the service speaks in its younger manner, without the value.
_YOUNGER = {"BatchGetRequestMap": "Value at 'RequestItems'"}
# Members that the model does not have, but the service shows.
_HIDDEN = {"PutRequest": ("workloadProfileName",)}


def faults(shape: Shape, value: Any, path: str = "") -> Iterator[str]:
    """The texts of all faults below `value`, in the service's order. Lazy: ask for ten.

    Attribute values have no constraints.
    """
    if shape.name == ATTRIBUTE_VALUE:
        return
    if shape.type == "structure":
        for name, member in shape.members.items():
            below = f"{path}.{_camel(name)}" if path else _camel(name)
            if name in value:
                yield from _own_faults(member, value[name], below)
                yield from faults(member, value[name], below)
            elif name in shape.required:
                yield f"Value null at '{below}' failed to satisfy constraint: {_NOT_NULL}"
    elif shape.type == "list" and shape.element is not None:
        yield from _element_faults("Member", shape.element, value, value, shape, path)
        for number, element in enumerate(value, 1):
            if element is not None:
                yield from faults(shape.element, element, f"{path}.{number}.member")
    elif shape.type == "map" and shape.key is not None and shape.element is not None:
        # Names of attributes are measured with the item they are in.
        if shape.element.name != ATTRIBUTE_VALUE:
            yield from _element_faults("Map keys", shape.key, value, value, shape, path)
        yield from _element_faults("Map value", shape.element, value.values(), value, shape, path)
        for key, element in value.items():
            if element is not None:
                yield from faults(shape.element, element, f"{path}.{key}.member")


def _own_faults(shape: Shape, value: Any, path: str) -> Iterator[str]:
    for constraint in _broken(shape, value):
        named = _YOUNGER.get(shape.name)
        if named is None:
            named = f"Value '{_java_text(shape, value, path)}' at '{path}'"
        yield f"{named} failed to satisfy constraint: Member must {constraint}"


def _element_faults(
    what: str, shape: Shape, elements: Any, container: Any, of: Shape, path: str
) -> Iterator[str]:
    """One fault for all wrong elements of a list or map, naming every constraint they have."""
    if any(element is None or any(_broken(shape, element)) for element in elements):
        constraints = [f"Member must {text}" for text in _constraints(shape)]
        # Of a map's values the service tells it only where it is broken.
        if what != "Map value" or None in elements:
            constraints.append(_NOT_NULL)
        yield (
            f"Value '{_java_text(of, container, path)}' at '{path}' failed to satisfy constraint: "
            f"{what} must satisfy constraint: [{', '.join(constraints)}]"
        )


def _broken(shape: Shape, value: Any) -> Iterator[str]:
    """The constraints of `shape` itself that `value` breaks."""
    if shape.name == TABLE_NAME and not value:
        yield "have length greater than or equal to 1"
        return
    if shape.name in (TABLE_NAME, CONTROL_TABLE_NAME) and is_arn(value):
        return
    if shape.name in _LENGTH_FIRST:
        yield from reversed([*_broken_in_order(shape, value)])
    else:
        yield from _broken_in_order(shape, value)


def _broken_in_order(shape: Shape, value: Any) -> Iterator[str]:
    if shape.enum and value not in shape.enum:
        yield _in_enum(shape)
    if shape.matches is not None and not shape.matches(value):
        yield _of_pattern(shape)
    if (shape.min is None and shape.max is None) or shape.name == _MAY_BE_EMPTY:
        return
    size = value if shape.type in _NUMBERS else len(value)
    if shape.min is not None and size < shape.min:
        yield _at_least(shape)
    if shape.max is not None and size > shape.max:
        yield _at_most(shape)


def _constraints(shape: Shape) -> Iterator[str]:
    if shape.max is not None:
        yield _at_most(shape)
    if shape.min is not None:
        yield _at_least(shape)
    if shape.matches is not None:
        yield _of_pattern(shape)
    if shape.enum:
        yield _in_enum(shape)


def _at_least(shape: Shape) -> str:
    return f"have {_measure(shape)} greater than or equal to {shape.min}"


def _at_most(shape: Shape) -> str:
    return f"have {_measure(shape)} less than or equal to {shape.max}"


def _measure(shape: Shape) -> str:
    return "value" if shape.type in _NUMBERS else "length"


def _of_pattern(shape: Shape) -> str:
    return f"satisfy regular expression pattern: {shape.pattern}"


def _in_enum(shape: Shape) -> str:
    return f"satisfy enum value set: [{', '.join(shape.enum)}]"


def _java_text(shape: Shape, value: Any, path: str) -> str:
    """`value` as Java's toString gives it: of an attribute value its class and a hash, here of
    `path`, of other structures their members."""
    if value is None:
        return "null"
    if shape.name == ATTRIBUTE_VALUE:
        return f"{NAMESPACE}{shape.name}@{crc32(path.encode(errors='surrogatepass')):x}"
    if shape.type == "structure":
        texts = [
            f"{_camel(name)}={_java_text(member, value.get(name), f'{path}.{name}')}"
            for name, member in shape.members.items()
        ]
        texts += [f"{name}=null" for name in _HIDDEN.get(shape.name, ())]
        return f"{shape.name}({', '.join(texts)})"
    if shape.element is None:
        return str(value).lower() if shape.type == "boolean" else str(value)
    if shape.type == "list":
        texts = [
            _java_text(shape.element, element, f"{path}.{number}")
            for number, element in enumerate(value[:_SHOWN], 1)
        ]
        return f"[{', '.join(texts)}]"
    texts = [
        f"{key}={_java_text(shape.element, value[key], f'{path}.{key}')}"
        for key in islice(value, _SHOWN)
    ]
    return f"{{{', '.join(texts)}}}"


def _camel(name: str) -> str:
    return name[0].lower() + name[1:]
