"""From a Key or Item of a request to a key in store form, with the service's checks.

Every value passed in has been normalized before.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

from __future__ import annotations

from .. import errors
from ..errors import ApiError
from ..model.limits import SERVICE, Limits
from ..model.rows import Item, Key, KeyValue
from ..model.table import Index, KeyAttribute, Table
from ..values import from_key, to_key

# Four bytes are the most a character takes: a shorter text is never encoded to be measured.
_SHORT = SERVICE.sort_key // 4


def key_of_item(table: Table, item: Item, *, in_batch: bool = False) -> Key:
    """The key of a whole item. Raises when a key attribute is missing, empty or of another type.

    in_batch: BatchWriteItem says of these what it says of a Key parameter.
    """
    value_of = _request_key_value if in_batch else _item_key_value
    attribute = table.partition_key
    partition = value_of(item, attribute)
    limits = table.limits
    if _length(partition) > limits.partition_key:
        raise partition_key_too_long(limits)
    if table.sort_key is None:
        return Key(partition, None)
    sort = value_of(item, table.sort_key)
    if _length(sort) > limits.sort_key:
        raise sort_key_too_long(limits)
    return Key(partition, sort)


def key_of_request(table: Table, key: Item) -> Key:
    """The key from a `Key` parameter, which must hold the key attributes and nothing else."""
    names = table.key_names
    if len(key) != len(names):
        raise key_mismatch()
    partition = _request_key_value(key, table.partition_key)
    sort = None if table.sort_key is None else _request_key_value(key, table.sort_key)
    limits = table.limits
    if _length(partition) > limits.partition_key:
        raise partition_key_too_long(limits)
    if sort is not None and _length(sort) > limits.sort_key:
        raise sort_key_too_long(limits)
    return Key(partition, sort)


def key_item(table: Table, key: Key) -> Item:
    """The key attributes in wire form, as LastEvaluatedKey and UnprocessedKeys give them."""
    attribute = table.partition_key
    item: Item = {attribute.name: from_key(attribute.type, key.partition)}
    if table.sort_key is not None and key.sort is not None:
        item[table.sort_key.name] = from_key(table.sort_key.type, key.sort)
    return item


def key_mismatch() -> ApiError:
    return errors.validation("The provided key element does not match the schema")


def partition_key_too_long(limits: Limits) -> ApiError:
    return errors.invalid_parameters(
        f"Size of hashkey has exceeded the maximum size limit of{limits.partition_key} bytes"
    )


def sort_key_too_long(limits: Limits) -> ApiError:
    return errors.invalid_parameters(
        f"Aggregated size of all range keys has exceeded the size limit of {limits.sort_key} bytes"
    )


def empty_key(attribute: KeyAttribute) -> ApiError:
    kind = "string" if attribute.type == "S" else "binary"
    return errors.empty_key_value(
        "One or more parameter values are not valid. The AttributeValue for a key attribute "
        f"cannot contain an empty {kind} value. Key: {attribute.name}"
    )


def empty_index_key(index: Index, key: KeyAttribute) -> ApiError:
    kind = "string" if key.type == "S" else "binary"
    return errors.empty_key_value(
        "One or more parameter values are not valid. A value specified for a secondary index "
        "key is not supported. The AttributeValue for a key attribute cannot contain an empty "
        f"{kind} value. IndexName: {index.name}, IndexKey: {key.name}"
    )


def _item_key_value(item: Item, attribute: KeyAttribute) -> KeyValue:
    value = item.get(attribute.name)
    if value is None:
        raise errors.invalid_parameters(f"Missing the key {attribute.name} in the item")
    if attribute.type not in value:
        (actual,) = value
        raise errors.invalid_parameters(
            f"Type mismatch for key {attribute.name} expected: {attribute.type} actual: {actual}"
        )
    if value[attribute.type] == "":
        raise empty_key(attribute)
    return to_key(value)


def _request_key_value(key: Item, attribute: KeyAttribute) -> KeyValue:
    value = key.get(attribute.name)
    if value is None or attribute.type not in value:
        raise key_mismatch()
    if value[attribute.type] == "":
        raise empty_key(attribute)
    return to_key(value)


def key_length(value: dict[str, str]) -> int:
    """Bytes of a key attribute in wire form."""
    return _length(to_key(value))


def _length(value: KeyValue) -> int:
    """Bytes DynamoDB counts. A number's store form is its billed size."""
    if isinstance(value, bytes):
        return len(value)
    return len(value) if len(value) <= _SHORT else len(value.encode())
