"""The request shapes of the API, read from api.json, which tools/api_shapes.py writes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import orjson

ATTRIBUTE_VALUE = "AttributeValue"
TABLE_NAME, CONTROL_TABLE_NAME = "TableNameOrArn", "ControlTableNameOrArn"
"""The shapes of members that name a table and may be an ARN instead: where items are read and
written, and where tables are."""
CONTROL_INDEX_NAME = "ControlIndexName"


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What may stand at one place of a request.

    `type` is structure, list, map, string, integer, long, double, boolean, timestamp or blob.
    `members` are in the order in which the service reports their faults. `element` is what a list
    or map holds. `min` and `max` bound the value of numbers and the length of everything else.
    `pattern` is the text messages show, `matches` tells whether a whole string fits it.
    """

    name: str
    type: str
    members: Mapping[str, Shape] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    key: Shape | None = None
    element: Shape | None = None
    min: int | None = None
    max: int | None = None
    pattern: str | None = None
    matches: Callable[[str], object] | None = None
    enum: tuple[str, ...] = ()


@cache
def _api() -> dict[str, Any]:
    return orjson.loads(Path(__file__).with_name("api.json").read_bytes())  # type: ignore[no-any-return]


def targets() -> dict[str, str]:
    """Full X-Amz-Target of every operation -> its name."""
    return {
        f"{prefix}.{operation}": operation
        for prefix, service in _api().items()
        for operation in service["operations"]
    }


def input_shape(operation: str, most: Mapping[str, int] | None = None) -> Shape:
    """The shape of an operation's whole request. Raises KeyError for an unknown operation.

    `most` takes the place of the upper bound of some shapes, by their names.
    """
    for service in _api().values():
        if operation in service["operations"]:
            return _shape(service["operations"][operation], service["shapes"], most or {})
    raise KeyError(operation)


def _shape(name: str, shapes: dict[str, Any], most: Mapping[str, int]) -> Shape:
    raw = shapes[name]
    if name == ATTRIBUTE_VALUE:
        # The only recursive shape: it has walkers of its own, which need no description.
        return Shape(name, "structure")
    pattern = raw.get("pattern")
    element = raw.get("member") or raw.get("value")
    return Shape(
        name,
        raw["type"],
        members={
            member: _shape(below, shapes, most) for member, below in raw.get("members", {}).items()
        },
        required=tuple(raw.get("required", ())),
        key=_shape(raw["key"], shapes, most) if "key" in raw else None,
        element=_shape(element, shapes, most) if element else None,
        min=raw.get("min"),
        max=most.get(name, raw.get("max")),
        pattern=pattern,
        matches=re.compile(raw.get("python", pattern), re.ASCII).fullmatch if pattern else None,
        enum=tuple(raw.get("enum", ())),
    )
