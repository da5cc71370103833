"""Document paths of statements: `a.b[0]['c']`, and what may stand around them."""

from __future__ import annotations

from .. import errors
from ..expressions import tree
from .cursor import Cursor
from .tokens import NAME, NUMBER, QUOTED, STRING

_MOST_INDEX = 2**31 - 1


def starts_path(cursor: Cursor) -> bool:
    return cursor.token.kind in (NAME, QUOTED, "@")


def path(cursor: Cursor, whole: str | None = None) -> tree.Path:
    """`whole`: what is said of `a.*`, if that is not as elsewhere.

    `@a` is `a`: there is no other scope that the name could be looked up in.
    """
    cursor.skip("@")
    return simple_path(cursor, whole)


def simple_path(cursor: Cursor, whole: str | None = None) -> tree.Path:
    """What is changed: a path without `@`."""
    return _rest(cursor, [cursor.name()], whole)


def column(cursor: Cursor, whole: str) -> tree.Path:
    """As `path`, where parentheses may be around it, or around its beginning."""
    if not cursor.skip("("):
        return path(cursor, whole)
    cursor.descend()
    if not starts_path(cursor) and cursor.token.kind != "(":
        raise cursor.refused("Unexpected path component", cursor.token)
    inner = column(cursor, whole)
    cursor.expect(")")
    cursor.ascend()
    return _rest(cursor, list(inner.parts), whole)


def _rest(
    cursor: Cursor, parts: list[str | int | tree.Alias], whole: str | None = None
) -> tree.Path:
    while True:
        if cursor.skip("."):
            if cursor.token.kind == "*":
                if whole is not None:
                    raise errors.validation(whole)
                what = "Unpivot path component like a.*.b are not supported"
                raise cursor.refused(what, cursor.token)
            parts.append(cursor.name())
        elif cursor.skip("["):
            parts.append(_component(cursor))
            cursor.expect("]")
        else:
            return tree.Path(tuple(parts))


def _component(cursor: Cursor) -> str | int:
    """`[a]` and `["a"]` are `['a']`."""
    token = cursor.next()
    if token.kind == STRING or (token.kind in (NAME, QUOTED) and cursor.token.kind == "]"):
        return token.text
    if token.kind == NUMBER and token.text.isdigit():
        number = int(token.text)
        if number > _MOST_INDEX:
            what = f"List index is not within the allowable range; index: [{number}]"
            raise cursor.refused(what, token)
        return number
    if token.kind == "-" and cursor.token.kind == NUMBER:
        index = f"[-{cursor.token.text}]"
        what = f"List index is not within the allowable range; index: {index}"
        raise cursor.refused(what, cursor.token)
    if token.kind == "*":
        raise cursor.refused("Wildcard path component like a[*].b are not supported", token)
    raise cursor.refused("Unexpected path component", token)
