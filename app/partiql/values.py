"""Literals: 'text', 1.5, true, null, [list], {'name': value}, <<set>>, and ? for a parameter.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.data-types.html
"""

from __future__ import annotations

from typing import Any

from .. import errors
from ..errors import ApiError
from ..expressions import tree
from ..values import normalize
from ..values.number import canonical
from .cursor import Cursor
from .statements import Constant
from .tokens import END, ION, NAME, NUMBER, QUOTED, STRING, Token

_BAG = "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"
_OPERATORS = frozenset(
    ("+", "-", "*", "/", "%", "||", "=", "<>", "<", "<=", ">", ">=", "and", "or")
)
_KINDS = {NAME: "VariableReference", QUOTED: "VariableReference", "?": "Parameter"}
_STARTS = frozenset((STRING, NUMBER, ION, "true", "false", "null", "missing"))
_STARTS_OF_ALL = _STARTS | {"?", "[", "{", "<<", "-", "+"}


def starts_value(cursor: Cursor) -> bool:
    return cursor.token.kind in _STARTS_OF_ALL


def constant(cursor: Cursor) -> Constant:
    """A literal or a parameter. Raises ValidationException."""
    if cursor.token.kind == "?":
        return parameter(cursor)
    return tree.Literal(normalize(_value(cursor, "root")))


def parameter(cursor: Cursor) -> tree.ValueRef:
    cursor.expect("?")
    cursor.parameters += 1
    return tree.ValueRef(f":{cursor.parameters - 1}")


def item(cursor: Cursor) -> dict[str, Constant]:
    """What INSERT puts: its attributes may be parameters, what is inside them may not."""
    if cursor.token.kind != "{":
        raise cursor.refused(
            "Unsupported format in item expression. Please use struct format {...} to express "
            "item values for insert statement.",
            cursor.token,
        )
    made: dict[str, Constant] = {}
    for name in _members(cursor, made, "root"):
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
    if kind in (NUMBER, "-", "+"):
        return {"N": _number(cursor)}
    if kind in ("true", "false"):
        cursor.next()
        return {"BOOL": kind == "true"}
    if kind == "null":
        cursor.next()
        return {"NULL": True}
    if kind == "[":
        return {"L": _list(cursor, where)}
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
    if kind == "missing":
        raise cursor.refused(f"Unsupported data type: MISSING under key {where}", token)
    if kind == "?":
        raise cursor.refused(f"Unsupported data type: Parameter under key {where}", token)
    if kind == END:
        raise cursor.malformed()
    shown = token.text if cursor.behind.kind == "(" else _KINDS.get(kind, token.text)
    raise cursor.refused(f"Unsupported data type: {shown} under key {where}", token)


def _alone(cursor: Cursor, where: str) -> None:
    """Nothing is computed inside of a value."""
    token = cursor.token
    if token.kind in _OPERATORS:
        what = f"Unsupported data type: {token.text.lower()} under key {where}"
        raise cursor.refused(what, token)


def _ion(token: Token) -> str:
    """Which of Ion's types the literal has, as far as it can be told from its beginning."""
    text = token.text.strip("`").strip()
    if text[:1] == '"':
        return "STRING"
    if text in ("true", "false"):
        return "BOOL"
    if not text.lstrip("-")[:1].isdigit():
        return "SYMBOL"
    return "DECIMAL" if "." in text else "INT"


def _number(cursor: Cursor) -> str:
    sign = ""
    while cursor.token.kind in ("-", "+"):
        if cursor.next().kind == "-":
            sign = "" if sign else "-"
    return canonical(sign + cursor.expect(NUMBER).text)


def _list(cursor: Cursor, where: str) -> list[dict[str, Any]]:
    cursor.descend()
    cursor.expect("[")
    made: list[dict[str, Any]] = []
    while not cursor.skip("]"):
        if made:
            cursor.expect(",")
        place = f"{where}.{len(made)}"
        made.append(_value(cursor, place))
        _alone(cursor, place)
    cursor.ascend()
    return made


def _members(cursor: Cursor, made: dict[str, Any], where: str) -> Any:
    """Yields each name, when what follows is its value."""
    cursor.descend()
    cursor.expect("{")
    first = True
    while not cursor.skip("}"):
        if not first:
            cursor.expect(",")
        first = False
        token = cursor.next()
        if token.kind != STRING:
            raise _no_name(cursor, token, where)
        if token.text in made:
            raise cursor.refused(f"Duplicate keys in tuple. Key: {token.text} under {where}", token)
        cursor.expect(":")
        yield token.text
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
        if token.kind not in (STRING, NUMBER, "-", "+"):
            raise cursor.malformed() if token.kind == END else cursor.refused(_BAG, token)
        members.append(_value(cursor, "root"))
    if not members:
        raise cursor.refused("Empty bags are not supported", start)
    (kind,) = members[0]
    if any(kind not in member for member in members):
        raise errors.validation(_BAG)
    return {f"{kind}S": [member[kind] for member in members]}
