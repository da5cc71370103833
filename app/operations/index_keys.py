"""Index key attributes of an item: optional, but of their type and not empty where they are."""

from __future__ import annotations

from .. import errors
from ..expressions import Update
from ..model.limits import Limits
from ..model.rows import Item
from ..model.table import Index, KeyAttribute, Table
from .keys import (
    empty_index_key,
    key_length,
    partition_key_too_long,
    sort_key_too_long,
)


def check_index_keys(table: Table, item: Item, update: Update | None = None) -> None:
    """Raises ValidationException for an item that cannot be in an index it would have to be in.

    update: what the item came of. Only what it changes is looked at: an item that was there before
    its index may be changed otherwise.
    """
    for index in table.indexes:
        for key in index.keys:
            value = item.get(key.name)
            if value is None or key.name in table.key_names:
                continue
            if update is None or key.name in update.paths:
                _check(table.limits, index, key, value, update)


def _check(
    limits: Limits, index: Index, key: KeyAttribute, value: dict[str, str], update: Update | None
) -> None:
    # Of an UpdateExpression the service speaks in other words than of a whole attribute.
    expression = update is not None and not update.legacy
    if key.type not in value:
        if expression:
            raise errors.validation(
                "The update expression attempted to update the secondary index key to unsupported "
                "type"
            )
        (actual,) = value
        raise errors.invalid_parameters(
            "Type mismatch for Index Key "
            f"{key.name} Expected: {key.type} Actual: {actual} IndexName: {index.name}"
        )
    if value[key.type] == "":
        if expression:
            kind = "string" if key.type == "S" else "binary"
            raise errors.empty_key_value(
                "One or more parameter values are not valid. The update expression attempted to "
                "update a secondary index key to a value that is not supported. The AttributeValue "
                f"for a key attribute cannot contain an empty {kind} value."
            )
        raise empty_index_key(index, key)
    length = key_length(value)
    if key in index.partition and not index.local and length > limits.partition_key:
        raise partition_key_too_long(limits)
    if key in index.sort and length > limits.sort_key:
        raise sort_key_too_long(limits)
