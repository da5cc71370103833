"""Index key attributes of an item: optional, but of their type and not empty where they are."""

from __future__ import annotations

from .. import errors
from ..model.limits import Limits
from ..model.rows import Item
from ..model.table import Index, KeyAttribute, Table
from .keys import (
    key_length,
    partition_key_too_long,
    sort_key_too_long,
)


def check_index_keys(table: Table, item: Item, *, updating: bool = False) -> None:
    """Raises ValidationException for an item that cannot be in an index it would have to be in.

    updating: the item came of an UpdateItem, of which the service speaks in other words.
    """
    for index in table.indexes:
        for key in index.keys:
            value = item.get(key.name)
            if value is not None and key.name not in table.key_names:
                _check(table.limits, index, key, value, updating)


def _check(
    limits: Limits, index: Index, key: KeyAttribute, value: dict[str, str], updating: bool
) -> None:
    if key.type not in value:
        if updating:
            raise errors.validation(
                "The update expression attempted to update the secondary index key to unsupported "
                "type"
            )
        (actual,) = value
        raise errors.validation(
            "One or more parameter values were invalid: Type mismatch for Index Key "
            f"{key.name} Expected: {key.type} Actual: {actual} IndexName: {index.name}"
        )
    if value[key.type] == "":
        kind = "string" if key.type == "S" else "binary"
        if updating:
            raise errors.validation(
                "The update expression attempted to update the secondary index key to a value that "
                "is not supported. The AttributeValue for a key attribute cannot contain an empty "
                f"{kind} value."
            )
        raise errors.validation(
            "One or more parameter values are not valid. A value specified for a secondary index "
            "key is not supported. The AttributeValue for a key attribute cannot contain an empty "
            f"{kind} value. IndexName: {index.name}, IndexKey: {key.name}"
        )
    length = key_length(value)
    if key in index.partition and not index.local and length > limits.partition_key:
        raise partition_key_too_long(limits)
    if key in index.sort and length > limits.sort_key:
        raise sort_key_too_long(limits)
