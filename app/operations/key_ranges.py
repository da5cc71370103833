"""From the comparisons of a Query to the partition and the range of sort keys that it reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .. import errors
from ..expressions import (
    KeyComparison,
    KeyComparisons,
    against_schema,
    check_indexable,
    missed,
    not_supported,
)
from ..model.index import encode, range_of
from ..model.rows import Bounds, KeyValue
from ..model.table import KeyAttribute
from ..values import to_key
from .keys import empty_index_key, empty_key
from .targets import Target


@dataclass(frozen=True, slots=True)
class KeyRange:
    """In store form: of a table its key values, of an index the bytes of its places."""

    partition: KeyValue
    bounds: Bounds


def key_range(target: Target, comparisons: KeyComparisons) -> KeyRange:
    """Raises ValidationException for what these keys cannot be queried by."""
    if len(target.keys) > 2:
        return _of_many(target, comparisons)
    partition = target.partition[0]

    def check(name: str, value: dict[str, Any]) -> None:
        _check(target, partition if name == partition.name else target.sort[0], value)

    sort_name = target.sort[0].name if target.sort else None
    keys = against_schema(comparisons, partition.name, sort_name, check)
    if target.index is None:
        return KeyRange(to_key(keys.partition), keys.bounds())
    operands = [to_key(operand) for operand in keys.operands]
    return KeyRange(encode([to_key(keys.partition)]), range_of((), keys.operator, operands))


def _of_many(target: Target, comparisons: KeyComparisons) -> KeyRange:
    """An index of several attributes: equality on all of its partition key, then on sort attributes
    from the left, of which the last one may have another operator.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.DesignPattern.MultiAttributeKeys.html
    """
    left = dict(comparisons)
    partition = []
    for key in target.partition:
        comparison = left.pop(key.name, None)
        if comparison is None:
            raise missed(key.name)
        values = _values(target, key, comparison)
        if comparison.operator != "EQ":
            raise not_supported()
        partition += values
    equal: list[KeyValue] = []
    operator: str | None = None
    operands: list[KeyValue] = []
    for key in target.sort:
        comparison = left.pop(key.name, None)
        if comparison is None:
            break
        values = _values(target, key, comparison)
        check_indexable(comparison)
        if comparison.operator != "EQ":
            operator, operands = comparison.operator, values
            break
        equal += values
    if left:
        # Behind a range, behind a gap, or no key of this index at all.
        keys = {key.name for key in target.sort}
        skipped = [key for key in target.sort if key.name not in comparisons]
        if skipped and keys & set(left):
            raise missed(skipped[0].name)
        raise not_supported()
    return KeyRange(encode(partition), range_of(equal, operator, operands))


def _values(target: Target, key: KeyAttribute, comparison: KeyComparison) -> list[KeyValue]:
    for operand in comparison.operands:
        _check(target, key, operand)
    return [to_key(operand) for operand in comparison.operands]


def _check(target: Target, key: KeyAttribute, value: dict[str, Any]) -> None:
    if key.type not in value:
        raise errors.invalid_parameters("Condition parameter type does not match schema type")
    if value[key.type] == "":
        raise empty_key(key) if target.index is None else empty_index_key(target.index, key)
