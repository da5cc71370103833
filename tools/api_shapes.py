"""Writes app/operations/validate/api.json: what may stand in the requests of the API.

    python tools/api_shapes.py

The source is the service model in the installed botocore; documentation and outputs are left out.
What the model does not tell, but every error message shows, is below: the order of members and
what is required beyond the model, in tables, and the order of the values of an enum, by a rule.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import botocore.session

API_FILE = Path(__file__).parents[1] / "app" / "operations" / "validate" / "api.json"
SERVICES = ("dynamodb", "dynamodbstreams")

# Members whose faults the service reports before all others, in this order; the rest follow in
# the model's order. It has no rule that could be told from outside, and has changed over time.
MEMBERS_FIRST = {
    "AttributeDefinition": ["AttributeType", "AttributeName"],
    "BatchGetItemInput": ["ReturnConsumedCapacity", "RequestItems"],
    "BatchWriteItemInput": [
        *("ReturnConsumedCapacity", "ReturnItemCollectionMetrics", "RequestItems"),
    ],
    "CreateTableInput": [
        *("AttributeDefinitions", "TableName", "BillingMode", "ProvisionedThroughput"),
        *("KeySchema", "LocalSecondaryIndexes", "GlobalSecondaryIndexes"),
    ],
    "DeleteItemInput": [
        *("ReturnConsumedCapacity", "TableName", "Key"),
        *("ReturnItemCollectionMetrics", "ReturnValues"),
    ],
    "GetItemInput": ["ReturnConsumedCapacity", "AttributesToGet", "TableName", "Key"],
    "GlobalSecondaryIndex": ["Projection", "IndexName", "ProvisionedThroughput", "KeySchema"],
    "LocalSecondaryIndex": ["Projection", "IndexName", "KeySchema"],
    "ProvisionedThroughput": ["WriteCapacityUnits", "ReadCapacityUnits"],
    "PutItemInput": [
        *("ReturnConsumedCapacity", "TableName", "Item"),
        *("ReturnItemCollectionMetrics", "ReturnValues"),
    ],
    "QueryInput": ["ReturnConsumedCapacity", "AttributesToGet", "TableName", "Select"],
    "ScanInput": [
        *("ReturnConsumedCapacity", "TotalSegments", "AttributesToGet"),
        *("TableName", "Select", "Segment"),
    ],
    "TimeToLiveSpecification": ["AttributeName", "Enabled"],
    "UpdateItemInput": [
        *("ReturnConsumedCapacity", "TableName", "Key"),
        *("ReturnItemCollectionMetrics", "ReturnValues"),
    ],
}

# What the model requires no longer, because a replica of another account's table has it from there,
# is still required of every other table, of which the service told all that is missing at once.
REQUIRED = {"CreateTableInput": ["AttributeDefinitions", "TableName", "KeySchema"]}

# Java patterns that Python's re does not read, in words that it does.
PYTHON_PATTERNS = {
    r"\p{Print}+": r"[ -~]+",
    r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*": (
        r"[\u0020-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF\r\n\t]*"
    ),
}

# Shapes whose faults the service tells in words of their own.
UNCHECKED = frozenset(
    ("BackupArn", "ExportArn", "ImportArn", "Tag", "TagKeyString", "TagValueString")
)

# What names a table may be an ARN, for which the model has nothing but a length (TableArn). A plain
# name is still held to what it had before that.
NAME_OR_ARN = "TableNameOrArn"
# The operations on items are another service behind the same door, with checks of its own.
CONTROL_NAME_OR_ARN, CONTROL_INDEX_NAME = "ControlTableNameOrArn", "ControlIndexName"
# What the model has for them.
SHAPE_OF = {
    NAME_OR_ARN: "TableName",
    CONTROL_NAME_OR_ARN: "TableName",
    CONTROL_INDEX_NAME: "IndexName",
}
ITEM_INPUTS = frozenset(
    f"{operation}Input"
    for operation in ("DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")
)

# Number bounds count the value; of everything else they count the length.
FACTS = ("min", "max", "pattern", "enum", "required")


def build() -> dict[str, Any]:
    """{target prefix: {"operations": {name: input shape}, "shapes": {name: description}}}"""
    session = botocore.session.get_session()
    api = {}
    for service in SERVICES:
        model = session.get_component("data_loader").load_service_model(service, "service-2")
        operations = {
            name: operation["input"]["shape"]
            for name, operation in sorted(model["operations"].items())
        }
        reached: dict[str, Any] = {}
        for name in operations.values():
            _reach(name, model["shapes"], reached)
        api[model["metadata"]["targetPrefix"]] = {
            "operations": operations,
            "shapes": dict(sorted(reached.items())),
        }
    return api


def render(api: dict[str, Any]) -> str:
    """One line for each operation and shape, so that a change of the model reads as a diff."""
    services = []
    for prefix, service in api.items():
        parts = []
        for part, entries in service.items():
            lines = ",\n".join(f"   {json.dumps(k)}: {json.dumps(v)}" for k, v in entries.items())
            parts.append(f"  {json.dumps(part)}: {{\n{lines}\n  }}")
        services.append(f" {json.dumps(prefix)}: {{\n{(',' + chr(10)).join(parts)}\n }}")
    return "{\n" + ",\n".join(services) + "\n}\n"


def _named(structure: str, member: str, shape: str) -> str:
    if (member, shape) == ("TableName", "TableArn"):
        items = structure in ITEM_INPUTS or not structure.endswith("Input")
        return NAME_OR_ARN if items else CONTROL_NAME_OR_ARN
    if shape == "IndexName" and structure not in ITEM_INPUTS:
        return CONTROL_INDEX_NAME
    return shape


def place(value: str) -> int:
    """Where messages list a value among those of its enum: by Java's hash of it, in a table of 32.

    All messages that are known fit, those of other services as well.
    """
    found = 0
    for character in value:
        found = 31 * found + ord(character)
    return found % 32


def _reach(name: str, shapes: dict[str, Any], reached: dict[str, Any]) -> None:
    if name in reached:
        return
    model = shapes[SHAPE_OF.get(name, name)]
    shape: dict[str, Any] = {"type": model["type"]}
    reached[name] = shape
    if model["type"] == "structure":
        first = MEMBERS_FIRST.get(name, [])
        rest = [member for member in model["members"] if member not in first]
        shape["members"] = {
            member: _named(name, member, model["members"][member]["shape"])
            for member in [*first, *rest]
        }
        below = shape["members"].values()
    elif model["type"] == "list":
        shape["member"] = model["member"]["shape"]
        below = [shape["member"]]
    elif model["type"] == "map":
        shape["key"] = _named(name, "TableName", model["key"]["shape"])
        shape["value"] = model["value"]["shape"]
        below = [shape["key"], shape["value"]]
    else:
        below = []
    if name not in UNCHECKED:
        shape |= {fact: model[fact] for fact in FACTS if fact in model}
    if name in REQUIRED:
        shape["required"] = REQUIRED[name]
    if "enum" in model:
        # Of two in one place the later is first, as Java's tables long had it.
        later_first = model["enum"][::-1]
        shape["enum"] = sorted(later_first, key=place)
    if shape.get("pattern") in PYTHON_PATTERNS:
        shape["python"] = PYTHON_PATTERNS[shape["pattern"]]
    for other in below:
        _reach(other, shapes, reached)


def main() -> None:
    API_FILE.write_text(render(build()), encoding="utf-8")


if __name__ == "__main__":
    main()
