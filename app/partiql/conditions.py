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
from ..errors import ApiError
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
_VALUES = frozenset(("if_not_exists", "list_append"))
_NO_OPERATORS = frozenset(("+", "-", "*", "/", "%", "||", "like"))
_NOT_ASSIGNED = _NO_OPERATORS - {"+", "-"} | _COMPARISONS | {"and", "or", "in", "is", "between"}
_OF_SETS = frozenset(("set_add", "set_delete"))
_NO_TOKENS = frozenset(("case", "cast", "count", "avg", "max", "min", "sum"))
_MISSING = "MISSING must be compared using IS operator"
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


def path(cursor: Cursor, whole: str | None = None) -> tree.Path:
    """`a.b[0]['c']`. `whole`: what is said of `a.*`, if that is not as elsewhere."""
    parts: list[str | int | tree.Alias] = [cursor.name()]
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
    token = cursor.next()
    if token.kind == STRING:
        return token.text
    if token.kind == NUMBER and token.text.isdigit():
        return int(token.text)
    if token.kind == "-" and cursor.token.kind == NUMBER:
        index = f"[-{cursor.token.text}]"
        what = f"List index is not within the allowable range; index: {index}"
        raise cursor.refused(what, cursor.token)
    if token.kind == "*":
        raise cursor.refused("Wildcard path component like a[*].b are not supported", token)
    raise cursor.refused("Unexpected path component", token)


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
        left = tree.Arithmetic(cursor.next().kind, left, _addend(cursor))
    if cursor.token.kind in _NOT_ASSIGNED:
        raise _not_in_update(cursor)
    return left


def _addend(cursor: Cursor) -> tree.Operand:
    kind = cursor.token.kind
    if kind == "missing":
        raise errors.validation(_MISSING)
    if kind == "not":
        raise _not_in_update(cursor)
    if kind in ("+", "-") and cursor.behind.kind in (NAME, QUOTED):
        raise errors.validation(
            "Incorrect number of operands for operator or function; operator or function: "
            f"{kind}, number of operands: 1"
        )
    function = cursor.token.text.lower() if cursor.behind.kind == "(" else None
    if function in _TESTS | _SIZE:
        raise errors.validation(
            f"The function is not allowed in an update expression; function: {function}"
        )
    if not cursor.skip("("):
        return _operand(cursor, _VALUES)
    if cursor.token.kind == "select":
        raise cursor.refused("Unsupported token in expression: SELECT", cursor.token)
    left = _addend(cursor)
    while cursor.token.kind in ("+", "-"):
        left = tree.Arithmetic(cursor.next().kind, left, _addend(cursor))
    cursor.expect(")")
    return left


def _not_in_update(cursor: Cursor) -> ApiError:
    operator = cursor.token.text.lower()
    return errors.validation(f"Unsupported operator in Update Expression. Operator: {operator}")


def _of_set(cursor: Cursor, target: tree.Path) -> tree.Operand:
    """`set_add(target, <<...>>)`, and set_delete, which stand alone."""
    name, place = cursor.token, cursor.ahead(2)
    call = _call(cursor, _OF_SETS)
    assert isinstance(call, tree.Call)
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
            raise errors.validation(_MISSING)
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
    elif cursor.token.kind in _NO_OPERATORS:
        raise _not_in_condition(cursor)
    elif negated:
        raise cursor.malformed()
    elif token.kind in (END, "and", "or", ")", "order", "returning", ";"):
        raise errors.validation(_NOT_BOOLEAN)
    else:
        raise cursor.malformed()
    return tree.Not(found) if negated else found


def _refuse_arithmetic(cursor: Cursor, found: tree.Condition) -> tree.Condition:
    if cursor.token.kind in _NO_OPERATORS:
        raise _not_in_condition(cursor)
    return found


def _not_in_condition(cursor: Cursor) -> ApiError:
    operator = cursor.token.text.lower()
    return errors.validation(f"Unsupported operator in Condition Expression. Operator: {operator}")


def _is(cursor: Cursor, left: tree.Operand) -> tree.Condition:
    negated = cursor.skip("not")
    found: tree.Condition
    if not isinstance(left, tree.Path):
        raise errors.validation(
            "The left hand side argument to IS must be a Variable Reference, Literal, or Path"
        )
    if cursor.skip("missing"):
        return tree.Call("attribute_exists" if negated else "attribute_not_exists", (left,))
    if not cursor.skip("null"):
        raise cursor.malformed()
    found = tree.Call("attribute_type", (left, tree.Literal({"S": "NULL"})))
    return tree.Not(found) if negated else found


def _choices(cursor: Cursor, left: tree.Operand) -> tuple[tree.Operand, ...]:
    close = {"[": "]", "(": ")", "<<": ">>"}.get(cursor.token.kind)
    if close is None or cursor.behind.kind == "select" or not isinstance(left, tree.Path):
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
    if token.kind in ("+", "-") and cursor.behind.kind in (NAME, QUOTED):
        raise _not_in_condition(cursor)
    if token.kind == "case" or (token.kind in _NO_TOKENS and cursor.behind.kind == "("):
        shown = token.text.upper() if token.kind == "case" else token.text.lower()
        place = cursor.behind if token.kind == "cast" else token
        raise cursor.refused(f"Unsupported token in expression: {shown}", place)
    if cursor.behind.kind == "(" and (token.kind == NAME or token.kind in KEYWORDS):
        return _call(cursor, functions)
    if token.kind == "(":
        return _grouped(cursor, functions)
    if starts_value(cursor):
        return constant(cursor)
    if token.kind in (NAME, QUOTED):
        return path(cursor)
    raise cursor.malformed()


def _grouped(cursor: Cursor, functions: frozenset[str]) -> tree.Operand:
    cursor.descend()
    cursor.expect("(")
    if cursor.token.kind == "select":
        raise cursor.refused("Unsupported token in expression: SELECT", cursor.token)
    found = _operand(cursor, functions)
    cursor.expect(")")
    cursor.ascend()
    return found


def _call(cursor: Cursor, functions: frozenset[str]) -> tree.Operand:
    cursor.descend()
    token = cursor.next()
    function = token.text.lower()
    if function not in functions:
        raise errors.validation(f"Unrecognized function: {token.text}")
    cursor.expect("(")
    if cursor.token.kind == "select":
        raise cursor.refused("Unsupported token in expression: SELECT", cursor.token)
    arguments: list[tree.Operand] = []
    while not cursor.skip(")"):
        if arguments:
            cursor.expect(",")
        arguments.append(_operand(cursor, functions - _TESTS))
    cursor.ascend()
    return tree.Call(function, tuple(arguments))
