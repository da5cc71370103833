"""Equality and order of canonical values."""

from __future__ import annotations

from binascii import a2b_base64
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

_SETS = frozenset(("SS", "NS", "BS"))
_SET_ORDER: dict[str, Callable[[str], Any] | None] = {
    "SS": None,
    "NS": Decimal,
    "BS": a2b_base64,
}


def type_of(value: Mapping[str, Any]) -> str:
    """The datatype: "S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L" or "M"."""
    (kind,) = value
    return kind


def set_of(kind: str, members: Iterable[str]) -> list[str]:
    """The one form of a set, "SS", "NS" or "BS", of distinct canonical members: in their order."""
    return sorted(members, key=_SET_ORDER[kind])


def equal(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Same type and same value at every depth; the order of sets does not matter."""
    if a == b:
        return True
    (kind,) = a
    if kind not in b:
        return False
    x, y = a[kind], b[kind]
    if kind in _SETS:
        return set(x) == set(y)
    if kind == "L":
        return len(x) == len(y) and all(map(equal, x, y))
    if kind == "M":
        return x.keys() == y.keys() and all(equal(member, y[name]) for name, member in x.items())
    return False


def compare(a: Mapping[str, Any], b: Mapping[str, Any]) -> int | None:
    """Negative, 0 or positive for two S (by UTF-8 bytes), two N or two B (unsigned), else None."""
    (kind,) = a
    if kind not in b:
        return None
    x, y = a[kind], b[kind]
    if kind == "N":
        x, y = Decimal(x), Decimal(y)
    elif kind == "B":
        x, y = a2b_base64(x), a2b_base64(y)
    elif kind != "S":
        return None
    # Code points sort as their UTF-8 bytes do.
    return int(x > y) - int(x < y)
