"""The right of SET.

    value := operand | value + operand | value - operand
    operand := path | constant | if_not_exists ( path, value ) | list_append ( value, value )
             | ( value )

or, alone, `set_add ( path, set )` or `set_delete ( path, set )`.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.update.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeGuard

from .. import errors
from ..errors import ApiError
from ..expressions import tree
from ..expressions.update_values import SETS
from .conditions import MISSING, SIZE, TESTS, VALUES, operand, refuse_select
from .cursor import Cursor
from .tokens import NAME, QUOTED, Token

_NOT_ASSIGNED = frozenset(
    ("*", "/", "%", "||", "like", "=", "<>", "<", "<=", ">", ">=", "and", "or", "in", "between")
)
_OF_SETS = frozenset(("set_add", "set_delete"))


def assigned(cursor: Cursor, target: tree.Path) -> tree.Operand:
    """The right of `SET target =`."""
    start = cursor.place
    found = _expression(cursor)
    if _is_of_sets(found):
        _check_of_sets(cursor, start, target, found)
    return found


def _expression(cursor: Cursor) -> tree.Operand:
    start = cursor.place
    left = _operand(cursor)
    while cursor.token.kind in ("+", "-"):
        if _is_of_sets(left):
            raise _unrecognized(_first(cursor, start)[0])
        left = tree.Arithmetic(cursor.operator().kind, left, _inner(cursor, _operand))
    if cursor.token.kind == "is":
        raise errors.validation("IS operator is not supported in update expressions")
    if cursor.token.kind in _NOT_ASSIGNED:
        raise _not_in_update(cursor)
    if cursor.token.kind == "not" and cursor.behind.kind in _NOT_ASSIGNED:
        raise _not_in_update(cursor)
    return left


def _inner(cursor: Cursor, parsed: Callable[[Cursor], tree.Operand]) -> tree.Operand:
    """What is part of something else, as functions of sets are not."""
    start = cursor.place
    found = parsed(cursor)
    if _is_of_sets(found):
        raise _unrecognized(_first(cursor, start)[0])
    return found


def _operand(cursor: Cursor) -> tree.Operand:
    kind = cursor.token.kind
    if kind == "missing":
        raise errors.validation(MISSING)
    if kind == "not":
        raise _not_in_update(cursor)
    if kind in ("+", "-") and cursor.behind.kind in (NAME, QUOTED):
        raise errors.validation(
            "Incorrect number of operands for operator or function; operator or function: "
            f"{kind}, number of operands: 1"
        )
    return operand(cursor, _expression, _call)


def _call(cursor: Cursor) -> tree.Call:
    cursor.descend()
    token = cursor.next()
    function = token.text.lower()
    cursor.expect("(")
    refuse_select(cursor)
    if function in TESTS | SIZE:
        raise errors.validation(
            f"The function is not allowed in an update expression; function: {function}"
        )
    if function not in VALUES | _OF_SETS:
        raise _unrecognized(token)
    arguments: list[tree.Operand] = []
    while not cursor.skip(")"):
        if arguments:
            cursor.expect(",")
        arguments.append(_inner(cursor, _expression))
    cursor.ascend()
    return tree.Call(function, tuple(arguments))


def _is_of_sets(operand: tree.Operand) -> TypeGuard[tree.Call]:
    return isinstance(operand, tree.Call) and operand.function in _OF_SETS


def _check_of_sets(cursor: Cursor, start: int, target: tree.Path, call: tree.Call) -> None:
    """`start`: the number of the token with which the value begins."""
    name, place = _first(cursor, start)
    function = call.function.upper()
    if len(call.arguments) != 2:
        raise cursor.refused(f"{function} must have exactly two arguments", name)
    first, second = call.arguments
    if first != target:
        raise errors.validation(f"The first argument to {function} must equal the assignment value")
    what = f"The second argument to {function} must be a value with type SET"
    if len(target.parts) == 1:
        # The service knows no place of a longer path.
        what = cursor.at(what, place)
    if isinstance(second, tree.ValueRef):
        cursor.sets.append((second.key, what))
    elif not isinstance(second, tree.Literal) or not second.value.keys() <= SETS:
        raise errors.validation(what)


def _first(cursor: Cursor, start: int) -> tuple[Token, Token]:
    """The name of the call that begins at this token, or in parentheses, and its first argument."""
    while cursor.tokens[start].kind == "(":
        start += 1
    return cursor.tokens[start], cursor.tokens[start + 2]


def _unrecognized(name: Token) -> ApiError:
    return errors.validation(f"Unrecognized function: {name.text}")


def _not_in_update(cursor: Cursor) -> ApiError:
    token = cursor.token
    if token.kind == "not" and cursor.behind.kind in _NOT_ASSIGNED:
        token = cursor.behind
    return errors.validation(
        f"Unsupported operator in Update Expression. Operator: {token.text.lower()}"
    )
