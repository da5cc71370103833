"""A CQL table of somebody else's that is served as a table: which column is which attribute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class CqlType:
    """`name` is CQL's, without frozen; "udt" for a user's type, whose `fields` name the `parts`.

    `parts` are the types inside: of elements, of key and value, or of the members of a tuple.
    """

    name: str
    parts: tuple[CqlType, ...] = ()
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: CqlType


@dataclass(frozen=True, slots=True)
class Attachment:
    """`columns` are those outside the key that are served, each as the attribute of its name."""

    keyspace: str
    table: str
    partition: tuple[Column, ...]
    clustering: tuple[Column, ...]
    columns: tuple[Column, ...]


def attachment(raw: dict[str, Any]) -> Attachment:
    """From its JSON."""
    for part in ("partition", "clustering", "columns"):
        raw[part] = tuple(Column(each["name"], _type(each["type"])) for each in raw[part])
    return Attachment(**raw)


def _type(raw: dict[str, Any]) -> CqlType:
    return CqlType(raw["name"], tuple(map(_type, raw["parts"])), tuple(raw["fields"]))
