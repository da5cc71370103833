"""The functions of conditions, over values that are there.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

from __future__ import annotations

from binascii import a2b_base64

from ..values.compare import equal
from .paths import Value

# Canonical values of other types are equal just when their dicts are.
_DEEP = frozenset(("SS", "NS", "BS", "L", "M"))
_ELEMENT_TYPES = {"SS": "S", "NS": "N", "BS": "B"}


def same(a: Value, b: Value) -> bool:
    """Equal, whatever the order of sets."""
    if a == b:
        return True
    (kind,) = a
    return kind in _DEEP and equal(a, b)


def begins_with(value: Value, prefix: Value) -> bool:
    """Two S or two B, else False."""
    if "S" in value and "S" in prefix:
        return bool(value["S"].startswith(prefix["S"]))
    if "B" in value and "B" in prefix:
        return a2b_base64(value["B"]).startswith(a2b_base64(prefix["B"]))
    return False


def contains(value: Value, wanted: Value) -> bool:
    """A piece of an S or B, a member of a set, or an element of a list."""
    (kind,) = value
    content = value[kind]
    if kind == "L":
        return any(same(element, wanted) for element in content)
    if kind == "S":
        return "S" in wanted and wanted["S"] in content
    if kind == "B":
        return "B" in wanted and a2b_base64(wanted["B"]) in a2b_base64(content)
    element_type = _ELEMENT_TYPES.get(kind)
    return element_type in wanted and wanted[element_type] in content


def size(value: Value) -> Value | None:
    """Characters of an S as Java counts them, bytes of a B, elements of the others; None for N,
    BOOL and NULL."""
    (kind,) = value
    if kind in ("N", "BOOL", "NULL"):
        return None
    content = value[kind]
    if kind == "S":
        return {
            "N": str(len(content) if content.isascii() else len(content.encode("utf-16-le")) // 2)
        }
    return {"N": str(len(a2b_base64(content) if kind == "B" else content))}
