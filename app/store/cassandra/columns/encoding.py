"""Attributes as values of columns, in the bytes of the native protocol: what `values` reads back.

Raises ValueError, with the reason, for an attribute that would be read back as something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from ....model.attachment import CqlType
from .scalars import ORDERED, SCALARS, order, raw_of, raw_of_attribute
from .values import value

Attribute = Mapping[str, Any]
_SETS = {"SS": "S", "NS": "N", "BS": "B"}


def encode(type: CqlType, given: Attribute) -> bytes:
    """The value of a column of this type."""
    if type.name in _ENCODERS and not type.frozen and not any(given.values()):
        raise ValueError("an empty one is none at all unless the column is frozen")
    return _inner(type, given)


def _inner(type: CqlType, given: Attribute) -> bytes:
    if type.name in SCALARS:
        return raw_of_attribute(type.name, given)
    return _ENCODERS[type.name](type, given)


def _list(type: CqlType, given: Attribute) -> bytes:
    return _counted([_inner(type.parts[0], each) for each in _content(given, "L")])


def _set(type: CqlType, given: Attribute) -> bytes:
    (element,) = type.parts
    ((name, content),) = given.items()
    members = content
    if name in _SETS:
        members = [{_SETS[name]: each} for each in content]
    elif name != "L":
        raise ValueError("a set is needed")
    raws = {_inner(element, each) for each in members}
    raw = _counted(sorted(raws, key=partial(order, element.name)) if _sorts(element) else raws)
    read = value(type, raw) or {"L": []}
    if name not in read or len(raws) != len(members):
        raise ValueError("a set is needed")
    return raw


def _map(type: CqlType, given: Attribute) -> bytes:
    of_key, of_value = type.parts
    content = _content(given, "M")
    pairs = [(raw_of(of_key.name, name), _inner(of_value, each)) for name, each in content.items()]
    if _sorts(of_key):
        pairs.sort(key=lambda pair: order(of_key.name, pair[0]))
    return len(pairs).to_bytes(4, "big") + _members(each for pair in pairs for each in pair)


def _tuple(type: CqlType, given: Attribute) -> bytes:
    content: Sequence[Attribute] = _content(given, "L")
    if len(content) != len(type.parts):
        raise ValueError(f"{len(type.parts)} elements are needed")
    _check_parts(type)
    pairs = zip(type.parts, content, strict=True)
    return _members(None if "NULL" in each else _inner(part, each) for part, each in pairs)


def _udt(type: CqlType, given: Attribute) -> bytes:
    content: Mapping[str, Attribute] = _content(given, "M")
    strange = content.keys() - set(type.fields)
    if strange:
        raise ValueError(f"there is no field {min(strange)}")
    _check_parts(type)
    pairs = zip(type.fields, type.parts, strict=True)
    return _members(
        _inner(part, content[name]) if name in content else None for name, part in pairs
    )


_ENCODERS = {"list": _list, "set": _set, "map": _map, "tuple": _tuple, "udt": _udt}


def _check_parts(type: CqlType) -> None:
    """Cassandra sorts sets and maps itself, but for those inside of tuples and users' types."""
    if not all(map(_in_order, type.parts)):
        raise ValueError("it has a set or map inside whose order only Cassandra knows")


def _in_order(type: CqlType) -> bool:
    """Whether values of this type are made with their members in Cassandra's order."""
    if type.name in ("set", "map") and not _sorts(type.parts[0]):
        return False
    return all(map(_in_order, type.parts))


def _sorts(type: CqlType) -> bool:
    return type.name in ORDERED


def _content(given: Attribute, wanted: str) -> Any:
    if wanted not in given:
        raise ValueError(f"an attribute of type {wanted} is needed")
    return given[wanted]


def _counted(members: Iterable[bytes]) -> bytes:
    found = list(members)
    return len(found).to_bytes(4, "big") + _members(found)


def _members(raws: Iterable[bytes | None]) -> bytes:
    return b"".join(
        b"\xff\xff\xff\xff" if raw is None else len(raw).to_bytes(4, "big") + raw for raw in raws
    )
