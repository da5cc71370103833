"""The dialect of Amazon Keyspaces: only what its developer guide documents.

https://docs.aws.amazon.com/keyspaces/latest/devguide/. KEYSPACES.md says what differs from
Apache Cassandra, and why.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from ...errors import invalid_parameters
from ...model.index import Place, Position
from ...model.rows import Bounds, Key, KeyValue
from ...model.table import Index, Table
from ..base import Write
from .dialect import Dialect
from .document import Image
from .index_statements import At, EntryReads, EntryWrites, Sent
from .ring import key_bytes
from .session import Consistency, Result, Statement, Value
from .statements import (
    LAST_SECONDS,
    MARKER_SECONDS,
    Cas,
    CatalogStatements,
    Columns,
    ItemStatements,
    Read,
    cleared,
    written,
)

# An empty clustering column is refused. This sorts before, or is, every key that is not empty.
LEAST = b"\0"
ACTIVE = "ACTIVE"
_QUORUM = Consistency.LOCAL_QUORUM
_TRACES = 103
_TRACE_BYTES = 16
# https://docs.aws.amazon.com/keyspaces/latest/devguide/calculating-row-size.html: what a row may
# hold, with more than is ever added for the metadata of these few columns.
_PARTITION_BYTES = 2048
_CLUSTERING_BYTES = 850
_ROW_BYTES = 1024 * 1024
_METADATA_BYTES = 512


class Keyspaces(Dialect):
    """recovery: tables are made with point-in-time recovery. key: encrypted by this KMS key."""

    keyspaces = Statement("SELECT keyspace_name FROM system_schema_mcs.keyspaces", _QUORUM)
    tables = Statement(
        "SELECT table_name, status FROM system_schema_mcs.tables WHERE keyspace_name = ?", _QUORUM
    )
    entry_tables = Statement(
        "SELECT table_name FROM system_schema_mcs.tables "
        "WHERE keyspace_name = ? AND table_name >= ? AND table_name < ?",
        _QUORUM,
    )
    schema_seconds = 120.0
    blind_update = False

    def __init__(self, *, recovery: bool = False, key: str | None = None) -> None:
        self._recovery = recovery
        self._key = key

    def made(self, rows: Sequence[Sequence[Any]]) -> set[str]:
        return {name for name, status in rows if status == ACTIVE}

    def keyspace(self, name: str, replication: dict[str, int]) -> str:
        """Three replicas in three Availability Zones, whatever is asked for."""
        return (
            f"CREATE KEYSPACE IF NOT EXISTS {name} "
            "WITH REPLICATION = {'class': 'SingleRegionStrategy'}"
        )

    def options(self, id: uuid.UUID, gc_grace_seconds: int, *, timestamps: bool = False) -> str:
        """Ids, repair and garbage collection are the service's own affair."""
        properties = ["'capacity_mode': {'throughput_mode': 'PAY_PER_REQUEST'}"]
        wanted = {
            "ttl": True,
            "client_side_timestamps": timestamps,
            "point_in_time_recovery": self._recovery,
        }
        properties += [f"'{name}': {{'status': 'enabled'}}" for name, yes in wanted.items() if yes]
        if self._key is not None:
            properties.append(
                "'encryption_specification': {'encryption_type': 'CUSTOMER_MANAGED_KMS_KEY', "
                f"'kms_key_identifier': '{self._key}'}}"
            )
        return f"WITH CUSTOM_PROPERTIES = {{{', '.join(properties)}}}"

    def items(self, keyspace: str, table: Table, columns: Columns) -> ItemStatements:
        return _Items(keyspace, table, columns)

    def entry_reads(self, keyspace: str, table: Table, index: Index) -> EntryReads:
        return _EntryReads(keyspace, table, index)

    def entry_writes(self, keyspace: str, table: Table, number: int) -> EntryWrites:
        return _EntryWrites(keyspace, table, number)

    def catalog(self, keyspace: str) -> CatalogStatements:
        return _Catalog(keyspace)

    def admit(self, write: Write, image: Image | None) -> None:
        key = write.key
        partition = len(key_bytes(key.partition))
        sort = 0 if key.sort is None else len(key_bytes(key.sort))
        _at_most("a sort key", sort, _CLUSTERING_BYTES - 1 - _TRACE_BYTES)
        keys = partition + sort
        for change in write.entries:
            place = change.new
            if place is None:
                continue
            what = f"the keys of an entry in index {change.index.name}"
            if change.index.local:
                _at_most(what, 1 + len(place.sort) + sort, _CLUSTERING_BYTES)
            else:
                _at_most(what, len(place.sort) + partition + sort, _CLUSTERING_BYTES)
                _at_most(what, len(place.partition), _PARTITION_BYTES)
            keys = max(keys, len(place.partition) + len(place.sort) + partition + sort)
        if image is not None:
            _at_most(
                "the item as it is stored", len(image.blob) + 2 * keys, _ROW_BYTES - _METADATA_BYTES
            )


def _at_most(what: str, size: int, most: int) -> None:
    if size > most:
        raise invalid_parameters(
            f"{what} has {size} bytes, and Amazon Keyspaces keeps at most {most}"
        )


class _Items(ItemStatements):
    """Each attempt at a write leaves a row of its own, its trace: a batch may not hold two
    statements for one row, and an element of a map could not be given a time to live in the item's
    own statement. The fence is written in the place of the trace, so one excludes the other."""

    def __init__(self, keyspace: str, table: Table, columns: Columns) -> None:
        super().__init__(keyspace, table, columns)
        self.partitions = None
        if self.least_sort is not None:
            self.least_sort = LEAST.decode() if isinstance(self.least_sort, str) else LEAST
        self.fence = Statement(
            f"UPDATE {self.name} USING TTL {MARKER_SECONDS} SET live = false "
            f"WHERE {_trace(self.row)} IF live = null",
            _QUORUM,
            conditional=True,
        )

    cas_type = property(lambda self: _Cas)

    def fence_values(
        self, row: tuple[Value, ...], version: int, writer: bytes, fence: bytes
    ) -> tuple[Value, ...]:
        return _trace_values(row, fence)

    def was_applied(self, fenced: Result) -> bool:
        # Refused by a fence that was sent before: then the attempt never was.
        return not fenced.rows[0][0] and fenced.records()[0]["live"] is True


class _Cas(Cas):
    def __init__(
        self,
        name: str,
        row: str,
        columns: Columns,
        *,
        deletes: bool,
        condition: str,
        entries: Sequence[str] = (),
    ) -> None:
        self._deletes = deletes
        self._versioned = "?" in condition
        change = cleared(columns) if deletes else written(columns)
        using = f" USING TTL {MARKER_SECONDS}" if deletes else ""
        texts = [
            f"UPDATE {name}{using} SET ver = ?, {change} WHERE {row} IF {condition}txid = null",
            f"UPDATE {name} USING TTL {LAST_SECONDS} SET live = true "
            f"WHERE {_trace(row)} IF live = null",
            *entries,
        ]
        text = f"BEGIN BATCH {'; '.join(texts)}; APPLY BATCH"
        self.statement = Statement(text, _QUORUM, conditional=True)

    def values(
        self,
        row: tuple[Value, ...],
        version: int,
        item: tuple[Value, ...],
        expected: int | None,
        writer: bytes,
        fence: bytes,
    ) -> tuple[Value, ...]:
        condition = (expected,) if self._versioned else ()
        return (version, *item, *row, *condition, *_trace_values(row, fence))


def _trace(row: str) -> str:
    return row.replace("kind = 0 AND ik = 0x00", f"kind = {_TRACES} AND ik = ?")


def _trace_values(row: tuple[Value, ...], attempt: bytes) -> tuple[Value, ...]:
    return (row[0], attempt, *row[1:])


class _EntryReads(EntryReads):
    """There are no relations of several columns: what lies behind an entry is read as up to three
    slices, first what shares all but the last of its columns."""

    def __init__(self, keyspace: str, table: Table, index: Index) -> None:
        super().__init__(keyspace, table, index)
        self.partitions = None
        self._unsorted = not index.sort
        self._reads: dict[str, Read] = {}

    def at(self, position: Position) -> At:
        at = super().at(position)
        return at if at.sort else at._replace(sort=LEAST)

    def position(self, at: At) -> Position:
        return super().position(at._replace(sort=b"") if self._unsorted else at)

    def slices(
        self, ring: KeyValue, bounds: Bounds, after: At | None, *, reverse: bool
    ) -> list[tuple[Read, tuple[Value, ...]]]:
        first = self._order[0]
        low, high = _bytes(bounds.lower) or LEAST, _bytes(bounds.upper)
        found = []
        if after is not None and (
            (high is None or after.sort < high) if reverse else after.sort >= low
        ):
            if after.sort < low if reverse else high is not None and after.sort >= high:
                return []
            rest = row_of_entry(after, self.local)
            edge: tuple[Value, ...] = (after.sort, *rest)
            operator = "<" if reverse else ">"
            for depth in range(len(self._order), 0, -1):
                *equal, last = self._order[:depth]
                text = "".join(f" AND {column} = ?" for column in equal)
                text += f" AND {last} {operator} ?"
                values: tuple[Value, ...] = (ring, *edge[:depth])
                if depth == 1 and reverse:
                    text, values = text + f" AND {first} >= ?", (*values, low)
                elif depth == 1 and high is not None:
                    text, values = text + f" AND {first} < ?", (*values, high)
                found.append((self._slice_of(text, reverse), values))
            return found
        text = f" AND {first} >= ?" + ("" if high is None else f" AND {first} < ?")
        ends = (low,) if high is None else (low, high)
        return [(self._slice_of(text, reverse), (ring, *ends))]

    def _slice_of(self, relations: str, reverse: bool) -> Read:
        text = self._slice + relations + (self._backwards if reverse else "") + " LIMIT ?"
        read = self._reads.get(text)
        if read is None:
            read = self._reads[text] = Read(text)
        return read


def row_of_entry(at: At, local: bool) -> tuple[Value, ...]:
    """What of the item's key is in the order of the entries."""
    key: tuple[Value, ...] = tuple(part for part in at.key if part is not None)
    return key[1:] if local else key


def _bytes(bound: KeyValue | None) -> bytes | None:
    return bound.encode() if isinstance(bound, str) else bound


class _EntryWrites(EntryWrites):
    def put(self, place: Place, key: Key, blob: bytes, version: int) -> Sent:
        return super().put(_kept(place), key, blob, version)

    def delete(self, place: Place, key: Key, version: int) -> Sent:
        return super().delete(_kept(place), key, version)


def _kept(place: Place) -> Place:
    return place if place.sort else place._replace(sort=LEAST)


class _Catalog(CatalogStatements):
    def __init__(self, keyspace: str) -> None:
        super().__init__(keyspace)
        # There is no DISTINCT.
        self.version = Statement(
            f"SELECT part, version, changed FROM {keyspace}.tables WHERE part = 'tables' LIMIT 1",
            _QUORUM,
        )
