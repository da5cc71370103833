"""Literals: 'text', 1.5, true, null, [list], {'name': value}, <<set>>, and ? for a parameter.
Parentheses may be around each, and around several, which are a list.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.data-types.html
"""

from __future__ import annotations

import re
from typing import Any

from .. import errors
from ..errors import ApiError
from ..expressions import tree
from ..values import normalize
from ..values.number import canonical
from .cursor import Cursor
from .paths import simple_path
from .statements import Constant
from .tokens import END, ION, NAME, NUMBER, QUOTED, STRING, Token

_BAG = "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"
_OPERATORS = frozenset(
    ("+", "-", "*", "/", "%", "||", "=", "<>", "<", "<=", ">", ">=", "and", "or", "is", "in")
) | {"between", "like"}
_COMPUTING = _OPERATORS | {"not"}
_KINDS = {NAME: "VariableReference", QUOTED: "VariableReference", "?": "Parameter"}
_STARTS = frozenset((STRING, NUMBER, ION, "true", "false", "null", "missing"))
_STARTS_OF_ALL = _STARTS | {"?", "[", "{", "<<", "-", "+"}
# As the trees of PartiQL's parser are called, which DynamoDB tells of what is deep in a value.
_TREES = {
    NAME: "VariableReference",
    QUOTED: "VariableReference",
    "?": "Parameter",
    "missing": "LiteralMissing",
    "case": "SearchedCase",
    **dict.fromkeys(("count", "avg", "max", "min", "sum"), "CallAgg"),
}


def starts_value(cursor: Cursor) -> bool:
    return cursor.token.kind in _STARTS_OF_ALL


def constant(cursor: Cursor) -> Constant:
    """A literal or a parameter. Raises ValidationException."""
    if cursor.token.kind == "?":
        return parameter(cursor)
    return tree.Literal(normalize(_value(cursor, "root")))


def negated(number: tree.Literal) -> tree.Literal:
    text = number.value["N"]
    return tree.Literal({"N": canonical(text[1:] if text.startswith("-") else f"-{text}")})


def parameter(cursor: Cursor) -> tree.ValueRef:
    cursor.expect("?")
    cursor.parameters += 1
    return tree.ValueRef(f":{cursor.parameters - 1}")


def item(cursor: Cursor) -> dict[str, Constant]:
    """What INSERT puts: its attributes may be parameters, what is inside them may not."""
    if cursor.token.kind == "(" and cursor.behind.kind in ("(", "{"):
        return cursor.enclosed(item)
    if cursor.token.kind != "{":
        raise cursor.refused(
            "Unsupported format in item expression. Please use struct format {...} to express "
            "item values for insert statement.",
            cursor.token,
        )
    made: dict[str, Constant] = {}
    for name in _members(cursor, made, "root", of_item=True):
        if cursor.token.kind == "?":
            made[name] = parameter(cursor)
        else:
            # The way to a fault begins anew with each attribute.
            made[name] = tree.Literal(normalize(_value(cursor, "root")))
        _alone(cursor, "root")
    return made


def _value(cursor: Cursor, where: str) -> dict[str, Any]:
    """`where` is the way to the value, from `root`."""
    token = cursor.token
    kind = token.kind
    if kind == STRING:
        return {"S": cursor.next().text}
    if kind == NUMBER:
        return {"N": canonical(cursor.next().text)}
    if kind in ("-", "+"):
        return {"N": _signed(cursor, where)}
    if kind in ("true", "false"):
        cursor.next()
        return {"BOOL": kind == "true"}
    if kind == "null":
        cursor.next()
        return {"NULL": True}
    if kind == "(":
        members = _members_of_list(cursor, "(", ")", where)
        return members[0] if len(members) == 1 else {"L": members}
    if kind == "[":
        return {"L": _members_of_list(cursor, "[", "]", where)}
    if kind == "{":
        made: dict[str, Any] = {}
        for name in _members(cursor, made, where):
            made[name] = _value(cursor, f"{where}.{name}")
            _alone(cursor, f"{where}.{name}")
        return {"M": made}
    if kind == "<<":
        return _bag(cursor)
    if kind == ION:
        raise cursor.refused(
            f"Ion Literals are not supported: {_ion(token)} under key {where}", token
        )
    raise _no_value(cursor, where)


def _no_value(cursor: Cursor, where: str, *, deep: bool = False) -> ApiError:
    """What the service says of an attribute itself are words of the statement, of what is deeper
    the names of its trees."""
    token, deep = cursor.token, deep or where != "root"
    if token.kind == END:
        return cursor.malformed()
    if token.kind == "@":
        cursor.next()
        return _no_value(cursor, where, deep=deep)
    if cursor.behind.kind in (".", "[") and token.kind in (NAME, QUOTED):
        simple_path(cursor)
        if cursor.token.kind in _OPERATORS:
            shown = "NAry" if deep else cursor.token.text.lower()
            return cursor.refused(f"Unsupported data type: {shown} under key {where}", cursor.token)
        return errors.validation(
            f"Unsupported data type: {'Path' if deep else 'PATH'} under key {where}"
        )
    if cursor.behind.kind in _OPERATORS:
        token = cursor.behind
    shown = token.text.lower() if token.kind in _OPERATORS else token.text
    if token.kind == "?":
        shown = "Parameter"
    elif token.kind in ("case", "missing"):
        shown = token.kind.upper()
    if deep:
        shown = _TREES.get(token.kind, shown)
        if (shown == "VariableReference" and cursor.behind.kind == "(") or token.kind in _COMPUTING:
            shown = "NAry"
    return cursor.refused(f"Unsupported data type: {shown} under key {where}", token)


def _alone(cursor: Cursor, where: str) -> None:
    """Nothing is computed inside of a value."""
    token = cursor.token
    if token.kind in _OPERATORS:
        shown = "NAry" if where != "root" else token.text.lower()
        what = f"Unsupported data type: {shown} under key {where}"
        raise cursor.refused(what, token)


# https://amazon-ion.github.io/ion-docs/docs/spec.html
_ION_TYPES = [
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"null(?!\w)", "NULL"),
        (r"true|false", "BOOL"),
        (r"nan|[-+]inf|-?\d[\d.]*[eE][-+]?\d+", "FLOAT"),
        (r"\d{4}T|\d{4}-\d\d.*", "TIMESTAMP"),
        (r"-?\d+", "INT"),
        (r"-?\d[\d.]*(?:[dD][-+]?\d+)?", "DECIMAL"),
        (r'".*', "STRING"),
        (r"\{\{\s*\".*", "CLOB"),
        (r"\{\{.*", "BLOB"),
        (r"\{.*", "STRUCT"),
        (r"\[.*", "LIST"),
        (r"\(.*", "SEXP"),
        (r".*", "SYMBOL"),
    )
]


def _ion(token: Token) -> str:
    """Which of Ion's types the literal has, as far as it can be told from its beginning."""
    text = token.text.strip("`").strip()
    return next(kind for pattern, kind in _ION_TYPES if pattern.fullmatch(text.split("\n")[0]))


def _signed(cursor: Cursor, where: str) -> str:
    sign = cursor.next()
    if cursor.token.kind not in (NUMBER, "-", "+", "("):
        raise cursor.refused(f"Unsupported data type: {sign.kind} under key {where}", sign)
    cursor.descend()
    number = _value(cursor, where).get("N")
    cursor.ascend()
    if number is None:
        raise cursor.refused(f"Unsupported data type: {sign.kind} under key {where}", sign)
    text: str = number
    if sign.kind == "+":
        return text
    return canonical(text[1:] if text.startswith("-") else f"-{text}")


def _members_of_list(cursor: Cursor, open: str, close: str, where: str) -> list[dict[str, Any]]:
    cursor.descend()
    cursor.expect(open)
    if cursor.token.kind == "select":
        raise cursor.refused(f"Unsupported data type: SELECT under key {where}", cursor.token)
    made: list[dict[str, Any]] = []
    while not cursor.skip(close):
        if made:
            cursor.expect(",")
        # Whether parentheses are around one value or several is seen behind the first.
        place = where if open == "(" and not made else f"{where}.{len(made)}"
        made.append(_value(cursor, place))
        _alone(cursor, place)
    cursor.ascend()
    return made


def _members(cursor: Cursor, made: dict[str, Any], where: str, *, of_item: bool = False) -> Any:
    """Yields each name, when what follows is its value."""
    cursor.descend()
    start = cursor.expect("{")
    first = True
    while not cursor.skip("}"):
        if not first:
            cursor.expect(",")
        first = False
        token = cursor.next()
        if token.kind != STRING:
            raise _no_name(cursor, token, where)
        if not token.text:
            raise errors.validation("Path component cannot be an empty string")
        twice = token.text in made
        cursor.expect(":")
        yield token.text
        if twice:
            place = token if of_item else start
            raise cursor.refused(f"Duplicate keys in tuple. Key: {token.text} under {where}", place)
    cursor.ascend()


def _no_name(cursor: Cursor, token: Token, where: str) -> ApiError:
    if token.kind == END:
        return cursor.malformed()
    kind = "BOOL" if token.kind in ("true", "false") else _KINDS.get(token.kind, token.text)
    if token.kind == NUMBER:
        kind = "DECIMAL" if "." in token.text else "INT"
    return cursor.refused(
        f"Tuple keys must be of type String. Actual type: {kind} under {where}", token
    )


def _bag(cursor: Cursor) -> dict[str, Any]:
    start = cursor.expect("<<")
    members: list[dict[str, Any]] = []
    while not cursor.skip(">>"):
        if members:
            cursor.expect(",")
        token = cursor.token
        if not members and token.kind not in (STRING, NUMBER, ION, "-", "+", "("):
            raise cursor.malformed() if token.kind == END else cursor.refused(_BAG, token)
        if members and not starts_value(cursor) and token.kind != "(":
            raise _no_value(cursor, "root", deep=True)
        if token.kind in ("?", "missing"):
            raise _no_value(cursor, "root", deep=True)
        members.append(_value(cursor, "root"))
        if cursor.token.kind in _OPERATORS:
            what = _BAG if len(members) == 1 else "Unsupported data type: NAry under key root"
            raise cursor.refused(what, cursor.token)
        if "S" in members[0] and "S" not in members[-1]:
            raise cursor.refused(_BAG, token)
    if not members:
        raise cursor.refused("Empty bags are not supported", start)
    (kind,) = members[0]
    if kind not in ("S", "N") or any(kind not in member for member in members):
        raise errors.validation(_BAG)
    found = [member[kind] for member in members]
    if len(set(found)) < len(found):
        raise errors.validation("Input collection contains duplicates")
    return {f"{kind}S": found}
