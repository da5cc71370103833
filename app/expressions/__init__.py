"""Expressions: text -> tree -> bound to names and values -> bool, or a new item.

Parsing is cached by text, binding makes new objects and evaluating is pure, so that a write may be
tried again. Legacy parameters become the same trees (`legacy`).
"""

from . import conditions, key_conditions, legacy, projections, updates
from .conditions import Condition, check_no_key_attributes, check_scalar_keys, condition
from .key_conditions import (
    KeyComparison,
    KeyComparisons,
    KeyCondition,
    against_schema,
    check_indexable,
    key_comparisons,
    key_condition,
    missed,
    not_supported,
)
from .placeholders import Placeholders, check_takers
from .projections import Projection, projection
from .updates import Update, update

__all__ = [
    "Condition",
    "KeyComparison",
    "KeyComparisons",
    "KeyCondition",
    "Placeholders",
    "Projection",
    "Update",
    "against_schema",
    "cache_counts",
    "check_indexable",
    "check_no_key_attributes",
    "check_scalar_keys",
    "check_takers",
    "condition",
    "key_comparisons",
    "key_condition",
    "legacy",
    "missed",
    "not_supported",
    "projection",
    "update",
]


def cache_counts() -> dict[str, tuple[int, int]]:
    """(hits, misses) of parsing since the process began, for each kind of expression."""
    return {
        name: (programs.hits, programs.misses)
        for name, programs in (
            ("condition", conditions.programs),
            ("key_condition", key_conditions.programs),
            ("projection", projections.programs),
            ("update", updates.programs),
        )
    }
