"""WHERE, and the operands that it shares with SET.

    expression := NOT expression | expression AND expression | expression OR expression
               | expression op expression | expression [NOT] BETWEEN expression AND expression
               | expression [NOT] IN [ expression, ... ] | operand IS [NOT] type
               | function ( expression, ... ) | ( expression ) | path | value

A condition is a value, too: `begins_with(a, 'b') = true`.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-operators.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-functions.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeGuard, TypeVar

from .. import errors
from ..errors import ApiError
from ..expressions import tree
from ..expressions.compiling import wrong_type
from ..expressions.conditions import ConditionProgram
from ..expressions.refusal import Refused
from .cursor import Cursor
from .keywords import KEYWORDS
from .paths import path, starts_path
from .statements import Where
from .tokens import NAME, Token
from .type_tests import type_test
from .values import constant, negated, starts_value

_Read = TypeVar("_Read")
_OR, _AND, _NOT, _EQUAL, _COMPARE, _COMPUTE = 10, 20, 30, 40, 50, 60
_PRECEDENCE = {
    "or": _OR,
    "and": _AND,
    **dict.fromkeys(("=", "<>", "is", "in"), _EQUAL),
    **dict.fromkeys(("<", "<=", ">", ">=", "between", "like"), _COMPARE),
    **dict.fromkeys(("+", "-", "*", "/", "%", "||"), _COMPUTE),
}
_COMPARISONS = frozenset(("=", "<>", "<", "<=", ">", ">="))
_NEGATED = frozenset(("in", "between", "like"))
TESTS = frozenset(
    ("attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains")
)
SIZE = frozenset(("size",))
VALUES = frozenset(("if_not_exists", "list_append"))
_NO_TOKENS = frozenset(("case", "cast", "count", "avg", "max", "min", "sum"))
MISSING = "MISSING must be compared using IS operator"
_NOT_BOOLEAN = "WHERE clause must contain an expression that resolves to a boolean"
_NOT_JOINED = "The arguments to AND/OR must be Expressions"
_NOT_NEGATED = "The argument to NOT must be a Type or Expression"
_NOT_IN = (
    "IN operator must have a left hand argument of type Variable Reference and right hand "
    "argument of type Seq with at least one member"
)
_NOT_IS = "The left hand side argument to IS must be a Variable Reference, Literal, or Path"
_SCALARS = frozenset(("S", "N", "BOOL", "NULL"))
_CONDITIONS = (tree.Comparison, tree.Between, tree.In, tree.Not, tree.And, tree.Or)

_Term = tree.Operand | tree.Condition


def where(cursor: Cursor) -> Where | None:
    """Raises ValidationException."""
    if not cursor.skip("where"):
        return None
    parsed = _expression(cursor)
    if not _is_condition(parsed):
        raise errors.validation(_NOT_BOOLEAN)
    cursor.end_expression()
    try:
        return Where(parsed, ConditionProgram(parsed))
    except Refused as refusal:
        raise errors.validation(str(refusal)) from None


def refuse_select(cursor: Cursor) -> None:
    if cursor.token.kind == "select":
        raise cursor.refused("Unsupported token in expression: SELECT", cursor.token)


def refuse_computed(cursor: Cursor) -> None:
    """What PartiQL has and the service does not."""
    token = cursor.token
    if token.kind == "case" or (token.kind in _NO_TOKENS and cursor.behind.kind == "("):
        shown = token.text.upper() if token.kind == "case" else token.text.lower()
        place = cursor.behind if token.kind == "cast" else token
        raise cursor.refused(f"Unsupported token in expression: {shown}", place)


def starts_call(cursor: Cursor) -> bool:
    kind = cursor.token.kind
    return cursor.behind.kind == "(" and (kind == NAME or kind in KEYWORDS)


def _is_condition(term: _Term) -> TypeGuard[tree.Condition]:
    return isinstance(term, _CONDITIONS) or (isinstance(term, tree.Call) and term.function in TESTS)


def _condition(term: _Term, operator: str, otherwise: str) -> tree.Condition:
    """What AND, OR and NOT take; `otherwise` is what is said of a path or a value."""
    if _is_condition(term):
        return term
    if isinstance(term, tree.Call):
        raise errors.validation(str(wrong_type(operator, "N")))
    raise errors.validation(otherwise)


def _expression(cursor: Cursor, least: int = 0) -> _Term:
    """All that binds closer than `least`."""
    left = _unary(cursor)
    while True:
        negation = cursor.token.kind == "not" and cursor.behind.kind in _NEGATED
        operator = cursor.behind.kind if negation else cursor.token.kind
        level = _PRECEDENCE.get(operator)
        if level is None or level <= least:
            return left
        if level == _COMPUTE or operator == "like":
            raise _not_in_condition(operator)
        if negation:
            cursor.operator()
        token = cursor.next() if operator == "is" else cursor.operator()
        if level in (_OR, _AND):
            left = _joined(cursor, operator, level, left)
        elif operator == "is":
            left = _is(cursor, token, left)
        else:
            found = _test(cursor, operator, level, left)
            left = tree.Not(found) if negation else found


def _joined(cursor: Cursor, operator: str, level: int, first: _Term) -> tree.Condition:
    terms = [first, _expression(cursor, level)]
    while cursor.token.kind == operator:
        cursor.operator()
        terms.append(_expression(cursor, level))
    parts = [_condition(term, operator.upper(), _NOT_JOINED) for term in terms]
    if level == _OR:
        return tree.Or(tuple(parts))
    found: list[tree.Condition] = []
    for part in parts:
        # In a row, as `And` is meant: what stands in parentheses is no less joined.
        found += part.conditions if isinstance(part, tree.And) else (part,)
    return tree.And(tuple(found))


def _test(cursor: Cursor, operator: str, level: int, left: _Term) -> tree.Condition:
    if operator in _COMPARISONS:
        return tree.Comparison(operator, _as_value(left), _value(cursor, level))
    if operator == "in":
        return tree.In(_as_value(left), _choices(cursor))
    lower = _value(cursor, level)
    cursor.expect("and")
    return tree.Between(_as_value(left), lower, _value(cursor, level))


def _is(cursor: Cursor, token: Token, left: _Term) -> tree.Condition:
    negation = cursor.skip("not")
    if not isinstance(left, tree.Path | tree.Literal):
        raise errors.validation(_NOT_IS)
    if isinstance(left, tree.Literal) and not left.value.keys() <= _SCALARS:
        raise errors.validation(_NOT_IS)
    wanted = type_test(cursor, token)
    if wanted is None:
        return tree.Call("attribute_exists" if negation else "attribute_not_exists", (left,))
    found = tree.Call("attribute_type", (left, tree.Literal({"S": wanted})))
    return tree.Not(found) if negation else found


def _choices(cursor: Cursor) -> tuple[tree.Operand, ...]:
    close = {"[": "]", "(": ")", "<<": ">>"}.get(cursor.token.kind)
    if close is None or cursor.behind.kind == "select":
        raise errors.validation(_NOT_IN)
    cursor.next()
    found: list[tree.Operand] = []
    while not cursor.skip(close):
        if found:
            cursor.expect(",")
        found.append(_value(cursor))
    if not found:
        raise errors.validation(_NOT_IN)
    return tuple(found)


def _as_value(term: _Term) -> tree.Operand:
    if _is_condition(term):
        return tree.Truth(term)
    assert not isinstance(term, _CONDITIONS)
    return term


def _value(cursor: Cursor, least: int = 0) -> tree.Operand:
    return _as_value(_expression(cursor, least))


def _not_in_condition(operator: str) -> ApiError:
    return errors.validation(f"Unsupported operator in Condition Expression. Operator: {operator}")


def _unary(cursor: Cursor) -> _Term:
    sign = cursor.token.kind
    if sign not in ("not", "+", "-"):
        return _operand(cursor)
    if sign == "not":
        cursor.operator()
    else:
        cursor.next()
    cursor.descend()
    if sign == "not":
        found: _Term = tree.Not(_condition(_expression(cursor, _NOT), "NOT", _NOT_NEGATED))
    else:
        inner = _unary(cursor)
        if not isinstance(inner, tree.Literal) or "N" not in inner.value:
            raise _not_in_condition(sign)
        found = negated(inner) if sign == "-" else inner
    cursor.ascend()
    return found


def _operand(cursor: Cursor) -> _Term:
    token = cursor.token
    if token.kind == "missing":
        raise errors.validation(_NOT_IS if cursor.behind.kind == "is" else MISSING)
    return operand(cursor, _expression, _call)


def operand(
    cursor: Cursor, expression: Callable[[Cursor], _Read], call: Callable[[Cursor], _Read]
) -> _Read | tree.Operand:
    """A call, parentheses, a value or a path; `expression` reads what is in parentheses."""
    refuse_computed(cursor)
    if starts_call(cursor):
        return call(cursor)
    if cursor.token.kind == "(":
        return _grouped(cursor, expression)
    if starts_value(cursor):
        return constant(cursor)
    if starts_path(cursor):
        return path(cursor)
    raise cursor.malformed()


def _grouped(cursor: Cursor, expression: Callable[[Cursor], _Read]) -> _Read | tree.Operand:
    """An expression, or several values that are a list."""
    cursor.descend()
    start = cursor.place
    cursor.next()
    refuse_select(cursor)
    found: _Read | tree.Operand = expression(cursor)
    if cursor.token.kind == ",":
        cursor.place = start
        found = constant(cursor)
    else:
        cursor.expect(")")
    cursor.ascend()
    return found


def _call(cursor: Cursor) -> tree.Operand:
    cursor.descend()
    token = cursor.next()
    function = token.text.lower()
    cursor.expect("(")
    refuse_select(cursor)
    if function in VALUES:
        raise errors.validation(
            f"The function is not allowed in a condition expression; function: {function}"
        )
    if function not in TESTS | SIZE:
        raise errors.validation(f"Unrecognized function: {token.text}")
    arguments: list[tree.Operand] = []
    while not cursor.skip(")"):
        if arguments:
            cursor.expect(",")
        arguments.append(_value(cursor))
    cursor.ascend()
    return tree.Call(function, tuple(arguments))
