"""A table as the catalog knows it. Frozen: a change is a new `Table` with the next version."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

# Raised when an older dynaspan could misread what a newer one stored; an older one refuses it.
FORMAT = 1


@dataclass(frozen=True, slots=True)
class KeyAttribute:
    """`type` is "S", "N" or "B"."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Throughput:
    """Provisioned capacity units; times are epoch seconds of the last change, None for never."""

    read: int
    write: int
    increased: float | None = None
    decreased: float | None = None
    decreases_today: int = 0


@dataclass(frozen=True, slots=True)
class TimeToLive:
    """`attribute` holds the epoch second at which its item expires."""

    attribute: str


@dataclass(frozen=True, slots=True)
class Table:
    """What both the data plane and DescribeTable need.

    `id` is 32 hex digits and never reused: physical names derive from it, so a table of the same
    name made later shares nothing with this one. `version` counts catalog changes of this row.
    `options` holds settings that are only echoed (TableClass, SSESpecification, ...), in API form.
    """

    id: str
    name: str
    partition_key: KeyAttribute
    sort_key: KeyAttribute | None
    created: float
    status: str = "CREATING"
    version: int = 1
    billing_mode: str = "PROVISIONED"
    billing_changed: float | None = None
    throughput: Throughput = Throughput(0, 0)
    deletion_protection: bool = False
    tags: tuple[tuple[str, str], ...] = ()
    ttl: TimeToLive | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def key_names(self) -> tuple[str, ...]:
        if self.sort_key is None:
            return (self.partition_key.name,)
        return (self.partition_key.name, self.sort_key.name)


class UnknownFormat(Exception):
    """The catalog row was written by a newer dynaspan."""


def encode(table: Table) -> bytes:
    """Catalog form: JSON with a format number."""
    return orjson.dumps({"format": FORMAT, "table": table})


def decode(data: bytes | str) -> Table:
    """The inverse of `encode`. Raises UnknownFormat for a row of a newer format."""
    document = orjson.loads(data)
    if document["format"] > FORMAT:
        raise UnknownFormat(f"catalog format {document['format']} is newer than {FORMAT}")
    raw = document["table"]
    raw["partition_key"] = KeyAttribute(**raw["partition_key"])
    raw["sort_key"] = raw["sort_key"] and KeyAttribute(**raw["sort_key"])
    raw["throughput"] = Throughput(**raw["throughput"])
    raw["ttl"] = raw["ttl"] and TimeToLive(**raw["ttl"])
    raw["tags"] = tuple((key, value) for key, value in raw["tags"])
    return Table(**raw)
