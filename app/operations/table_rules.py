"""Rules on keys and features that CreateTable and UpdateTable share."""

from __future__ import annotations

from typing import Any

from .. import errors
from ..errors import ApiError
from ..model.table import KeyAttribute
from ..values import java_hash
from .registry import Request

_MOST_KEYS = 2
_ELEMENT = "com.amazonaws.dynamodb.v20120810.KeySchemaElement"
# What an element without members would have: that of ("pk", "HASH") was seen to be ad28eb1d.
_ELEMENT_HASH = 0xA913_7470


Types = dict[str, str]
"""AttributeDefinitions: type by name."""


def defined_types(request: Request) -> Types:
    definitions = request.get("AttributeDefinitions") or ()
    types: Types = {}
    for each in definitions:
        name = each["AttributeName"]
        if name in types:
            raise errors.validation(f"Attribute Name is duplicated: {name}")
        types[name] = each["AttributeType"]
    return types


def key_attributes(request: Request, types: Types) -> tuple[KeyAttribute, KeyAttribute | None]:
    """Partition and sort key from KeySchema, each with its definition."""
    schema = request["KeySchema"]
    check_length(schema, "keySchema")
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
    if any(name not in types for name in names):
        if len(names) > 1 or not types:
            raise errors.validation(
                "Invalid KeySchema: Some index key attribute have no definition"
            )
        raise errors.invalid_parameters(
            "Some index key attributes are not defined in AttributeDefinitions. "
            f"Keys: [{names[0]}], AttributeDefinitions: [{', '.join(types)}]"
        )
    keys = [KeyAttribute(name, types[name]) for name in names]
    return keys[0], keys[1] if len(keys) > 1 else None


def check_length(schema: list[dict[str, str]], path: str) -> None:
    """Raises for more than a partition and a sort key, which only a global index may have."""
    if len(schema) > _MOST_KEYS:
        raise errors.validation(
            f"1 validation error detected: Value '{_shown(schema)}' at '{path}' failed to "
            f"satisfy constraint: Member must have length less than or equal to {_MOST_KEYS}"
        )


def _shown(schema: list[dict[str, str]]) -> str:
    """As Java shows objects that cannot show themselves: by their class and their hash."""
    hashes = (
        _ELEMENT_HASH + 31 * java_hash(each["KeyType"]) + java_hash(each["AttributeName"])
        for each in schema
    )
    return f"[{', '.join(f'{_ELEMENT}@{hash & 0xFFFFFFFF:x}' for hash in hashes)}]"


def with_class(
    request: Request, options: dict[str, Any], changed: float | None = None
) -> dict[str, Any]:
    """`options` of a table with the TableClass of `request`, which is but a price."""
    if "TableClass" not in request:
        return options
    summary: dict[str, Any] = {"TableClass": request["TableClass"]}
    if changed is not None:
        before = options.get("TableClassSummary", {"TableClass": "STANDARD"})
        if before["TableClass"] == request["TableClass"]:
            return options
        summary["LastUpdateDateTime"] = changed
    return options | {"TableClassSummary": summary}


def refuse_ineffective(request: Request) -> None:
    """Raises for what this server does not do: it would be stored and have no effect."""
    for member in (
        "VectorIndexes",
        "VectorIndexUpdates",
        "GlobalTableWitnessUpdates",
        "MultiRegionConsistency",
        "GlobalTableSettingsReplicationMode",
        "GlobalTableSourceArn",
        "ResourcePolicy",
    ):
        if request.get(member):
            raise ineffective(member)
    _refuse_encryption(request.get("SSESpecification") or {})


def _refuse_encryption(given: dict[str, Any]) -> None:
    """Raises for what asks for a key; none is asked for by {} either."""
    kind, key = given.get("SSEType"), given.get("KMSMasterKeyId")
    if given.get("Enabled") is False:
        for member in ("SSEType", "KMSMasterKeyId"):
            if member in given:
                raise errors.invalid_parameters(
                    f"{member} can not be specified if Enabled is false"
                )
    if kind == "AES256":
        raise errors.invalid_parameters("SSEType AES256 is not supported")
    if key is not None and kind is None:
        raise errors.invalid_parameters("SSEType KMS is required if KMSMasterKeyId is specified")
    if given.get("Enabled") or kind is not None:
        raise ineffective("SSESpecification")


def refuse_encrypted(request: Request) -> None:
    """Raises for encryption by no key of one's own, as which every table is kept."""
    if "SSESpecification" in request:
        raise errors.invalid_parameters("Table is already encrypted by default")


def ineffective(member: str) -> ApiError:
    """`member` of a request, or a whole operation."""
    return errors.invalid_parameters(
        f"{member} is not supported by this server and would have no effect"
    )
