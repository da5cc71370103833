"""Secondary indexes as CreateTable and UpdateTable define them.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .. import errors
from ..model.table import Index, KeyAttribute, Table, Throughput
from ..values import in_hash_order, in_order_of_copy
from .context import Context
from .names import check_new_name
from .registry import Request
from .table_rules import Types, check_length
from .throughput_rules import first_warm, on_demand, throughput

MOST_LOCAL = 5
MOST_GLOBAL = 20
MOST_PROJECTED = 100
MOST_PARTS = 4


Keys = tuple[tuple[KeyAttribute, ...], tuple[KeyAttribute, ...]]
"""HASH and RANGE attributes of an index, each in order."""


def local_keys(request: Request, types: Types, partition: KeyAttribute) -> list[Keys]:
    """Those of LocalSecondaryIndexes of a CreateTable."""
    given = _listed(request, "LocalSecondaryIndexes")
    if len(given) > MOST_LOCAL:
        raise errors.invalid_parameters(
            f"Number of LocalSecondaryIndexes exceeds per-table limit of {MOST_LOCAL}"
        )
    if given and len(request["KeySchema"]) < 2:
        raise errors.invalid_parameters(
            "Table KeySchema does not have a range key, which is required when specifying a "
            "LocalSecondaryIndex"
        )
    found = []
    for number, each in enumerate(given, 1):
        name = each["IndexName"]
        check_length(each["KeySchema"], f"localSecondaryIndexes.{number}.member.keySchema")
        hashes, ranges = _two_keys(each, types)
        if hashes[0].name != partition.name:
            raise errors.invalid_parameters(
                f"Index KeySchema does not have the same leading hash key as table KeySchema for "
                f"index: {name}. index hash key: {hashes[0].name}, table hash key: "
                f"{partition.name}"
            )
        if not ranges:
            raise errors.invalid_parameters(
                f"Index KeySchema does not have a range key for index: {name}"
            )
        found.append((hashes, ranges))
    return found


def local_indexes(request: Request, keys: Sequence[Keys]) -> list[Index]:
    """LocalSecondaryIndexes of a CreateTable, numbered from 1."""
    given = request.get("LocalSecondaryIndexes") or ()
    return [
        Index(number, each["IndexName"], True, *parts, *_projection(each))
        for number, (each, parts) in enumerate(zip(given, keys, strict=True), 1)
    ]


def global_keys(request: Request, types: Types) -> list[Keys]:
    """Those of GlobalSecondaryIndexes of a CreateTable."""
    return [_many_keys(each, types) for each in _listed(request, "GlobalSecondaryIndexes")]


def global_indexes(request: Request, keys: Sequence[Keys], mode: str, first: int) -> list[Index]:
    """GlobalSecondaryIndexes of a CreateTable, numbered from `first`."""
    given = request.get("GlobalSecondaryIndexes") or ()
    for each in given:
        _check_first_throughput(each, mode)
    return [
        _global_index(each, parts, mode, number, made=True)
        for number, (each, parts) in enumerate(zip(given, keys, strict=True), first)
    ]


def _listed(request: Request, member: str) -> list[dict[str, Any]]:
    given: list[dict[str, Any]] | None = request.get(member)
    if given is not None and not given:
        raise errors.invalid_parameters(f"List of {member} is empty")
    return given or []


def _check_first_throughput(each: dict[str, Any], mode: str) -> None:
    """CreateTable's words for what UpdateTable refuses in `index_throughput`."""
    given = "ProvisionedThroughput" in each
    if mode == "PAY_PER_REQUEST" and given:
        raise errors.invalid_parameters(
            "ProvisionedThroughput should not be specified for index: "
            f"{each['IndexName']} when BillingMode is PAY_PER_REQUEST"
        )
    if mode == "PROVISIONED" and not given:
        raise errors.invalid_parameters(
            f"ProvisionedThroughput is not specified for index: {each['IndexName']}"
        )


def global_index(each: dict[str, Any], types: Types, mode: str, number: int) -> Index:
    """The Create of an UpdateTable; ACTIVE."""
    return _global_index(each, _many_keys(each, types), mode, number, made=False)


def _global_index(each: dict[str, Any], keys: Keys, mode: str, number: int, *, made: bool) -> Index:
    """`made` as in `on_demand`."""
    name = each["IndexName"]
    check_new_name(name)
    projection, included = _projection(each)
    units = index_throughput(each, mode)
    return Index(
        number,
        name,
        False,
        *keys,
        projection,
        included,
        throughput=units,
        on_demand=on_demand(each, mode, None, made=made),
        warm=first_warm(each, units, mode),
    )


def index_throughput(each: dict[str, Any], mode: str) -> Throughput:
    given = each.get("ProvisionedThroughput")
    if mode == "PAY_PER_REQUEST" and given is not None:
        raise errors.invalid_parameters(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: "
            f"{each['IndexName']} when BillingMode is PAY_PER_REQUEST"
        )
    if mode == "PROVISIONED" and given is None:
        raise errors.invalid_parameters(
            "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: "
            f"{each['IndexName']}"
        )
    return throughput(mode, given, each["IndexName"])


def check_throughput(table: Table) -> None:
    """Every global index of a provisioned table has a throughput of its own."""
    for index in table.indexes:
        if (
            table.billing_mode == "PROVISIONED"
            and not (index.local or index.throughput.read)
            and index.status != "DELETING"
        ):
            raise errors.invalid_parameters(
                f"ProvisionedThroughput must be specified for index: {index.name}"
            )


def check_indexes_possible(ctx: Context, table: Table) -> None:
    """Raises ValidationException for indexes that the store cannot keep."""
    if table.indexes and not ctx.store.capabilities.indexes:
        raise errors.invalid_parameters(
            "Secondary indexes are not supported by this server's store"
        )


def check_all(indexes: Sequence[Index]) -> None:
    """Rules over all indexes of a table."""
    seen: set[str] = set()
    for index in indexes:
        if index.name in seen:
            raise errors.invalid_parameters(f"Duplicate index name: {index.name}")
        seen.add(index.name)
    if sum(not index.local for index in indexes) > MOST_GLOBAL:
        raise errors.invalid_parameters(
            f"GlobalSecondaryIndex count exceeds the per-table limit of {MOST_GLOBAL}"
        )
    if sum(len(index.included) for index in indexes) > MOST_PROJECTED:
        raise errors.invalid_parameters(
            "The number of non-key attributes projected into all indexes exceeds the limit of "
            f"{MOST_PROJECTED}"
        )


def check_definitions(
    types: Types, table_keys: Iterable[KeyAttribute | None], index_keys: Sequence[Keys]
) -> None:
    """Every definition is of a key attribute of the table or of an index."""
    used = {key.name for key in table_keys if key is not None}
    used |= {key.name for parts in index_keys for keys in parts for key in keys}
    if used == types.keys():
        return
    if not index_keys:
        raise errors.invalid_parameters(
            "Number of attributes in KeySchema does not exactly match number of attributes "
            "defined in AttributeDefinitions"
        )
    raise errors.invalid_parameters(
        "Some AttributeDefinitions are not used. AttributeDefinitions: "
        f"[{', '.join(in_order_of_copy(types))}], "
        f"keys used: [{', '.join(in_hash_order(sorted(used)))}]"
    )


def _two_keys(each: dict[str, Any], types: Types) -> Keys:
    kinds = _kinds(each)
    if kinds[1:] not in ([], ["RANGE"]):
        raise errors.validation(
            "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"
        )
    return _defined(
        each,
        types,
        "Both the Hash Key and the Range Key element in the KeySchema have the same name",
    )


def _many_keys(each: dict[str, Any], types: Types) -> Keys:
    """Up to four of each kind: all of the first before those of the second.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.DesignPattern.MultiAttributeKeys.html
    """
    kinds = _kinds(each)
    if "HASH" in kinds[kinds.count("HASH") :]:
        raise errors.invalid_parameters(
            "All HASH key attributes must precede RANGE key attributes in the KeySchema"
        )
    for kind in ("HASH", "RANGE"):
        if kinds.count(kind) > MOST_PARTS:
            raise errors.invalid_parameters(
                f"The KeySchema exceeds the maximum allowed number of {kind} key attributes"
            )
    return _defined(
        each, types, "The KeySchema contains multiple key attributes with the same name"
    )


def _kinds(each: dict[str, Any]) -> list[str]:
    kinds = [part["KeyType"] for part in each["KeySchema"]]
    if kinds[:1] != ["HASH"]:
        raise errors.validation(
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"
        )
    return kinds


def _defined(each: dict[str, Any], types: Types, twice: str) -> Keys:
    """`twice` is said of an attribute that is named so often."""
    names = [part["AttributeName"] for part in each["KeySchema"]]
    if len(set(names)) < len(names):
        raise errors.validation(twice)
    if any(name not in types for name in names):
        raise errors.invalid_parameters(
            "Some index key attributes are not defined in AttributeDefinitions. "
            f"Keys: [{', '.join(names)}], "
            f"AttributeDefinitions: [{', '.join(in_order_of_copy(types))}]"
        )
    keys = tuple(KeyAttribute(name, types[name]) for name in names)
    hashes = [part["KeyType"] for part in each["KeySchema"]].count("HASH")
    return keys[:hashes], keys[hashes:]


def _projection(each: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    projection = each["Projection"]
    kind = projection.get("ProjectionType")
    names = projection.get("NonKeyAttributes")
    if kind is None:
        raise errors.invalid_parameters("Unknown ProjectionType: null")
    if kind == "INCLUDE":
        if not names:
            raise errors.invalid_parameters(
                "ProjectionType is INCLUDE, but NonKeyAttributes is not specified"
            )
    elif names is not None:
        raise errors.invalid_parameters(
            f"ProjectionType is {kind}, but NonKeyAttributes is specified"
        )
    seen: set[str] = set()
    for name in names or ():
        if name in seen:
            raise errors.invalid_parameters(f"Duplicate element in NonKeyAttributes: {name}")
        seen.add(name)
    return kind, tuple(names or ())
