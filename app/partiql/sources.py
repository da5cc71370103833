"""What a statement reads or changes: a table, or an index of one.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.statements.html
"""

from __future__ import annotations

import re

from .. import errors
from .cursor import Cursor
from .paths import path, starts_path
from .tokens import NAME, QUOTED

ALIAS = "Aliasing is not supported"
OPERATORS = frozenset(("+", "-", "*", "/", "%", "||", "=", "<>", "<", "<=", ">", ">=", "and", "or"))
_ONE_SOURCE = "Only select from a single table or index is supported."
_ALIASES = frozenset(("as", "at", "by", NAME, QUOTED))
_JOINS = frozenset(("join", "inner", "left", "right", "full", "cross", "outer", ","))
_is_name = re.compile(r"[a-zA-Z0-9_.-]{3,255}").fullmatch


def source(cursor: Cursor) -> tuple[str, str | None]:
    """Table and index. Raises ValidationException, as all below."""
    if cursor.token.kind == "unpivot":
        raise errors.validation(_ONE_SOURCE)
    table, index = _named(cursor)
    if _skip_aliases(cursor):
        raise errors.validation(_ONE_SOURCE if cursor.token.kind in _JOINS else ALIAS)
    if cursor.token.kind in OPERATORS:
        raise errors.validation("Unexpected from source")
    return table, index


def selected(cursor: Cursor) -> tuple[str, str | None]:
    """`source` behind FROM, to which the cursor moves on, and which nothing is joined to."""
    if not cursor.leave("from"):
        raise cursor.malformed()
    cursor.next()
    found = source(cursor)
    if cursor.token.kind in _JOINS:
        raise errors.validation(_ONE_SOURCE)
    return found


def changed(cursor: Cursor) -> tuple[str, str | None, str | None]:
    """Table, index, and what is said of an alias."""
    if cursor.token.kind in ("(", "@"):
        raise cursor.malformed()
    table, index = _named(cursor)
    alias = ALIAS if _skip_aliases(cursor) else None
    if cursor.token.kind in OPERATORS:
        raise errors.validation("Unexpected from source")
    return table, index, alias


def _skip_aliases(cursor: Cursor) -> bool:
    start = cursor.place
    while cursor.token.kind in _ALIASES:
        cursor.left = True
        if cursor.token.kind in ("as", "at", "by"):
            cursor.next()
        cursor.name()
    return cursor.place > start


def check_names(*names: str | None) -> None:
    for name in names:
        if name is not None and not (_is_name(name) or name.startswith("arn:")):
            raise errors.validation(
                "Table name should be within the length [3, 255] and only contain 'a-z', 'A-Z', "
                "'0-9', '-', '_', '.'."
                if name
                else "Path component cannot be an empty string"
            )


def _named(cursor: Cursor) -> tuple[str, str | None]:
    if cursor.token.kind == "(" and cursor.behind.kind in (NAME, QUOTED, "(", "@"):
        return cursor.enclosed(_named)
    if not starts_path(cursor) or cursor.behind.kind == "(":
        raise errors.validation("Unexpected from source")
    parts = path(cursor).parts
    if len(parts) > 2:
        raise errors.validation("A path may contain at most 2 components in the FROM clause")
    table, index = str(parts[0]), parts[1] if len(parts) > 1 else None
    if index is not None and not isinstance(index, str):
        raise errors.validation("Invalid list expression in source.")
    return table, index
