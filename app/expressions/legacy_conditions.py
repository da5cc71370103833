"""One legacy condition: a ComparisonOperator with its values, checked and made a tree.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Condition.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import errors
from ..values.compare import compare, type_of
from ..values.wire import normalize
from . import tree

_COMPARATORS = {"EQ": "=", "NE": "<>", "LE": "<=", "LT": "<", "GE": ">=", "GT": ">"}
_COUNTS = {"NULL": 0, "NOT_NULL": 0, "BETWEEN": 2}
_SCALARS = frozenset(("S", "N", "B"))
_TYPES = {
    **dict.fromkeys(("LE", "LT", "GE", "GT", "IN", "BETWEEN"), _SCALARS),
    # What a list may be asked for, although neither a string nor a set can hold it, too.
    **dict.fromkeys(("CONTAINS", "NOT_CONTAINS"), _SCALARS | {"BOOL", "NULL"}),
    "BEGINS_WITH": frozenset(("S", "B")),
}


def check(operator: str, values: Sequence[dict[str, Any]]) -> None:
    """Number and types of the values, which become canonical in place.

    Raises ValidationException.
    """
    for value in values:
        normalize(value)
    count = _COUNTS.get(operator, 1)
    if len(values) != count and not (operator == "IN" and values):
        raise errors.invalid_parameters(
            f"Invalid number of argument(s) for the {operator} ComparisonOperator"
        )
    allowed = _TYPES.get(operator)
    if allowed is None:
        return
    first = None
    for value in values:
        kind = type_of(value)
        if kind not in allowed:
            raise errors.invalid_parameters(
                f"ComparisonOperator {operator} is not valid for {kind} AttributeValue type"
            )
        if kind != (first := first or kind):
            raise errors.invalid_parameters(
                "AttributeValues inside AttributeValueList must be of same type"
            )
    if operator == "BETWEEN" and (compare(*values) or 0) > 0:
        raise errors.validation(
            "The BETWEEN condition was provided a range where the lower bound is greater than "
            "the upper bound"
        )


def to_tree(name: str, operator: str, values: Sequence[dict[str, Any]]) -> tree.Condition:
    """What `check` let pass."""
    path = tree.Path((name,))
    operands = tuple(tree.Literal(value) for value in values)
    if operator in _COMPARATORS:
        return tree.Comparison(_COMPARATORS[operator], path, operands[0])
    match operator:
        case "NULL":
            return tree.Call("attribute_not_exists", (path,))
        case "NOT_NULL":
            return tree.Call("attribute_exists", (path,))
        case "IN":
            return tree.In(path, operands)
        case "BETWEEN":
            return tree.Between(path, *operands)
        case "BEGINS_WITH":
            return tree.Call("begins_with", (path, *operands))
    contains = tree.Call("contains", (path, *operands))
    if operator == "CONTAINS":
        return contains
    # An attribute that is not there does not contain, but fails NOT_CONTAINS all the same.
    return tree.And((tree.Call("attribute_exists", (path,)), tree.Not(contains)))


def join(conditions: Sequence[tree.Condition], operator: str | None) -> tree.Condition | None:
    """`operator` is ConditionalOperator: AND, OR or None for AND. None when nothing is asked."""
    if operator is not None and len(conditions) < 2:
        raise errors.validation(
            "ConditionalOperator can only be used when Filter or Expected has two or more elements"
            if conditions
            else "ConditionalOperator cannot be used without Filter or Expected"
        )
    if len(conditions) < 2:
        return conditions[0] if conditions else None
    return tree.Or(tuple(conditions)) if operator == "OR" else tree.And(tuple(conditions))
