"""What a WHERE clause says of keys, whatever else it says."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from ..expressions import tree
from ..expressions.paths import Environment, Value

_OPERATORS = {"=": "EQ", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE"}
_REVERSED = {"EQ": "EQ", "LT": "GT", "LE": "GE", "GT": "LT", "GE": "LE"}


class KeyTerm(NamedTuple):
    """`operator` is one of EQ LT LE GT GE BETWEEN BEGINS_WITH, as of a key condition, or IN."""

    name: str
    operator: str
    operands: tuple[Value, ...]


def key_terms(
    condition: tree.Condition, names: Collection[str], environment: Environment
) -> list[KeyTerm]:
    """What must be true of the attributes `names` wherever `condition` is, in its order."""
    return [term for term in _terms(condition, environment) if term.name in names]


def only_keys(condition: tree.Condition, names: Collection[str], environment: Environment) -> bool:
    """Whether `condition` asks no more than equality of the attributes `names`."""
    terms = list(_terms(condition, environment))
    asked = len(condition.conditions) if isinstance(condition, tree.And) else 1
    return len(terms) == asked and all(
        term.name in names and term.operator == "EQ" for term in terms
    )


def _terms(condition: tree.Condition, environment: Environment) -> Iterator[KeyTerm]:
    parts = condition.conditions if isinstance(condition, tree.And) else (condition,)
    for part in parts:
        term = _term(part, environment)
        if term is not None:
            yield term


def _term(node: tree.Condition, environment: Environment) -> KeyTerm | None:
    if isinstance(node, tree.Or):
        return _one_of(node, environment)
    if isinstance(node, tree.Comparison):
        operator = _OPERATORS.get(node.operator)
        if operator is None:
            return None
        if isinstance(node.left, tree.Path):
            return _made(node.left, operator, (node.right,), environment)
        return _made(node.right, _REVERSED[operator], (node.left,), environment)
    if isinstance(node, tree.Between):
        return _made(node.operand, "BETWEEN", (node.lower, node.upper), environment)
    if isinstance(node, tree.In):
        return _made(node.operand, "IN", node.choices, environment)
    if isinstance(node, tree.Call) and node.function == "begins_with":
        return _made(node.arguments[0], "BEGINS_WITH", node.arguments[1:], environment)
    return None


def _one_of(node: tree.Or, environment: Environment) -> KeyTerm | None:
    """`a = 1 OR a = 2` is `a IN [1, 2]`."""
    terms = [_term(part, environment) for part in node.conditions]
    found = [term for term in terms if term is not None and term.operator in ("EQ", "IN")]
    if len(found) < len(terms) or len({term.name for term in found}) > 1:
        return None
    operands = tuple(operand for term in found for operand in term.operands)
    return KeyTerm(found[0].name, "IN", operands)


def _made(
    left: tree.Operand, operator: str, right: tuple[tree.Operand, ...], environment: Environment
) -> KeyTerm | None:
    if not isinstance(left, tree.Path) or len(left.parts) > 1:
        return None
    values = [constant(operand, environment) for operand in right]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    return KeyTerm(str(left.parts[0]), operator, tuple(known))


def constant(operand: tree.Operand, environment: Environment) -> Value | None:
    """What `operand` is whatever the item, None if that depends."""
    if isinstance(operand, tree.Literal):
        return operand.value
    if isinstance(operand, tree.ValueRef):
        value: Value = environment[operand.key]
        return value
    return None
