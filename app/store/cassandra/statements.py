"""All CQL: the one place to read what is asked of Cassandra.

Item tables. A row is an item, a delete's marker (`item` and `live` null) or the trace of a write
whose outcome was not known (only `last`). Every write is a lightweight transaction, see `cas`.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Protocol

from ...model.rows import Key, KeyValue
from ...model.table import PER_TABLE, Table
from .session import Consistency, Result, Statement, Value
from .stream_statements import OutboxStatements

MARKER_SECONDS = 3600
LAST_SECONDS = 600
GC_GRACE_SECONDS = 86_400
CENSUS_SECONDS = 30 * 86_400
_PREFIX_CHARACTERS = 15
# A read does not wait for a replica that hangs: another one is asked after 50 ms at the latest.
READ_OPTIONS = "read_repair = 'BLOCKING' AND speculative_retry = 'MIN(99p,50ms)'"

# What a write expects to find. The version of a delete's marker is that of no item, and yet a
# version that the next item must exceed where anything is ordered by it.
IF_ANY = ""
IF_ABSENT = "live = null AND "
IF_VERSION = "ver = ? AND "
IF_ABSENT_SINCE = "live = null AND ver = ? AND "

CQL_TYPES = {"S": "text", "N": "blob", "B": "blob"}
_READS = (Consistency.LOCAL_ONE, Consistency.LOCAL_QUORUM)
# Of a conditional statement this is the level of the commit.
_QUORUM = Consistency.LOCAL_QUORUM


Columns = Sequence[tuple[str, str]]
"""Name and CQL type of those that a translator keeps items in; the first is the one to read."""


class TableOptions(Protocol):
    def __call__(
        self, id: uuid.UUID, gc_grace_seconds: int, *, timestamps: bool = False
    ) -> str: ...


def keyspace(name: str, replication: dict[str, int]) -> str:
    factors = "".join(f", '{dc}': {factor}" for dc, factor in sorted(replication.items()))
    return (
        f"CREATE KEYSPACE IF NOT EXISTS {name} "
        f"WITH replication = {{'class': 'NetworkTopologyStrategy'{factors}}}"
    )


def table_options(id: uuid.UUID, gc_grace_seconds: int, *, timestamps: bool = False) -> str:
    """What follows the columns of a CREATE TABLE. `timestamps`: writers give the time."""
    return f"WITH id = {id} AND {READ_OPTIONS} AND gc_grace_seconds = {gc_grace_seconds}"


def item_table(
    keyspace: str, table: Table, columns: Columns, options: TableOptions = table_options
) -> str:
    """`id` is the table's own, so that two processes that create it at once make one table."""
    partition = CQL_TYPES[table.partition_key.type]
    sort = "" if table.sort_key is None else f", sk {CQL_TYPES[table.sort_key.type]}"
    clustering = "kind, ik" if table.sort_key is None else "kind, ik, sk"
    # Entries of local indexes and outbox rows have an `item`, whatever items are kept in.
    more = "".join(f", {name} {type}" for name, type in columns if name != "item")
    return (
        f"CREATE TABLE IF NOT EXISTS {name_of(keyspace, table)} (pk {partition}, kind tinyint, "
        f"ik blob{sort}, ver bigint, live boolean, item blob{more}, txid blob, txp blob, "
        f"last map<blob, bigint>, PRIMARY KEY ((pk), {clustering})) "
        f"{options(uuid.UUID(table.id), GC_GRACE_SECONDS)}"
    )


def drop_item_table(keyspace: str, table: Table) -> str:
    return f"DROP TABLE IF EXISTS {name_of(keyspace, table)}"


def drop_keyspace(name: str) -> str:
    return f"DROP KEYSPACE IF EXISTS {name}"


def name_of(keyspace: str, table: Table) -> str:
    """From the catalog's id, never from what a user wrote."""
    return f"{keyspace_of(keyspace, table)}.t_{table.id}"


def keyspace_of(keyspace: str, table: Table) -> str:
    """Where the rows of a table and of its indexes are; `keyspace`: the store's."""
    return f"{own_prefix(keyspace)}{table.id}" if table.layout == PER_TABLE else keyspace


def own_prefix(keyspace: str) -> str:
    """What the keyspaces of single tables begin with; the table's id follows."""
    # 48 characters at most, of which the id takes 32.
    return f"{keyspace[:_PREFIX_CHARACTERS]}_"


def where_item(table: Table) -> str:
    """One item; values as `row_of` gives them."""
    return "pk = ? AND kind = 0 AND ik = 0x00" + ("" if table.sort_key is None else " AND sk = ?")


class Read:
    """One SELECT at both levels of consistency."""

    __slots__ = ("_at_one", "_at_quorum")

    def __init__(self, cql: str) -> None:
        self._at_one, self._at_quorum = (Statement(cql, level) for level in _READS)

    def at(self, consistent: bool) -> Statement:
        return self._at_quorum if consistent else self._at_one


class Cas:
    """One kind of write of an item under one condition; `values` in the order of its text.

    fence: writer + version of this attempt. Nobody sets it but `ItemStatements.fence`, after which
    this attempt can never be applied. `entries` are further statements, of local indexes and of the
    outbox.
    """

    __slots__ = ("_deletes", "_versioned", "statement")

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
        condition += "txid = null AND last[?] = null"
        if deletes:
            # One TTL for all of it, so one statement.
            texts = [
                f"UPDATE {name} USING TTL {MARKER_SECONDS} SET ver = ?, {cleared(columns)}, "
                f"last[?] = ? WHERE {row} IF {condition}"
            ]
        else:
            texts = [
                f"UPDATE {name} SET ver = ?, {written(columns)} WHERE {row} IF {condition}",
                f"UPDATE {name} USING TTL {LAST_SECONDS} SET last[?] = ? WHERE {row}",
            ]
        texts += entries
        text = texts[0] if len(texts) == 1 else f"BEGIN BATCH {'; '.join(texts)}; APPLY BATCH"
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
        """`item`: of the columns, nothing for a delete. Those of `entries` come behind."""
        condition = (expected, fence) if self._versioned else (fence,)
        if self._deletes:
            return (version, writer, version, *row, *condition)
        return (version, *item, *row, *condition, writer, version, *row)


class ItemStatements:
    """The statements of one item table."""

    cas_type = Cas

    def __init__(self, keyspace: str, table: Table, columns: Columns) -> None:
        name = name_of(keyspace, table)
        sorts = table.sort_key is not None
        self._columns = columns
        item = columns[0][0]
        self.least_sort = _least(table)
        row = where_item(table)
        self.get = Read(f"SELECT {item}, ver FROM {name} WHERE {row}")
        self.get_at_one = self.get.at(consistent=False)
        self.decided = Statement(
            f"SELECT {item}, ver FROM {name} WHERE {row}", Consistency.LOCAL_SERIAL
        )
        self.outbox = OutboxStatements(name, sorts=sorts)
        self.row = row
        self.name = name
        self._sorts = sorts
        self._cas: dict[tuple[str, bool, int, int, bool], Cas] = {}
        self.fence = Statement(
            f"UPDATE {name} USING TTL {MARKER_SECONDS} SET last[?] = ? WHERE {row} IF last[?] != ?",
            _QUORUM,
            conditional=True,
        )
        # The marker keeps `last`, and makes no tombstone of the whole row.
        self._plain_put = Statement(
            f"UPDATE {name} SET ver = ?, {written(columns)} WHERE {row}", _QUORUM
        )
        self._plain_delete = Statement(
            f"UPDATE {name} USING TTL {MARKER_SECONDS} SET ver = ?, {cleared(columns)} WHERE {row}",
            _QUORUM,
        )
        selected = f"pk, sk, {item}, ver" if sorts else f"pk, {item}, ver"
        ring = f"FROM {name} WHERE token(pk) >= ? AND token(pk) <= ?"
        # Without `kind` a page that crosses a partition would read all its outbox tombstones; the
        # filter costs nothing, it is applied as a slice of each partition.
        self.scan = Read(f"SELECT {selected} {ring} AND kind = 0 LIMIT ? ALLOW FILTERING")
        self.partitions: Read | None = Read(f"SELECT DISTINCT pk {ring}")
        """None: partitions cannot be listed."""
        if sorts:
            partition = (
                f"SELECT sk, {item}, ver FROM {name} "
                "WHERE pk = ? AND kind = 0 AND ik = 0x00 AND sk >= ?"
            )
            backwards = " ORDER BY kind DESC, ik DESC, sk DESC"
            self._slices = {
                (bounded, reverse): Read(
                    partition
                    + (" AND sk < ?" if bounded else "")
                    + (backwards if reverse else "")
                    + " LIMIT ?"
                )
                for bounded in (False, True)
                for reverse in (False, True)
            }

    def cas(
        self,
        condition: str,
        *,
        deletes: bool,
        removed: int = 0,
        added: int = 0,
        tells: bool = False,
    ) -> Cas:
        """`condition` as above; `removed` and `added`: entries of local indexes; `tells`: of the
        table's stream."""
        shape = (condition, deletes, removed, added, tells)
        cas = self._cas.get(shape)
        if cas is None:
            cas = self._cas[shape] = self.cas_type(
                self.name,
                self.row,
                self._columns,
                deletes=deletes,
                condition=condition,
                entries=[
                    *local_entries(self.name, self._sorts, removed, added),
                    *([self.outbox.insert] if tells else ()),
                ],
            )
        return cas

    def plain(self, *, deletes: bool) -> Statement:
        """A write that compares nothing; values: version, columns (not of a delete), row."""
        return self._plain_delete if deletes else self._plain_put

    def slice(self, *, bounded: bool, reverse: bool) -> Read:
        """From a sort key on, and with `bounded` up to before another. Only if the table sorts."""
        return self._slices[bounded, reverse]

    def fence_values(
        self, row: tuple[Value, ...], version: int, writer: bytes, fence: bytes
    ) -> tuple[Value, ...]:
        return (fence, version, *row, writer, version)

    def was_applied(self, fenced: Result) -> bool:
        """Whether the attempt was, by the answer to its fence."""
        return not fenced.rows[0][0]


def written(columns: Columns) -> str:
    """Assignments of an item; values as a translator gives them."""
    return "".join(f"{name} = ?, " for name, _ in columns) + "live = true"


def cleared(columns: Columns) -> str:
    """Assignments of no item."""
    return "".join(f"{name} = null, " for name, _ in columns) + "live = null"


def local_entries(name: str, sorts: bool, removed: int, added: int) -> list[str]:
    """Statements for rows of local indexes beside the item's."""
    row = "pk = ? AND kind = ? AND ik = ?" + (" AND sk = ?" if sorts else "")
    columns, marks = ("pk, kind, ik, sk", "?, ?, ?, ?") if sorts else ("pk, kind, ik", "?, ?, ?")
    remove = f"DELETE FROM {name} WHERE {row}"
    add = f"INSERT INTO {name} ({columns}, item) VALUES ({marks}, ?)"
    return [remove] * removed + [add] * added


def local_row(key: Key, number: int, sort: bytes) -> tuple[Value, ...]:
    """Where the entry of an item in a local index stands, `sort` being that of its place."""
    return (key.partition, number, sort, *row_of(key)[1:])


def _least(table: Table) -> KeyValue | None:
    """What sorts before every sort key; None if the table has none."""
    if table.sort_key is None:
        return None
    return "" if table.sort_key.type == "S" else b""


def row_of(key: Key) -> tuple[Value, ...]:
    """The values of the primary key in a WHERE clause of one row."""
    return (key.partition,) if key.sort is None else (key.partition, key.sort)


class CatalogStatements:
    """`tables` is one partition: its static `version` counts changes of rows that processes may
    hold copies of, `changed` names the last one. `change` is the change's own random id."""

    def __init__(self, keyspace: str) -> None:
        tables = f"{keyspace}.tables"
        columns = "id, revision, status, at, change, spec, version"
        row = f"SELECT {columns} FROM {tables} WHERE part = 'tables' AND name = ?"
        self.row = Statement(row, _QUORUM)
        self.row_decided = Statement(row, Consistency.LOCAL_SERIAL)
        self.version = Statement(
            f"SELECT DISTINCT part, version, changed FROM {tables} WHERE part = 'tables'", _QUORUM
        )
        self.names = Statement(
            f"SELECT name FROM {tables} WHERE part = 'tables' AND name > ? LIMIT ?", _QUORUM
        )
        self.specs = Statement(f"SELECT spec FROM {tables} WHERE part = 'tables'", _QUORUM)
        self.states = Statement(
            f"SELECT name, id, status FROM {tables} WHERE part = 'tables'", _QUORUM
        )
        self.first_version = _lwt(
            f"UPDATE {tables} SET version = 1 WHERE part = 'tables' IF version = null"
        )
        self.insert = _lwt(
            f"INSERT INTO {tables} (part, name, id, revision, status, change, spec) "
            "VALUES ('tables', ?, ?, ?, ?, ?, ?) IF NOT EXISTS"
        )
        place = "WHERE part = 'tables' AND name = ? IF id = ? AND revision = ?"
        self.replace = _lwt(
            "BEGIN BATCH "
            f"UPDATE {tables} SET version = ?, changed = ? WHERE part = 'tables' IF version = ?; "
            f"UPDATE {tables} SET revision = ?, status = ?, at = ?, change = ?, spec = ? {place}; "
            "APPLY BATCH"
        )
        self.activate = _lwt(
            f"UPDATE {tables} SET status = ?, spec = ? {place} AND status = 'CREATING'"
        )
        self.remove = _lwt(f"DELETE FROM {tables} {place}")
        census = f"{keyspace}.census"
        self.census = Statement(f"SELECT data FROM {census} WHERE id = ?", _QUORUM)
        # Of a dropped table it runs out.
        self.keep_census = Statement(
            f"INSERT INTO {census} (id, data) VALUES (?, ?) USING TTL {CENSUS_SECONDS}", _QUORUM
        )
        members = f"{keyspace}.members"
        # A member writes its own row only, so its own clock orders the writes, whichever node
        # takes them; a node's clock would let the slowest node's write be the loser.
        self.beat = Statement(
            f"INSERT INTO {members} (id, acked) VALUES (?, ?) USING TTL ? AND TIMESTAMP ?", _QUORUM
        )
        self.leave = Statement(f"DELETE FROM {members} USING TIMESTAMP ? WHERE id = ?", _QUORUM)
        self.members = Statement(f"SELECT id, acked FROM {members}", _QUORUM)
        leases = f"{keyspace}.leases"
        self.take = _lwt(
            f"INSERT INTO {leases} (name, owner) VALUES (?, ?) IF NOT EXISTS USING TTL ?"
        )
        self.owner = Statement(f"SELECT owner FROM {leases} WHERE name = ?", _QUORUM)
        self.renew = _lwt(f"UPDATE {leases} USING TTL ? SET owner = ? WHERE name = ? IF owner = ?")
        self.free = _lwt(f"DELETE FROM {leases} WHERE name = ? IF owner = ?")


def _lwt(cql: str) -> Statement:
    return Statement(cql, _QUORUM, conditional=True)
