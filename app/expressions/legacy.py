"""Parameters from before expressions, made the same trees.

Shapes are those of the request; enumerations (Action, ComparisonOperator, ConditionalOperator) are
checked before. Values become canonical in place. Every function raises ValidationException.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import errors
from ..values.compare import type_of
from ..values.wire import check_name, normalize
from . import legacy_conditions, tree
from .conditions import Condition, condition_of_tree
from .key_conditions import KeyComparison, KeyComparisons, KeyCondition, against_schema
from .placeholders import Placeholders
from .projections import Projection
from .update_values import SETS
from .updates import Update, UpdateProgram, bind_update

_MAY_ADD = SETS | {"N", "L"}


def expected(
    conditions: Mapping[str, Mapping[str, Any]] | None, conditional_operator: str | None
) -> Condition | None:
    """Expected and ConditionalOperator of a write; None when they ask nothing."""
    trees = [_expected(name, condition) for name, condition in (conditions or {}).items()]
    return _bound(trees, conditional_operator, "Expected")


def query_filter(
    conditions: Mapping[str, Mapping[str, Any]] | None,
    conditional_operator: str | None,
    parameter: str,
) -> Condition | None:
    """`parameter` is "QueryFilter" or "ScanFilter"; None when it asks nothing."""
    trees = []
    for name, condition in (conditions or {}).items():
        check_name(name)
        operator, values = condition["ComparisonOperator"], _values(condition)
        legacy_conditions.check(operator, values)
        trees.append(legacy_conditions.to_tree(name, operator, values))
    return _bound(trees, conditional_operator, parameter)


def key_conditions(
    conditions: Mapping[str, Mapping[str, Any]], partition_name: str, sort_name: str | None
) -> KeyCondition:
    """`key_comparisons`, then `against_schema`."""
    return against_schema(key_comparisons(conditions), partition_name, sort_name)


def key_comparisons(conditions: Mapping[str, Mapping[str, Any]]) -> KeyComparisons:
    """All of KeyConditions that needs no table."""
    comparisons: KeyComparisons = {}
    for name, condition in conditions.items():
        check_name(name)
        operator, values = condition["ComparisonOperator"], _values(condition)
        legacy_conditions.check(operator, values)
        comparisons[name] = KeyComparison(operator, tuple(values))
    return comparisons


def attribute_updates(updates: Mapping[str, Mapping[str, Any]]) -> Update:
    """AttributeUpdates."""
    actions = tuple([_action(name, update) for name, update in updates.items()])
    return bind_update(UpdateProgram(tree.Update(actions), legacy=True), Placeholders())


def attributes_to_get(names: Sequence[str]) -> Projection:
    """AttributesToGet: names, not paths, so that a dot in one means nothing."""
    seen = set()
    for name in names:
        check_name(name)
        if name in seen:
            raise errors.invalid_parameters(f"Duplicate value in attribute name: {name}")
        seen.add(name)
    return Projection([(name,) for name in names])


def _bound(
    trees: Sequence[tree.Condition], conditional_operator: str | None, parameter: str
) -> Condition | None:
    joined = legacy_conditions.join(trees, conditional_operator)
    return None if joined is None else condition_of_tree(joined, Placeholders(), parameter)


def _values(condition: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    values: Sequence[dict[str, Any]] | None = condition.get("AttributeValueList")
    return values or ()


def _expected(name: str, condition: Mapping[str, Any]) -> tree.Condition:
    check_name(name)
    value = condition.get("Value")
    values = condition.get("AttributeValueList")
    exists = condition.get("Exists")
    operator = condition.get("ComparisonOperator")
    fault = None
    if value is not None and values is not None:
        fault = "Value and AttributeValueList cannot be used together"
    elif operator is not None:
        if exists is not None:
            fault = "Exists and ComparisonOperator cannot be used together"
        elif operator not in ("NULL", "NOT_NULL") and value is None and values is None:
            fault = f"Value or AttributeValueList must be used with ComparisonOperator: {operator}"
    elif values is not None:
        fault = "AttributeValueList can only be used with a ComparisonOperator"
    elif exists is False:
        if value is not None:
            fault = "Value cannot be used when Exists is false"
    elif value is None:
        fault = f"Value must be provided when Exists is {'null' if exists is None else 'true'}"
    if fault is not None:
        raise errors.invalid_parameters(f"{fault} for Attribute: {name}")
    if operator is None:
        operator = "NULL" if exists is False else "EQ"
    if value is not None:
        values = [value]
    legacy_conditions.check(operator, values or ())
    return legacy_conditions.to_tree(name, operator, values or ())


def _action(name: str, update: Mapping[str, Any]) -> tree.Action:
    check_name(name)
    path = tree.Path((name,))
    action = update.get("Action") or "PUT"
    value = update.get("Value")
    if value is None:
        if action != "DELETE":
            raise errors.invalid_parameters(
                "Only DELETE action is allowed when no attribute value is specified"
            )
        return tree.Remove(path)
    kind = type_of(normalize(value))
    if action == "PUT":
        return tree.Assign(path, tree.Literal(value))
    if action == "ADD":
        if kind not in _MAY_ADD:
            raise errors.invalid_parameters(f"ADD action is not supported for the type {kind}")
        return tree.Add(path, tree.Literal(value))
    if kind not in SETS:
        raise errors.invalid_parameters(
            f"DELETE action with value is not supported for the type {kind}"
        )
    return tree.Delete(path, tree.Literal(value))
