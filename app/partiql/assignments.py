"""The right of SET.

    value := addend | addend + addend | addend - addend | set_add ( path, set ) | set_delete ( … )
    addend := path | constant | if_not_exists ( path, value ) | list_append ( value, value )
            | ( value )

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.update.html
"""

from __future__ import annotations

from .. import errors
from ..errors import ApiError
from ..expressions import tree
from .conditions import MISSING, SIZE, TESTS, VALUES, refuse_computed, refuse_select, starts_call
from .cursor import Cursor
from .paths import path, starts_path
from .tokens import NAME, QUOTED
from .values import constant, starts_value

_NOT_ASSIGNED = frozenset(
    ("*", "/", "%", "||", "like", "=", "<>", "<", "<=", ">", ">=", "and", "or", "in", "between")
)
_OF_SETS = frozenset(("set_add", "set_delete"))


def assigned(cursor: Cursor, target: tree.Path) -> tree.Operand:
    """The right of `SET target =`."""
    name = cursor.token
    if cursor.behind.kind == "(" and name.text.lower() in _OF_SETS:
        found = _of_set(cursor, target)
        if cursor.token.kind in ("+", "-"):
            raise errors.validation(f"Unrecognized function: {name.text}")
        return found
    left = _addend(cursor)
    while cursor.token.kind in ("+", "-"):
        left = tree.Arithmetic(cursor.operator().kind, left, _addend(cursor))
    if cursor.token.kind == "is":
        raise errors.validation("IS operator is not supported in update expressions")
    if cursor.token.kind in _NOT_ASSIGNED:
        raise _not_in_update(cursor)
    return left


def _addend(cursor: Cursor) -> tree.Operand:
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
    function = cursor.token.text.lower() if cursor.behind.kind == "(" else None
    if function in TESTS | SIZE:
        raise errors.validation(
            f"The function is not allowed in an update expression; function: {function}"
        )
    if not cursor.skip("("):
        return _operand(cursor, VALUES)
    refuse_select(cursor)
    left = _addend(cursor)
    while cursor.token.kind in ("+", "-"):
        left = tree.Arithmetic(cursor.operator().kind, left, _addend(cursor))
    cursor.expect(")")
    return left


def _not_in_update(cursor: Cursor) -> ApiError:
    operator = cursor.token.text.lower()
    return errors.validation(f"Unsupported operator in Update Expression. Operator: {operator}")


def _of_set(cursor: Cursor, target: tree.Path) -> tree.Operand:
    """`set_add(target, <<...>>)`, and set_delete, which stand alone."""
    name, place = cursor.token, cursor.ahead(2)
    call = _call(cursor, _OF_SETS)
    function = call.function.upper()
    if len(call.arguments) != 2:
        raise cursor.refused(f"{function} must have exactly two arguments", name)
    first, second = call.arguments
    if first != target:
        raise errors.validation(f"The first argument to {function} must equal the assignment value")
    literal = isinstance(second, tree.Literal) and next(iter(second.value)) in ("SS", "NS", "BS")
    if not literal and not isinstance(second, tree.ValueRef):
        what = f"The second argument to {function} must be a value with type SET"
        raise cursor.refused(what, place)
    return call


def _operand(cursor: Cursor, functions: frozenset[str]) -> tree.Operand:
    refuse_computed(cursor)
    if starts_call(cursor):
        return _call(cursor, functions)
    if cursor.token.kind == "(":
        cursor.descend()
        cursor.next()
        refuse_select(cursor)
        found = _operand(cursor, functions)
        cursor.expect(")")
        cursor.ascend()
        return found
    if starts_value(cursor):
        return constant(cursor)
    if starts_path(cursor):
        return path(cursor)
    raise cursor.malformed()


def _call(cursor: Cursor, functions: frozenset[str]) -> tree.Call:
    cursor.descend()
    token = cursor.next()
    function = token.text.lower()
    if function not in functions:
        raise errors.validation(f"Unrecognized function: {token.text}")
    cursor.expect("(")
    refuse_select(cursor)
    arguments: list[tree.Operand] = []
    while not cursor.skip(")"):
        if arguments:
            cursor.expect(",")
        arguments.append(_operand(cursor, functions))
    cursor.ascend()
    return tree.Call(function, tuple(arguments))
