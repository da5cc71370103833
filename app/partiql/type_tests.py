"""The types that `IS` knows.

https://partiql.org/syntax/operators/is.html
"""

from __future__ import annotations

from .cursor import Cursor
from .tokens import NUMBER, Token

_TESTED = {
    "blob": "B",
    "bool": "BOOL",
    "boolean": "BOOL",
    "list": "L",
    "null": "NULL",
    "numeric": "N",
    "string": "S",
    "struct": "M",
    "tuple": "M",
}
# Of PartiQL, but of no attribute: as they are shown.
_OTHERS = {
    **{
        name: name.upper()
        for name in (
            *("bag", "character", "clob", "date", "decimal", "float", "integer", "real", "sexp"),
            *("smallint", "symbol", "time", "timestamp"),
        )
    },
    "char": "CHARACTER",
    "dec": "DECIMAL",
    "double": "DOUBLE_PRECISION",
    "int": "INTEGER",
    "varchar": "CHARACTER_VARYING",
}


def type_test(cursor: Cursor, operator: Token) -> str | None:
    """The attribute type that is asked for, None for MISSING; `operator` is the IS before it.

    Raises ValidationException.
    """
    kind = cursor.next().kind
    shown = _OTHERS.get(kind)
    if kind == "double":
        cursor.expect("precision")
    elif kind == "character" and cursor.skip("varying"):
        shown = "CHARACTER_VARYING"
    if cursor.skip("("):
        cursor.expect(NUMBER)
        while cursor.skip(","):
            cursor.expect(NUMBER)
        cursor.expect(")")
    if kind == "missing":
        return None
    if shown is not None:
        raise cursor.refused(
            f"Unsupported data type for IS operator: {shown}. Supported data types are [MISSING, "
            "NULL, BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST]",
            operator,
        )
    if kind not in _TESTED:
        raise cursor.malformed()
    return _TESTED[kind]
