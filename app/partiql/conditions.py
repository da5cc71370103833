"""WHERE, and what may be compared or set.

    condition := NOT condition | condition AND condition | condition OR condition | ( condition )
               | operand op operand | operand [NOT] BETWEEN operand AND operand
               | operand [NOT] IN [ operand, ... ] | path IS [NOT] MISSING | path IS [NOT] NULL
               | function ( operand, ... )

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-operators.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-functions.html
"""

from __future__ import annotations

from .. import errors
from ..expressions import tree
from ..expressions.conditions import ConditionProgram
from ..expressions.refusal import Refused
from .cursor import Cursor
from .keywords import KEYWORDS
from .statements import Where
from .tokens import END, NAME, NUMBER, QUOTED, STRING
from .values import constant, starts_value

_COMPARISONS = frozenset(("=", "<>", "<", "<=", ">", ">="))
_TESTS = frozenset(
    ("attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains")
)
_SIZE = frozenset(("size",))
_VALUES = frozenset(("if_not_exists", "list_append", "set_add", "set_delete"))
_NO_OPERATORS = frozenset(("+", "-", "*", "/", "%", "||", "like"))
_NOT_BOOLEAN = "WHERE clause must contain an expression that resolves to a boolean"
_NOT_IN = (
    "IN operator must have a left hand argument of type Variable Reference and right hand "
    "argument of type Seq with at least one member"
)


def where(cursor: Cursor) -> Where | None:
    """Raises ValidationException."""
    if not cursor.skip("where"):
        return None
    parsed = _any_of(cursor)
    try:
        return Where(parsed, ConditionProgram(parsed))
    except Refused as refusal:
        raise errors.validation(str(refusal)) from None


def path(cursor: Cursor) -> tree.Path:
    """`a.b[0]['c']`."""
    parts: list[str | int | tree.Alias] = [cursor.name()]
    while True:
        if cursor.skip("."):
            parts.append(cursor.name())
        elif cursor.token.kind == "[" and cursor.behind.kind in (NUMBER, STRING):
            cursor.next()
            token = cursor.next()
            if token.kind == STRING:
                parts.append(token.text)
            elif token.text.isdigit():
                parts.append(int(token.text))
            else:
                raise cursor.malformed()
            cursor.expect("]")
        else:
            return tree.Path(tuple(parts))


def assigned(cursor: Cursor) -> tree.Operand:
    """The right of a SET."""
    left = _operand(cursor, _VALUES)
    while cursor.token.kind in ("+", "-"):
        left = tree.Arithmetic(cursor.next().kind, left, _operand(cursor, _VALUES))
    return left


def _any_of(cursor: Cursor) -> tree.Condition:
    found = [_all_of(cursor)]
    while cursor.skip("or"):
        found.append(_all_of(cursor))
    return found[0] if len(found) == 1 else tree.Or(tuple(found))


def _all_of(cursor: Cursor) -> tree.Condition:
    found: list[tree.Condition] = []
    while True:
        one = _one(cursor)
        # In a row, as `And` is meant: what stands in parentheses is no less joined.
        found += one.conditions if isinstance(one, tree.And) else (one,)
        if not cursor.skip("and"):
            return found[0] if len(found) == 1 else tree.And(tuple(found))


def _one(cursor: Cursor) -> tree.Condition:
    cursor.descend()
    try:
        if cursor.skip("not"):
            return tree.Not(_one(cursor))
        if cursor.skip("("):
            inner = _any_of(cursor)
            cursor.expect(")")
            return inner
        return _test(cursor)
    finally:
        cursor.ascend()


def _test(cursor: Cursor) -> tree.Condition:
    left = _operand(cursor, _TESTS | _SIZE)
    if isinstance(left, tree.Call) and left.function in _TESTS:
        return left
    token = cursor.token
    if token.kind in _COMPARISONS:
        cursor.next()
        if cursor.token.kind == "missing":
            raise errors.validation("MISSING must be compared using IS operator")
        return _refuse_arithmetic(cursor, tree.Comparison(token.kind, left, _operand(cursor)))
    if cursor.skip("is"):
        return _is(cursor, left)
    negated = cursor.skip("not")
    found: tree.Condition
    if cursor.skip("between"):
        lower = _operand(cursor)
        cursor.expect("and")
        found = tree.Between(left, lower, _operand(cursor))
    elif cursor.skip("in"):
        found = tree.In(left, _choices(cursor, left))
    elif negated:
        raise cursor.malformed()
    elif token.kind in _NO_OPERATORS:
        raise errors.validation(
            f"Unsupported operator in Condition Expression. Operator: {token.text}"
        )
    elif token.kind in (END, "and", "or", ")", "order", "returning", ";"):
        raise errors.validation(_NOT_BOOLEAN)
    else:
        raise cursor.malformed()
    return tree.Not(found) if negated else found


def _refuse_arithmetic(cursor: Cursor, found: tree.Condition) -> tree.Condition:
    if cursor.token.kind in _NO_OPERATORS:
        raise errors.validation(
            f"Unsupported operator in Condition Expression. Operator: {cursor.token.text}"
        )
    return found


def _is(cursor: Cursor, left: tree.Operand) -> tree.Condition:
    negated = cursor.skip("not")
    found: tree.Condition
    if not isinstance(left, tree.Path):
        raise cursor.malformed()
    if cursor.skip("missing"):
        return tree.Call("attribute_exists" if negated else "attribute_not_exists", (left,))
    if not cursor.skip("null"):
        raise cursor.malformed()
    found = tree.Call("attribute_type", (left, tree.Literal({"S": "NULL"})))
    return tree.Not(found) if negated else found


def _choices(cursor: Cursor, left: tree.Operand) -> tuple[tree.Operand, ...]:
    close = {"[": "]", "(": ")"}.get(cursor.token.kind)
    if close is None or not isinstance(left, tree.Path):
        raise errors.validation(_NOT_IN)
    cursor.next()
    found: list[tree.Operand] = []
    while not cursor.skip(close):
        if found:
            cursor.expect(",")
        found.append(_operand(cursor))
    if not found:
        raise errors.validation(_NOT_IN)
    return tuple(found)


def _operand(cursor: Cursor, functions: frozenset[str] = _SIZE) -> tree.Operand:
    token = cursor.token
    if cursor.behind.kind == "(" and (token.kind == NAME or token.kind in KEYWORDS):
        return _call(cursor, functions)
    if starts_value(cursor):
        return constant(cursor)
    if token.kind in (NAME, QUOTED):
        return path(cursor)
    raise cursor.malformed()


def _call(cursor: Cursor, functions: frozenset[str]) -> tree.Operand:
    cursor.descend()
    token = cursor.next()
    function = token.text.lower()
    if function not in functions:
        raise errors.validation(f"Unrecognized function: {token.text}")
    cursor.expect("(")
    arguments: list[tree.Operand] = []
    while not cursor.skip(")"):
        if arguments:
            cursor.expect(",")
        arguments.append(_operand(cursor, functions - _TESTS))
    cursor.ascend()
    return tree.Call(function, tuple(arguments))
