"""A CQL table of somebody else's that is served as a table: which column is which attribute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

CASSANDRAS_OWN = frozenset(("system", "system_schema", "system_views", "system_traces"))
"""Keyspaces whose tables are served as virtual ones, without being attached."""
VIRTUAL_PREFIXES = (".dynaspan.", ".scylla.alternator.")
"""Of the names of virtual tables."""


@dataclass(frozen=True, slots=True)
class CqlType:
    """`name` is CQL's, without frozen; "udt" for a user's type, whose `fields` name the `parts`.

    `parts` are the types inside: of elements, of key and value, or of the members of a tuple.
    frozen: it is one value, so that an empty one is something else than none.
    """

    name: str
    parts: tuple[CqlType, ...] = ()
    fields: tuple[str, ...] = ()
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """`called`: the attribute, if it has not the column's name."""

    name: str
    type: CqlType
    called: str | None = None

    @property
    def attribute(self) -> str:
        return self.called or self.name


@dataclass(frozen=True, slots=True)
class Attachment:
    """`columns` are those outside the key that are served, each as an attribute."""

    keyspace: str
    table: str
    partition: tuple[Column, ...]
    clustering: tuple[Column, ...]
    columns: tuple[Column, ...]

    @property
    def is_virtual(self) -> bool:
        return self.keyspace in CASSANDRAS_OWN

    @property
    def only_read(self) -> str | None:
        """Why nothing can be written to it."""
        if self.is_virtual:
            return "Cassandra's own tables are only read"
        if any(column.type.name == "counter" for column in self.columns):
            return "counters are only read"
        return None


def attachment(raw: dict[str, Any]) -> Attachment:
    """From its JSON."""
    for part in ("partition", "clustering", "columns"):
        raw[part] = tuple(
            Column(each["name"], _type(each["type"]), each.get("called")) for each in raw[part]
        )
    return Attachment(**raw)


def _type(raw: dict[str, Any]) -> CqlType:
    parts = tuple(map(_type, raw["parts"]))
    return CqlType(raw["name"], parts, tuple(raw["fields"]), raw.get("frozen", False))
