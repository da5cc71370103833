"""Tests of items: comparisons, functions, and what AND, OR and NOT make of them."""

from __future__ import annotations

import operator
from collections.abc import Callable

from ..model.rows import Item
from ..values.compare import compare
from . import functions, tree
from .compiling import Operand, Program, wrong_type
from .functions import same
from .paths import Environment, Value
from .refusal import Refused

Test = Callable[[Item, Environment], bool]

_ORDER: dict[str, Callable[[int, int], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_MAX_CHOICES = 100
_ALL = frozenset(("S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"))
_ORDERED = frozenset(("S", "N", "B"))
_HAVE_SIZE = _ALL - {"N", "BOOL", "NULL"}
_HAVE_PREFIX = frozenset(("S", "B"))


def test_of(node: tree.Condition, program: Program) -> Test:
    # One function, so that a nested condition costs one frame a level: there may be 300.
    if isinstance(node, tree.Comparison):
        return comparison(node, program)
    if isinstance(node, tree.Call):
        return call(node, program)
    if isinstance(node, tree.Between):
        return between(node, program)
    if isinstance(node, tree.In):
        return membership(node, program)
    if isinstance(node, tree.Not):
        negated = test_of(node.condition, program)
        return lambda item, environment: not negated(item, environment)
    tests = []
    for part in node.conditions:
        tests.append(test_of(part, program))
    return _all(tests) if isinstance(node, tree.And) else _any(tests)


def _all(tests: list[Test]) -> Test:
    def matches(item: Item, environment: Environment) -> bool:
        for test in tests:  # noqa: SIM110 - a generator would cost a second frame
            if not test(item, environment):
                return False
        return True

    return matches


def _any(tests: list[Test]) -> Test:
    def matches(item: Item, environment: Environment) -> bool:
        for test in tests:  # noqa: SIM110
            if test(item, environment):
                return True
        return False

    return matches


def operand(node: tree.Operand, program: Program) -> Operand:
    if isinstance(node, tree.Path):
        return program.path(node)
    if isinstance(node, tree.Call):
        # A plain loop: calls may be 300 deep, and a comprehension costs a second frame.
        arguments = []
        for argument in node.arguments:
            arguments.append(operand(argument, program))
        return _size(node, arguments, program)
    if isinstance(node, tree.Truth):
        test = test_of(node.condition, program)
        return Operand(lambda item, environment: {"BOOL": test(item, environment)}, kind="BOOL")
    assert not isinstance(node, tree.Arithmetic)
    return program.value(node)


def comparison(node: tree.Comparison, program: Program) -> Test:
    left, right = operand(node.left, program), operand(node.right, program)
    program.require_distinct(node.operator, left, right)
    get_left, get_right = left.get, right.get

    def equals(item: Item, environment: Environment) -> bool:
        a, b = get_left(item, environment), get_right(item, environment)
        return a is not None and b is not None and same(a, b)

    if node.operator == "=":
        return equals
    if node.operator == "<>":
        return lambda item, environment: not equals(item, environment)
    program.require_type(node.operator, left, _ORDERED)
    program.require_type(node.operator, right, _ORDERED)
    holds = _ORDER[node.operator]

    def in_order(item: Item, environment: Environment) -> bool:
        a, b = get_left(item, environment), get_right(item, environment)
        if a is None or b is None:
            return False
        order = compare(a, b)
        return order is not None and holds(order, 0)

    return in_order


def between(node: tree.Between, program: Program) -> Test:
    value = operand(node.operand, program)
    lower, upper = operand(node.lower, program), operand(node.upper, program)
    for bound in (value, lower, upper):
        program.require_type("BETWEEN", bound, _ORDERED)
    program.require_distinct("BETWEEN", value, lower, upper)
    if lower.is_constant and upper.is_constant:
        program.check(
            lambda environment: _check_bounds(
                lower.constant(environment), upper.constant(environment)
            )
        )
    get, get_lower, get_upper = value.get, lower.get, upper.get

    def is_between(item: Item, environment: Environment) -> bool:
        found = get(item, environment)
        low, high = get_lower(item, environment), get_upper(item, environment)
        if found is None or low is None or high is None:
            return False
        above = compare(found, low)
        if above is None or above < 0:
            return False
        below = compare(found, high)
        return below is not None and below <= 0

    return is_between


def _check_bounds(lower: Value | None, upper: Value | None) -> None:
    assert lower is not None
    assert upper is not None
    order = compare(lower, upper)
    if order is not None and order <= 0:
        return
    needed = (
        "same data type for lower and upper bounds"
        if order is None
        else "upper bound to be greater than or equal to lower bound"
    )
    raise Refused(
        f"The BETWEEN operator requires {needed}; lower bound operand: {_shown(lower)}, "
        f"upper bound operand: {_shown(upper)}",
    )


def _shown(value: Value) -> str:
    ((kind, content),) = value.items()
    return f"AttributeValue: {{{kind}:{content}}}"


def membership(node: tree.In, program: Program) -> Test:
    value = operand(node.operand, program)
    choices = [operand(choice, program) for choice in node.choices]
    program.require_distinct("IN", value, *choices)
    if len(choices) > _MAX_CHOICES:
        program.fault(
            "The IN operator is provided with too many operands; "
            f"number of operands: {len(choices)}"
        )
    get, getters = value.get, [choice.get for choice in choices]

    def is_in(item: Item, environment: Environment) -> bool:
        found = get(item, environment)
        if found is None:
            return False
        for get_choice in getters:
            choice = get_choice(item, environment)
            if choice is not None and same(found, choice):
                return True
        return False

    return is_in


def call(node: tree.Call, program: Program) -> Test:
    arguments = [operand(argument, program) for argument in node.arguments]
    name = node.function
    if name in ("attribute_exists", "attribute_not_exists"):
        return _exists(node, arguments, program)
    if not program.require_count(node, 2):
        return _never
    first, second = arguments
    program.require_distinct(name, first, second)
    if name == "attribute_type":
        return _attribute_type(first, second, program)
    if name == "begins_with":
        program.require_type(name, first, _HAVE_PREFIX)
        program.require_type(name, second, _HAVE_PREFIX)
        return _both(functions.begins_with, first, second)
    return _both(functions.contains, first, second)


def _never(item: Item, environment: Environment) -> bool:
    """Stands for a call that has a fault, so that the others of the tree are found too."""
    return False


def _exists(node: tree.Call, arguments: list[Operand], program: Program) -> Test:
    if not program.require_count(node, 1) or not program.require_path(node.function, arguments[0]):
        return _never
    get = arguments[0].get
    if node.function == "attribute_exists":
        return lambda item, environment: get(item, environment) is not None
    return lambda item, environment: get(item, environment) is None


def _attribute_type(value: Operand, wanted: Operand, program: Program) -> Test:
    program.check(lambda environment: _check_type_name(wanted, environment))
    get = value.get

    def has_type(item: Item, environment: Environment) -> bool:
        found, name = get(item, environment), wanted.constant(environment)
        return found is not None and name is not None and name["S"] in found

    return has_type


def _check_type_name(wanted: Operand, environment: Environment) -> None:
    name = wanted.constant(environment)
    if name is None or "S" not in name:
        kind = wanted.kind_in(environment) or "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"
        raise wrong_type("attribute_type", kind)
    if name["S"] not in _ALL:
        raise Refused(
            f"Invalid attribute type name found; type: {name['S']}, "
            "valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"
        )


def _both(function: Callable[[Value, Value], bool], left: Operand, right: Operand) -> Test:
    get_left, get_right = left.get, right.get

    def holds(item: Item, environment: Environment) -> bool:
        a, b = get_left(item, environment), get_right(item, environment)
        return a is not None and b is not None and function(a, b)

    return holds


def _size(node: tree.Call, arguments: list[Operand], program: Program) -> Operand:
    if not program.require_count(node, 1):
        return Operand(lambda item, environment: None, kind="N")
    program.require_type(node.function, arguments[0], _HAVE_SIZE)
    get = arguments[0].get

    def get_size(item: Item, environment: Environment) -> Value | None:
        value = get(item, environment)
        return None if value is None else functions.size(value)

    return Operand(get_size, kind="N")
