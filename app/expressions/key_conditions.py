"""Key conditions: the partition and the range of sort keys that a Query reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .. import errors
from ..errors import ApiError
from ..model.rows import EVERYTHING, Bounds
from ..values.keys import successor, to_key
from . import tree
from .cache import ProgramCache
from .condition_parser import parse_condition
from .conditions import ConditionProgram
from .paths import Value
from .placeholders import Placeholders
from .refusal import Refused, invalid

_OPERATORS = {"=": "EQ", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE"}
_REVERSED = {"EQ": "EQ", "LT": "GT", "LE": "GE", "GT": "LT", "GE": "LE"}
_INDEXABLE = frozenset(("EQ", "LT", "LE", "GT", "GE", "BETWEEN", "BEGINS_WITH"))

# Before these the service has it by now, DynamoDB Local and the service of former years do not.
_INVALID = "Invalid KeyConditionExpression: "

ValueCheck = Callable[[str, Value], None]
"""Raises ValidationException for a value that the key of this name cannot have."""


@dataclass(frozen=True, slots=True)
class KeyCondition:
    """`partition` is the value of the partition key.

    `operator` is what the sort key is compared by (EQ LT LE GT GE BETWEEN BEGINS_WITH), with two
    `operands` for BETWEEN and one for the others, or None for every sort key.
    """

    partition: Value
    operator: str | None = None
    operands: tuple[Value, ...] = ()

    def bounds(self) -> Bounds:
        """The range in store form; the operands must be S, N or B, and no N for BEGINS_WITH."""
        if self.operator is None:
            return EVERYTHING
        first = to_key(self.operands[0])
        match self.operator:
            case "EQ":
                return Bounds(lower=first, upper=first)
            case "LT":
                return Bounds(upper=first, upper_inclusive=False)
            case "LE":
                return Bounds(upper=first)
            case "GT":
                return Bounds(lower=first, lower_inclusive=False)
            case "GE":
                return Bounds(lower=first)
            case "BETWEEN":
                return Bounds(lower=first, upper=to_key(self.operands[1]))
            case _:
                return Bounds(lower=first, upper=successor(first), upper_inclusive=False)


@dataclass(frozen=True, slots=True)
class KeyComparison:
    """One attribute, compared by an operator of `KeyCondition` (or another, in KeyConditions)."""

    operator: str
    operands: tuple[Value, ...]


KeyComparisons = dict[str, KeyComparison]
"""By attribute name: what a Query asks for before its key schema is known."""


def key_condition(
    text: str, placeholders: Placeholders, partition_name: str, sort_name: str | None
) -> KeyCondition:
    """`key_comparisons`, then `against_schema`."""
    return against_schema(key_comparisons(text, placeholders), partition_name, sort_name)


def key_comparisons(text: str, placeholders: Placeholders) -> KeyComparisons:
    """All of a KeyConditionExpression that needs no table. Raises ValidationException.

    To be bound behind the other expressions of a Query: an unused name or value is told before
    what makes a condition unfit for keys.
    """
    try:
        program = programs.get(text)
        environment = program.bind(placeholders)
    except Refused as refusal:
        raise invalid("KeyConditionExpression", refusal) from None
    comparisons: KeyComparisons = {}
    try:
        for head, operator, operands in program.comparisons:
            name = head if isinstance(head, str) else environment[head.key]
            if name in comparisons:
                raise errors.validation(
                    f"{_INVALID}KeyConditionExpressions must only contain one condition per key"
                )
            values = tuple([environment[operand.key] for operand in operands])
            comparisons[name] = KeyComparison(operator, values)
        if program.unfit is not None:
            raise errors.validation(program.unfit)
    except ApiError:
        placeholders.check_unused()
        raise
    return comparisons


def against_schema(
    comparisons: KeyComparisons,
    partition_name: str,
    sort_name: str | None,
    check: ValueCheck | None = None,
) -> KeyCondition:
    """Raises ValidationException when these keys cannot be queried so. Of each key its values are
    checked before what they are compared by."""
    if not 1 <= len(comparisons) <= 2:
        raise errors.validation("Conditions can be of length 1 or 2 only")
    partition = _comparison_of(comparisons, partition_name, check)
    if partition.operator != "EQ":
        raise not_supported()
    if len(comparisons) == 1:
        return KeyCondition(partition.operands[0])
    if sort_name is None:
        raise not_supported()
    sort = _comparison_of(comparisons, sort_name, check)
    check_indexable(sort)
    return KeyCondition(partition.operands[0], sort.operator, sort.operands)


def _comparison_of(
    comparisons: KeyComparisons, name: str, check: ValueCheck | None
) -> KeyComparison:
    comparison = comparisons.get(name)
    if comparison is None:
        raise missed(name)
    if check is not None:
        for operand in comparison.operands:
            check(name, operand)
    return comparison


def check_indexable(comparison: KeyComparison) -> None:
    """Raises for a comparison that sort keys have no range for."""
    if comparison.operator not in _INDEXABLE:
        raise errors.validation("Attempted conditional constraint is not an indexable operation")


def missed(name: str) -> ApiError:
    return errors.validation(f"Query condition missed key schema element: {name}")


def not_supported() -> ApiError:
    return errors.validation("Query key condition not supported")


class _Unfit(Exception):
    """A sound condition that is none for keys."""


class KeyConditionProgram(ConditionProgram):
    """Compiled as a condition, whose faults come first, and then taken apart.

    `comparisons`: name, operator and values of each. `unfit`: what is wrong behind them, if any.
    """

    __slots__ = ("comparisons", "unfit")

    def __init__(self, parsed: tree.Condition) -> None:
        super().__init__(parsed)
        self.comparisons: list[tuple[str | tree.Alias, str, list[tree.ValueRef]]] = []
        self.unfit: str | None = None
        try:
            self._collect(parsed)
        except _Unfit as unfit:
            self.unfit = str(unfit)

    def _collect(self, node: tree.Condition) -> None:
        if isinstance(node, tree.And):
            for part in node.conditions:
                self._collect(part)
            return
        operator, operands = _take_apart(node)
        path: tree.Path | None = None
        values: list[tree.ValueRef] = []
        for operand in operands:
            if isinstance(operand, tree.ValueRef):
                values.append(operand)
            elif not isinstance(operand, tree.Path):
                raise _nested_operation()
            elif path is not None:
                raise _wrong_condition("Multiple attribute names used in one condition")
            elif len(operand.parts) > 1:
                raise _Unfit(
                    f"{_INVALID}KeyConditionExpressions cannot have conditions on nested attributes"
                )
            else:
                path = operand
                if values:
                    operator = _REVERSED[operator]
        if path is None:
            raise _wrong_condition("No key attribute specified")
        head = path.parts[0]
        assert not isinstance(head, int)
        self.comparisons.append((head, operator, values))


def _take_apart(node: tree.Condition) -> tuple[str, tuple[tree.Operand, ...]]:
    """Operator and operands of what may be asked of a key."""
    if isinstance(node, tree.Comparison):
        operator = _OPERATORS.get(node.operator)
        if operator is None:
            raise _invalid_operator(node.operator)
        return operator, (node.left, node.right)
    if isinstance(node, tree.Between):
        if isinstance(node.operand, tree.Call):
            raise _nested_operation()
        if not isinstance(node.operand, tree.Path):
            raise _wrong_condition(
                "BETWEEN operator must have the key attribute as its first operand"
            )
        return "BETWEEN", (node.operand, node.lower, node.upper)
    if isinstance(node, tree.Call):
        if node.function != "begins_with":
            raise _invalid_operator(node.function)
        if not isinstance(node.arguments[0], tree.Path):
            raise _wrong_condition(
                "begins_with operator must have the key attribute as its first operand"
            )
        return "BEGINS_WITH", node.arguments
    raise _invalid_operator(type(node).__name__.upper())


def _nested_operation() -> _Unfit:
    return _Unfit(f"{_INVALID}KeyConditionExpressions cannot contain nested operations")


def _wrong_condition(why: str) -> _Unfit:
    return _Unfit(f"Invalid condition in KeyConditionExpression: {why}")


def _invalid_operator(operator: str) -> _Unfit:
    return _Unfit(f"Invalid operator used in KeyConditionExpression: {operator}")


programs = ProgramCache(lambda text: KeyConditionProgram(parse_condition(text)))
