"""CQL of secondary indexes.

Entries of a local index are rows of the item table, `kind` the index's number, `ik` the sort key of
their place: they change in the item's own conditional batch. Entries of a global index have a table
of their own. It is written `USING TIMESTAMP` the version of the item, so that its writes may arrive
in any order.
"""

from __future__ import annotations

import uuid
from typing import NamedTuple

from ...model.index import Place, Position, encode
from ...model.rows import Bounds, Key, KeyValue
from ...model.table import Index, Table
from .session import Consistency, Statement, Value
from .statements import (
    CQL_TYPES,
    Read,
    TableOptions,
    keyspace_of,
    name_of,
    row_of,
    table_options,
)

GC_GRACE_SECONDS = 3 * 3600
SLOT_SECONDS = 10
SHARDS = 4
SLOTS_AT_ONCE = 5
MOST_MARKS = 2000
_QUORUM = Consistency.LOCAL_QUORUM


def entry_table(
    keyspace: str, table: Table, index: Index, options: TableOptions = table_options
) -> str:
    """With an id of its own, so that two processes that create it at once make one table."""
    pk = CQL_TYPES[table.partition_key.type]
    sk = "" if table.sort_key is None else f", sk {CQL_TYPES[table.sort_key.type]}"
    clustering = "gsk, pk" if table.sort_key is None else "gsk, pk, sk"
    id = uuid.uuid5(uuid.UUID(table.id), str(index.number))
    return (
        f"CREATE TABLE IF NOT EXISTS {_name(keyspace, table, index.number)} "
        f"(gpk blob, gsk blob, pk {pk}{sk}, item blob, PRIMARY KEY ((gpk), {clustering})) "
        f"{options(id, GC_GRACE_SECONDS, timestamps=True)}"
    )


def drop_entry_table(keyspace: str, name: str) -> str:
    """`keyspace`: that of the table."""
    return f"DROP TABLE IF EXISTS {keyspace}.{name}"


def _name(keyspace: str, table: Table, number: int) -> str:
    return f"{keyspace_of(keyspace, table)}.{entry_table_name(table.id, number)}"


def entry_table_name(table_id: str, number: int | str) -> str:
    return f"g_{table_id}_{number}"


ENTRY_TABLES = Statement(
    "SELECT table_name FROM system_schema.tables "
    "WHERE keyspace_name = ? AND table_name >= ? AND table_name < ?",
    _QUORUM,
)


ALL_ENTRY_TABLES = ("g_", "g`")
"""The values of ENTRY_TABLES behind the keyspace that find those of all tables."""


def id_and_number(name: str) -> tuple[str, int]:
    """The inverse of `entry_table_name`."""
    _, id, number = name.split("_")
    return id, int(number)


def entry_tables_of(keyspace: str, table: Table) -> tuple[str, str, str]:
    """Values that find all entry tables of a table, whatever a process that died has left."""
    # The character behind the digits ends the range.
    names = entry_table_name(table.id, ""), entry_table_name(table.id, ":")
    return (keyspace_of(keyspace, table), *names)


class At(NamedTuple):
    """An entry among those of its index, as Cassandra orders them: `ring` is its partition key."""

    ring: KeyValue
    sort: bytes
    key: Key


class EntryReads:
    """SELECTs of one index. A row of `slice` is the sort key of a place, what else makes the key
    of the item, and the projected item; one of `scan` has the partition key before that."""

    def __init__(self, keyspace: str, table: Table, index: Index) -> None:
        self.local = index.local
        sk = () if table.sort_key is None else ("sk",)
        if index.local:
            kind = f" AND kind = {index.number}"
            # `kind` is applied as a slice of each partition, see ItemStatements.scan.
            name, ring, filtering = name_of(keyspace, table), "pk", " ALLOW FILTERING"
            self._order: tuple[str, ...] = ("ik", *sk)
            backwards = ("kind", *self._order)
        else:
            name = _name(keyspace, table, index.number)
            kind, ring, filtering = "", "gpk", ""
            self._order = ("gsk", "pk", *sk)
            backwards = self._order
        columns = ", ".join((*self._order, "item"))
        tokens = f"FROM {name} WHERE token({ring}) >= ? AND token({ring}) <= ?"
        self.scan = Read(f"SELECT {ring}, {columns} {tokens}{kind} LIMIT ?{filtering}")
        self.partitions: Read | None = Read(f"SELECT DISTINCT {ring} {tokens}")
        """None: partitions cannot be listed."""
        self._slice = f"SELECT {columns} FROM {name} WHERE {ring} = ?{kind}"
        here = "".join(f" AND {column} = ?" for column in self._order)
        self.get = Statement(f"SELECT item FROM {name} WHERE {ring} = ?{kind}{here}", _QUORUM)
        self._backwards = " ORDER BY " + ", ".join(f"{column} DESC" for column in backwards)
        self._slices: dict[tuple[bool, bool | None, bool], Read] = {}

    def at(self, position: Position) -> At:
        place, key = position
        return At(key.partition if self.local else place.partition, place.sort, key)

    def position(self, at: At) -> Position:
        """The inverse of `at`."""
        partition = encode([at.ring]) if self.local else at.ring
        assert isinstance(partition, bytes)
        return Position(Place(partition, at.sort), at.key)

    def row(self, at: At) -> tuple[Value, ...]:
        """The values of `get`."""
        rest = row_of(at.key)
        return (at.ring, at.sort, *(rest[1:] if self.local else rest))

    def found(self, ring: KeyValue, sort: bytes, *rest: KeyValue) -> At:
        """From the columns of a row."""
        key = (ring, *rest) if self.local else rest
        return At(ring, sort, Key(key[0], key[1] if len(key) > 1 else None))

    def slices(
        self, ring: KeyValue, bounds: Bounds, after: At | None, *, reverse: bool
    ) -> list[tuple[Read, tuple[Value, ...]]]:
        """Of one partition, from behind `after` in the direction of the read: to be read one after
        the other; without LIMIT's value. `bounds` are half open."""
        low: tuple[Value, ...] = (bounds.lower or b"",)
        high: tuple[Value, ...] = () if bounds.upper is None else (bounds.upper,)
        behind = before = False
        if after is not None:
            edge = (after.sort, *row_of(after.key))
            if self.local:
                edge = (after.sort, *row_of(after.key)[1:])
            if reverse and (not high or after.sort < high[0]):  # type: ignore[operator]
                high, before = edge, True
            elif not reverse and after.sort >= low[0]:  # type: ignore[operator]
                low, behind = edge, True
        read = self._read(behind, before if high else None, reverse)
        return [(read, (ring, *low, *high))]

    def _read(self, behind: bool, before: bool | None, reverse: bool) -> Read:
        """behind, before: an entry, not all with one sort key; `before` None: without an end."""
        shape = (behind, before, reverse)
        read = self._slices.get(shape)
        if read is None:
            text = self._slice + self._relation(">" if behind else ">=", whole=behind)
            if before is not None:
                text += self._relation("<", whole=before)
            if reverse:
                text += self._backwards
            read = self._slices[shape] = Read(text + " LIMIT ?")
        return read

    def _relation(self, operator: str, *, whole: bool) -> str:
        columns = self._order if whole else self._order[:1]
        return f" AND ({', '.join(columns)}) {operator} ({', '.join('?' * len(columns))})"


class EntryWrites:
    """Writes of the entries of one global index. Values end, or begin, with their version."""

    def __init__(self, keyspace: str, table: Table, number: int) -> None:
        name = _name(keyspace, table, number)
        columns = ["gpk", "gsk", "pk"] + ([] if table.sort_key is None else ["sk"])
        self._put = Statement(
            f"INSERT INTO {name} ({', '.join(columns)}, item) "
            f"VALUES ({', '.join('?' * len(columns))}, ?) USING TIMESTAMP ?",
            _QUORUM,
        )
        self._delete = Statement(
            f"DELETE FROM {name} USING TIMESTAMP ? WHERE "
            + " AND ".join(f"{column} = ?" for column in columns),
            _QUORUM,
        )

    def put(self, place: Place, key: Key, blob: bytes, version: int) -> Sent:
        return self._put, (*place, *row_of(key), blob, version)

    def delete(self, place: Place, key: Key, version: int) -> Sent:
        return self._delete, (version, *place, *row_of(key))


Sent = tuple[Statement, tuple[Value, ...]]


class MarkStatements:
    """Marks of writes under way, by slots of time; see `marks`. `table` holds them, `whose` names
    the progress of the one who reads them."""

    def __init__(self, keyspace: str, table: str, whose: str) -> None:
        dirty, swept = f"{keyspace}.{table}", f"{keyspace}.swept"
        columns = "slot, shard, id, ver, table_name, table_id, pk, sk, places"
        self.insert = Statement(
            f"INSERT INTO {dirty} ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?",
            _QUORUM,
        )
        self.delete = Statement(
            f"DELETE FROM {dirty} USING TIMESTAMP ? WHERE slot = ? AND shard = ? AND id = ?",
            _QUORUM,
        )
        slots = ", ".join("?" * SLOTS_AT_ONCE)
        shards = ", ".join(map(str, range(SHARDS)))
        self.select = Statement(
            f"SELECT {columns} FROM {dirty} WHERE slot IN ({slots}) AND shard IN ({shards}) "
            f"LIMIT {MOST_MARKS}",
            _QUORUM,
        )
        self.swept = Statement(f"SELECT slot FROM {swept} WHERE name = '{whose}'", _QUORUM)
        self.set_swept = Statement(
            f"INSERT INTO {swept} (name, slot) VALUES ('{whose}', ?)", _QUORUM
        )
