"""A table as the catalog knows it. Frozen: a change is a new `Table` with the next version."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from .attachment import Attachment, attachment
from .isolation import ALWAYS, LWT
from .limits import SERVICE, Limits

# Raised when an older dynaspan could misread what a newer one stored; an older one refuses it.
FORMAT = 4

# No two writers are more than one phase of an index apart. Whoever knows of it reads an item before
# writing it, in a version above what is there; then takes entries away; only then adds some, which
# so nobody leaves standing, and which no earlier delete of a faster clock can hide.
ORDERED, TAKEN, KEPT = range(3)

SHARED, PER_TABLE = "shared", "per-table"
LAYOUTS = (SHARED, PER_TABLE)
"""Keyspaces of tables: one for all of a store, or each its own."""

FILL_PARTS = 20
"""A table is gone through in so many parts when an index is added to it."""


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
class Units:
    """Request units a second; -1 for as many as are asked for."""

    read: int
    write: int


@dataclass(frozen=True, slots=True)
class Transition:
    """`status` (CREATING, UPDATING or DELETING) is shown until that epoch second, although all is
    done; a table that is shown as DELETING goes then."""

    status: str
    until: float


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of a table. `label` tells it from the table's earlier ones, `created` is in epoch
    seconds. `view` is KEYS_ONLY, NEW_IMAGE, OLD_IMAGE or NEW_AND_OLD_IMAGES. `shards` is how many
    are written to, `earlier` how many were before each time that they were split.
    """

    label: str
    view: str
    shards: int
    created: float
    earlier: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Index:
    """A secondary index. `number` is its own within the table and never reused.

    A local index has the table's partition key as its own. `projection` is ALL, KEYS_ONLY or
    INCLUDE, the last with `included`. `throughput` is of a global index of a provisioned table.
    Writers keep entries in every state but DELETING, as `phase` says; readers use ACTIVE and
    UPDATING.
    `phase`: how far it has come until all writers keep it, one of ORDERED, TAKEN and KEPT.
    `filled`: how many of FILL_PARTS parts of the table a backfill has been through for certain.
    """

    number: int
    name: str
    local: bool
    partition: tuple[KeyAttribute, ...]
    sort: tuple[KeyAttribute, ...] = ()
    projection: str = "ALL"
    included: tuple[str, ...] = ()
    status: str = "ACTIVE"
    backfilling: bool = False
    throughput: Throughput = Throughput(0, 0)
    filled: int = 0
    on_demand: Units | None = None
    warm: Units | None = None
    phase: int = KEPT

    @property
    def is_unsettled(self) -> bool:
        return self.status == "DELETING" or (self.status == "CREATING" and not self.backfilling)

    @property
    def keys(self) -> tuple[KeyAttribute, ...]:
        return self.partition + self.sort


@dataclass(frozen=True, slots=True)
class TimeToLive:
    """`attribute` holds the epoch second at which its item expires.

    `index` orders the items by that second. It is the server's own: nobody reads it by name, and it
    is billed to nobody. Its `partition` are the table's keys. None on stores without indexes.
    """

    attribute: str
    index: Index | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """What both the data plane and DescribeTable need.

    `id` is 32 hex digits and never reused: physical names derive from it, so a table of the same
    name made later shares nothing with this one. `version` counts catalog changes of this row.
    `next_index` is the number of the next index. `stream` is the one that is enabled,
    `latest_stream` the label of that, or of the last one that was.
    `on_demand` is the most that may be used, `warm` what must be there at once, of a table and of a
    global index; None is the service's default.
    `attached`: where its data is, when it is somebody else's.
    `translator`: how its store keeps items, if it knows several ways; `layout`: one of LAYOUTS.
    `isolation`: its policy; `writes`: how it is written now, both as in `isolation`; `ordered`: as
    `is_ordered`, before there is anything that needs it.
    `options` holds settings that are only echoed, in API form: TableClassSummary.
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
    indexes: tuple[Index, ...] = ()
    next_index: int = 1
    stream: Stream | None = None
    latest_stream: str | None = None
    on_demand: Units | None = None
    warm: Units | None = None
    limits: Limits = SERVICE
    transition: Transition | None = None
    attached: Attachment | None = None
    translator: str = "document"
    layout: str = SHARED
    isolation: str = ALWAYS
    writes: str = LWT
    ordered: bool = False

    def state(self, now: float) -> str:
        """CREATING, UPDATING, DELETING or ACTIVE, as TableStatus tells it.

        ACTIVE again while an index is filled, but not until all writers keep it.
        """
        shown = self.transition
        if self.status != "ACTIVE":
            return self.status
        if shown is not None and (now < shown.until or shown.status == "DELETING"):
            return shown.status
        return "UPDATING" if any(index.is_unsettled for index in self.indexes) else "ACTIVE"

    def index(self, name: str) -> Index | None:
        return next((index for index in self.indexes if index.name == name), None)

    @property
    def has_collections(self) -> bool:
        """Whether the items of a partition key count as one collection: that of a local index."""
        return any(index.local for index in self.indexes)

    @property
    def kept_indexes(self) -> tuple[Index, ...]:
        """All that writers keep entries in, that of the time to live too."""
        if self.ttl is None or self.ttl.index is None:
            return self.indexes
        return (*self.indexes, self.ttl.index)

    @property
    def is_ordered(self) -> bool:
        """Whether each write must know what is there, and have a version above that."""
        return self.ordered or bool(self.kept_indexes) or self.stream is not None

    @property
    def keys(self) -> tuple[KeyAttribute, ...]:
        """The partition key and, if there is one, the sort key."""
        return (self.partition_key,) + ((self.sort_key,) if self.sort_key else ())

    @property
    def key_names(self) -> tuple[str, ...]:
        if self.sort_key is None:
            return (self.partition_key.name,)
        return (self.partition_key.name, self.sort_key.name)


def with_index(table: Table, number: int, index: Index | None) -> Table:
    """The next version of `table`, in which the index of that number is `index`, or is no more."""
    version = table.version + 1
    if table.ttl is not None and table.ttl.index is not None and table.ttl.index.number == number:
        ttl = None if index is None else replace(table.ttl, index=index)
        return replace(table, ttl=ttl, version=version)
    indexes = [index if each.number == number else each for each in table.indexes]
    return replace(
        table, indexes=tuple(each for each in indexes if each is not None), version=version
    )


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
    raw["ttl"] = raw["ttl"] and _time_to_live(raw["ttl"])
    raw["tags"] = tuple((key, value) for key, value in raw["tags"])
    raw["indexes"] = tuple(_index(index) for index in raw["indexes"])
    if raw.get("stream"):
        raw["stream"] = stream(raw["stream"])
    _read_units(raw)
    if raw.get("transition"):
        raw["transition"] = Transition(**raw["transition"])
    if raw.get("attached"):
        raw["attached"] = attachment(raw["attached"])
    if "limits" in raw:
        raw["limits"] = Limits(**raw["limits"])
    return Table(**raw)


def stream(raw: dict[str, Any]) -> Stream:
    """From its JSON."""
    return Stream(**raw | {"earlier": tuple(raw.get("earlier", ()))})


def _time_to_live(raw: dict[str, Any]) -> TimeToLive:
    raw["index"] = raw["index"] and _index(raw["index"])
    return TimeToLive(**raw)


def _index(raw: dict[str, Any]) -> Index:
    raw["partition"] = tuple(KeyAttribute(**each) for each in raw["partition"])
    raw["sort"] = tuple(KeyAttribute(**each) for each in raw["sort"])
    raw["included"] = tuple(raw["included"])
    raw["throughput"] = Throughput(**raw["throughput"])
    _read_units(raw)
    return Index(**raw)


def _read_units(raw: dict[str, Any]) -> None:
    for name in ("on_demand", "warm"):
        if raw.get(name):
            raw[name] = Units(**raw[name])
