"""Values of any type, collections and users' types included, as attributes."""

from __future__ import annotations

from typing import Any

from ....model.attachment import CqlType
from .scalars import SCALARS, TEXTS, attribute, text_of

_LENGTH = 4
_MAY_BE_EMPTY = TEXTS | {"blob", "tuple", "udt"}


def served(type: CqlType) -> bool:
    """Whether there is an attribute for each value of this type."""
    if type.name == "map":
        return type.parts[0].name in SCALARS and served(type.parts[1])
    if type.parts:
        return all(map(served, type.parts))
    return type.name in SCALARS


def value(type: CqlType, raw: bytes | None) -> dict[str, Any] | None:
    """The attribute; None for null. No bytes at all are null too where they mean nothing else."""
    if raw is None or (not raw and type.name not in _MAY_BE_EMPTY):
        return None
    if type.name in SCALARS:
        return attribute(type.name, raw)
    if type.name == "map":
        return {"M": _map(type, raw)}
    if type.name == "list":
        return {"L": [_member(type.parts[0], each) for each in _counted(raw, 1)]}
    if type.name == "set":
        return _set(type, raw)
    members = _members(raw)
    # A value that was written before a field was added ends early.
    members += [None] * (len(type.parts) - len(members))
    if type.name == "tuple":
        return {"L": [_member(part, each) for part, each in zip(type.parts, members, strict=False)]}
    fields = {
        name: value(part, each)
        for name, part, each in zip(type.fields, type.parts, members, strict=False)
    }
    return {"M": {name: each for name, each in fields.items() if each is not None}}


def _member(type: CqlType, raw: bytes | None) -> dict[str, Any]:
    return value(type, raw) or {"NULL": True}


def _set(type: CqlType, raw: bytes) -> dict[str, Any]:
    members = [_member(type.parts[0], each) for each in _counted(raw, 1)]
    kinds = {name for each in members for name in each}
    if len(kinds) == 1 and kinds <= {"S", "N", "B"}:
        (name,) = kinds
        contents = [each[name] for each in members]
        if len(set(contents)) == len(contents):
            return {name + "S": contents}
    return {"L": members}


def _map(type: CqlType, raw: bytes) -> dict[str, Any]:
    of_key, of_value = type.parts
    cells = _counted(raw, 2)
    keys, values = cells[::2], cells[1::2]
    return {
        text_of(of_key.name, key or b""): _member(of_value, each)
        for key, each in zip(keys, values, strict=True)
    }


def _counted(raw: bytes, cells: int) -> list[bytes | None]:
    """Of a collection: the number of its elements, and so many cells for each."""
    members = _members(raw[_LENGTH:])
    assert len(members) == cells * int.from_bytes(raw[:_LENGTH], "big")
    return members


def _members(raw: bytes) -> list[bytes | None]:
    found: list[bytes | None] = []
    at = 0
    while at < len(raw):
        length = int.from_bytes(raw[at : at + _LENGTH], "big", signed=True)
        at += _LENGTH
        found.append(None if length < 0 else raw[at : at + length])
        at += max(length, 0)
    return found
