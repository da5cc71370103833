"""Rules on keys and billing that CreateTable and UpdateTable share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .. import errors
from ..errors import ApiError
from ..model.table import KeyAttribute, Throughput
from .registry import Request

_INVALID = "One or more parameter values were invalid: "
_MOST_KEYS = 2
_MOST_UNITS = 1_000_000_000_000


Types = dict[str, str]
"""AttributeDefinitions: type by name."""


def defined_types(request: Request) -> Types:
    definitions = request.get("AttributeDefinitions") or ()
    types = {each["AttributeName"]: each["AttributeType"] for each in definitions}
    if len(types) < len(definitions):
        raise _invalid("Cannot have two attributes with the same name")
    return types


def key_attributes(request: Request, types: Types) -> tuple[KeyAttribute, KeyAttribute | None]:
    """Partition and sort key from KeySchema, each with its definition."""
    schema = request["KeySchema"]
    if len(schema) > _MOST_KEYS:
        raise errors.validation(
            f"1 validation error detected: Value '{_shown(schema)}' at 'keySchema' failed to "
            "satisfy constraint: Member must have length less than or equal to 2"
        )
    if schema[0]["KeyType"] != "HASH":
        raise errors.validation(
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"
        )
    if len(schema) > 1 and schema[1]["KeyType"] != "RANGE":
        raise errors.validation(
            "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"
        )
    names = [each["AttributeName"] for each in schema]
    if len(set(names)) < len(names):
        raise errors.validation(
            "Both the Hash Key and the Range Key element in the KeySchema have the same name"
        )
    missing = [name for name in names if name not in types]
    if missing:
        raise _invalid(
            "Some index key attributes are not defined in AttributeDefinitions. "
            f"Keys: [{', '.join(missing)}], AttributeDefinitions: [{', '.join(types)}]"
        )
    keys = [KeyAttribute(name, types[name]) for name in names]
    return keys[0], keys[1] if len(keys) > 1 else None


def require(request: Request, *members: str) -> None:
    """The model requires these no longer: a replica of another account's table has them from there.

    For every other table the service says of them what it says of required members.
    """
    missing = [
        f"Value null at '{member[0].lower()}{member[1:]}' failed to satisfy constraint: "
        "Member must not be null"
        for member in members
        if member not in request
    ]
    if missing:
        plural = "s" if len(missing) > 1 else ""
        raise errors.validation(
            f"{len(missing)} validation error{plural} detected: {'; '.join(missing)}"
        )


def _shown(schema: list[dict[str, str]]) -> str:
    elements = (
        f"KeySchemaElement(attributeName={each['AttributeName']}, keyType={each['KeyType']})"
        for each in schema
    )
    return f"[{', '.join(elements)}]"


def throughput(mode: str, given: dict[str, Any] | None) -> Throughput:
    """The throughput a table of this billing mode has."""
    if mode == "PAY_PER_REQUEST":
        if given is not None:
            raise _invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when "
                "BillingMode is PAY_PER_REQUEST"
            )
        return Throughput(0, 0)
    if given is None:
        raise _invalid(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when "
            "BillingMode is PROVISIONED"
        )
    for member in ("ReadCapacityUnits", "WriteCapacityUnits"):
        if given[member] > _MOST_UNITS:
            raise errors.validation(f"Given value {given[member]} for {member} is out of bounds")
    return Throughput(given["ReadCapacityUnits"], given["WriteCapacityUnits"])


def moved(old: Throughput, new: Throughput, now: float, what: str) -> Throughput:
    """`old` changed to the units of `new`. `what` is "the table" or "the index NAME"."""
    if (old.read, old.write) == (new.read, new.write):
        raise errors.validation(
            f"The provisioned throughput for {what} will not change. The requested value equals "
            f"the current value. Current ReadCapacityUnits provisioned for {what}: {old.read}. "
            f"Requested ReadCapacityUnits: {new.read}. "
            f"Current WriteCapacityUnits provisioned for {what}: {old.write}. "
            f"Requested WriteCapacityUnits: {new.write}. "
            "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request "
            "higher limits."
        )
    result = replace(old, read=new.read, write=new.write)
    if new.read > old.read or new.write > old.write:
        result = replace(result, increased=now)
    if new.read < old.read or new.write < old.write:
        decreases = result.decreases_today if _same_day(old.decreased, now) else 0
        result = replace(result, decreased=now, decreases_today=decreases + 1)
    return result


def _same_day(then: float | None, now: float) -> bool:
    """Decreases are counted for each day in UTC."""
    return then is not None and int(then // 86400) == int(now // 86400)


def refuse_ineffective(request: Request) -> None:
    """Raises for what this server does not do: it would be stored and have no effect."""
    for member in (
        "VectorIndexes",
        "VectorIndexUpdates",
        "ReplicaUpdates",
        "GlobalTableWitnessUpdates",
        "MultiRegionConsistency",
        "GlobalTableSettingsReplicationMode",
        "GlobalTableSourceArn",
        "OnDemandThroughput",
        "WarmThroughput",
        "ResourcePolicy",
    ):
        if request.get(member):
            raise ineffective(member)
    if (request.get("SSESpecification") or {}).get("Enabled"):
        raise ineffective("SSESpecification")
    if request.get("TableClass") == "STANDARD_INFREQUENT_ACCESS":
        raise ineffective("TableClass")


def ineffective(member: str) -> ApiError:
    """`member` of a request, or a whole operation."""
    return _invalid(f"{member} is not supported by this server and would have no effect")


def _invalid(message: str) -> ApiError:
    return errors.validation(_INVALID + message)
