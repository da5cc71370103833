"""Secondary indexes as CreateTable and UpdateTable define them.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .. import errors
from ..errors import ApiError
from ..model.table import Index, KeyAttribute, Table, Throughput
from ..values import in_hash_order
from .context import Context
from .names import check_new_name
from .registry import Request
from .table_rules import Types, check_length
from .throughput_rules import on_demand, throughput, warm

MOST_LOCAL = 5
MOST_GLOBAL = 20
MOST_PROJECTED = 100
MOST_PARTS = 4

_INVALID = "One or more parameter values were invalid: "


def local_indexes(request: Request, types: Types, partition: KeyAttribute) -> list[Index]:
    """LocalSecondaryIndexes of a CreateTable, numbered from 1."""
    given = request.get("LocalSecondaryIndexes")
    if given is None:
        return []
    if not given:
        raise _invalid("List of LocalSecondaryIndexes is empty")
    if len(given) > MOST_LOCAL:
        raise _invalid(f"Number of LocalSecondaryIndexes exceeds per-table limit of {MOST_LOCAL}")
    if len(request["KeySchema"]) < 2:
        raise _invalid(
            "Table KeySchema does not have a range key, which is required when specifying a "
            "LocalSecondaryIndex"
        )
    indexes = []
    for number, each in enumerate(given, 1):
        name = each["IndexName"]
        check_length(each["KeySchema"], f"localSecondaryIndexes.{number}.member.keySchema")
        hashes, ranges = _schema(each, types, most_parts=1)
        if hashes[0].name != partition.name:
            raise _invalid(
                f"Index KeySchema does not have the same leading hash key as table KeySchema for "
                f"index: {name}. index hash key: {hashes[0].name}, table hash key: "
                f"{partition.name}"
            )
        if not ranges:
            raise _invalid(f"Index KeySchema does not have a range key for index: {name}")
        projection, included = _projection(each)
        indexes.append(Index(number, name, True, hashes, ranges, projection, included))
    return indexes


def global_indexes(request: Request, types: Types, mode: str, first: int) -> list[Index]:
    """GlobalSecondaryIndexes of a CreateTable, numbered from `first`."""
    given = request.get("GlobalSecondaryIndexes")
    if given is None:
        return []
    if not given:
        raise _invalid("List of GlobalSecondaryIndexes is empty")
    for each in given:
        _check_first_throughput(each, mode)
    return [global_index(each, types, mode, number) for number, each in enumerate(given, first)]


def _check_first_throughput(each: dict[str, Any], mode: str) -> None:
    """CreateTable's words for what UpdateTable refuses in `index_throughput`."""
    given = "ProvisionedThroughput" in each
    if mode == "PAY_PER_REQUEST" and given:
        raise _invalid(
            "ProvisionedThroughput should not be specified for index: "
            f"{each['IndexName']} when BillingMode is PAY_PER_REQUEST"
        )
    if mode == "PROVISIONED" and not given:
        raise _invalid(f"ProvisionedThroughput is not specified for index: {each['IndexName']}")


def global_index(each: dict[str, Any], types: Types, mode: str, number: int) -> Index:
    """One of GlobalSecondaryIndexes, or the Create of an UpdateTable; ACTIVE."""
    name = each["IndexName"]
    check_new_name(name)
    hashes, ranges = _schema(each, types, most_parts=MOST_PARTS)
    projection, included = _projection(each)
    units = index_throughput(each, mode)
    return Index(
        number,
        name,
        False,
        hashes,
        ranges,
        projection,
        included,
        throughput=units,
        on_demand=on_demand(each, mode, None),
        warm=warm(each, units, mode, None),
    )


def index_throughput(each: dict[str, Any], mode: str) -> Throughput:
    given = each.get("ProvisionedThroughput")
    if mode == "PAY_PER_REQUEST" and given is not None:
        raise _invalid(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: "
            f"{each['IndexName']} when BillingMode is PAY_PER_REQUEST"
        )
    if mode == "PROVISIONED" and given is None:
        raise _invalid(
            "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: "
            f"{each['IndexName']}"
        )
    return throughput(mode, given)


def check_throughput(table: Table) -> None:
    """Every global index of a provisioned table has a throughput of its own."""
    for index in table.indexes:
        if (
            table.billing_mode == "PROVISIONED"
            and not (index.local or index.throughput.read)
            and index.status != "DELETING"
        ):
            raise _invalid(f"ProvisionedThroughput must be specified for index: {index.name}")


def check_indexes_possible(ctx: Context, table: Table) -> None:
    """Raises ValidationException for indexes that the store cannot keep."""
    if table.indexes and not ctx.store.capabilities.indexes:
        raise _invalid("Secondary indexes are not supported by this server's store")


def check_all(indexes: Sequence[Index]) -> None:
    """Rules over all indexes of a table."""
    seen: set[str] = set()
    for index in indexes:
        if index.name in seen:
            raise _invalid(f"Duplicate index name: {index.name}")
        seen.add(index.name)
    if sum(not index.local for index in indexes) > MOST_GLOBAL:
        raise _invalid(f"GlobalSecondaryIndex count exceeds the per-table limit of {MOST_GLOBAL}")
    if sum(len(index.included) for index in indexes) > MOST_PROJECTED:
        raise _invalid(
            "The number of non-key attributes projected into all indexes exceeds the limit of "
            f"{MOST_PROJECTED}"
        )


def check_definitions(
    types: Types, table_keys: Iterable[KeyAttribute | None], indexes: Iterable[Index]
) -> None:
    """Every definition is of a key attribute of the table or of an index."""
    used = {key.name for key in table_keys if key is not None}
    indexes = list(indexes)
    for index in indexes:
        used |= {key.name for key in index.keys}
    if used == types.keys():
        return
    if not indexes:
        raise _invalid(
            "Number of attributes in KeySchema does not exactly match number of attributes "
            "defined in AttributeDefinitions"
        )
    raise _invalid(
        "Some AttributeDefinitions are not used. AttributeDefinitions: "
        f"[{', '.join(types)}], keys used: [{', '.join(in_hash_order(sorted(used)))}]"
    )


def _schema(
    each: dict[str, Any], types: Types, *, most_parts: int
) -> tuple[tuple[KeyAttribute, ...], tuple[KeyAttribute, ...]]:
    """HASH and RANGE attributes in order: all of the first kind before those of the second."""
    schema = each["KeySchema"]
    kinds = [part["KeyType"] for part in schema]
    if not schema or kinds[0] != "HASH":
        raise errors.validation(
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"
        )
    hashes = kinds.count("HASH")
    if kinds != ["HASH"] * hashes + ["RANGE"] * (len(kinds) - hashes) or (
        most_parts == 1 and len(kinds) > 1 and hashes > 1
    ):
        raise errors.validation(
            "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"
        )
    if hashes > most_parts or len(kinds) - hashes > most_parts:
        raise _invalid(
            f"The KeySchema of index {each['IndexName']} has more than {most_parts} attributes "
            "of one key type"
        )
    names = [part["AttributeName"] for part in schema]
    if len(set(names)) < len(names):
        raise errors.validation(
            "Both the Hash Key and the Range Key element in the KeySchema have the same name"
        )
    missing = [name for name in names if name not in types]
    if missing:
        raise _invalid(
            "Some index key attributes are not defined in AttributeDefinitions. "
            f"Keys: [{', '.join(names)}], AttributeDefinitions: [{', '.join(types)}]"
        )
    keys = tuple(KeyAttribute(name, types[name]) for name in names)
    return keys[:hashes], keys[hashes:]


def _projection(each: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    projection = each["Projection"]
    kind = projection.get("ProjectionType")
    names = projection.get("NonKeyAttributes")
    if kind is None:
        raise _invalid("Unknown ProjectionType: null")
    if kind == "INCLUDE":
        if not names:
            raise _invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
    elif names is not None:
        raise _invalid(f"ProjectionType is {kind}, but NonKeyAttributes is specified")
    if names and len(set(names)) < len(names):
        raise _invalid("Duplicate NonKeyAttributes are not allowed")
    return kind, tuple(names or ())


def _invalid(message: str) -> ApiError:
    return errors.validation(_INVALID + message)
