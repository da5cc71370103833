"""The fast answer: one closure for each shape, True only for what needs no second look."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ...errors import ApiError
from .attribute_value import is_attribute_list, is_attribute_map, is_attribute_value
from .misfits import RANGES
from .references import Check, check_of, check_of_keys
from .shapes import ATTRIBUTE_VALUE, Shape

Accept = Callable[[Any], bool]

# What is longer is not kept in a cache.
_LONGEST_ARN = 1283


def compiled(shape: Shape) -> Accept:
    """Says True only if `reader.read` changes nothing and `constraints.faults` finds nothing."""
    if shape.name == ATTRIBUTE_VALUE:
        return is_attribute_value
    if shape.type == "structure":
        return _structure(shape)
    if shape.type == "list":
        return _list(shape)
    if shape.type == "map":
        return _map(shape)
    if shape.type == "string":
        return _string(shape)
    if shape.type == "boolean":
        return lambda value: value is True or value is False
    return _number(shape)


def _structure(shape: Shape) -> Accept:
    members = {
        name: _accepting(check) if (check := check_of(shape, name)) else compiled(member)
        for name, member in shape.members.items()
    }
    member_of = members.get
    required = shape.required

    def accept(value: Any) -> bool:
        if type(value) is not dict:
            return False
        for name, content in value.items():
            member = member_of(name)
            if member is None or not member(content):
                return False
        for name in required:  # noqa: SIM110 - all() would cost a generator for each request
            if name not in value:
                return False
        return True

    return accept


def _list(shape: Shape) -> Accept:
    assert shape.element is not None
    if shape.element.name == ATTRIBUTE_VALUE:
        return _bounded(shape, is_attribute_list)
    element = compiled(shape.element)
    return _bounded(shape, lambda value: type(value) is list and all(map(element, value)))


def _map(shape: Shape) -> Accept:
    assert shape.key is not None
    assert shape.element is not None
    if shape.element.name == ATTRIBUTE_VALUE:
        return _bounded(shape, is_attribute_map)
    check = check_of_keys(shape)
    key = _accepting(check) if check else compiled(shape.key)
    element = compiled(shape.element)

    def accept(value: Any) -> bool:
        return type(value) is dict and all(map(key, value)) and all(map(element, value.values()))

    return _bounded(shape, accept)


def _string(shape: Shape) -> Accept:
    if shape.enum:
        values = frozenset(shape.enum)
        return lambda value: type(value) is str and value in values
    if shape.matches is not None:
        matches = shape.matches
        return _bounded(shape, lambda value: type(value) is str and matches(value) is not None)
    return _bounded(shape, lambda value: type(value) is str)


def _number(shape: Shape) -> Accept:
    if shape.type not in RANGES:
        return lambda value: type(value) is int or type(value) is float
    lowest, highest = RANGES[shape.type]
    if shape.min is not None:
        lowest = shape.min
    if shape.max is not None:
        highest = shape.max
    return lambda value: type(value) is int and lowest <= value <= highest


def _bounded(shape: Shape, accept: Accept) -> Accept:
    """`accept`, and a length within the bounds of `shape`."""
    if shape.min is None and shape.max is None:
        return accept
    least = shape.min or 0
    if shape.max is None:
        return lambda value: accept(value) and len(value) >= least
    most = shape.max
    return lambda value: accept(value) and least <= len(value) <= most


def _accepting(check: Check) -> Accept:
    # Requests name few tables, again and again.
    @lru_cache(1024)
    def passes(text: str) -> bool:
        try:
            check(text)
        except ApiError:
            return False
        return True

    return lambda value: type(value) is str and len(value) <= _LONGEST_ARN and passes(value)
