"""Entries of secondary indexes: one SQL table for each index, changed with the item."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import orjson

from ...model.index import Place, Position, decode
from ...model.rows import WHOLE, Bounds, Key, Segment
from ...model.table import Index, Table
from ..base import ANY, Write
from .statements import Change, Statement, hash_of, hash_range, stored_sort


@dataclass(frozen=True, slots=True)
class IndexSql:
    """The statements of one index's table."""

    create: str
    drop: str
    put: str
    delete: str
    scan: str
    query: str
    get: str


@lru_cache(maxsize=4096)
def index_sql(table_id: str, number: int) -> IndexSql:
    name = f"t_{table_id}_{number}"
    here = "hash = ? AND partition = ? AND sort = ? AND pk = ? AND sk = ?"
    return IndexSql(
        create=f"CREATE TABLE {name} (hash INTEGER NOT NULL, partition BLOB NOT NULL,"
        " sort BLOB NOT NULL, pk NOT NULL, sk NOT NULL, item BLOB NOT NULL,"
        " PRIMARY KEY (hash, partition, sort, pk, sk))",
        drop=f"DROP TABLE {name}",
        put=f"INSERT OR REPLACE INTO {name} VALUES (?, ?, ?, ?, ?, ?)",
        delete=f"DELETE FROM {name} WHERE {here}",
        scan=f"SELECT pk, sk, 0, item FROM {name} WHERE hash <= ?",
        query=f"SELECT pk, sk, 0, item FROM {name} WHERE hash = ? AND partition = ?",
        get=f"SELECT item FROM {name} WHERE {here}",
    )


def sql_of(table: Table, index: Index) -> IndexSql:
    return index_sql(table.id, index.number)


def changes_of(write: Write) -> Iterator[Change]:
    """What is done to the indexes when `write` is."""
    if write.entries and write.expected == ANY:
        raise ValueError("ANY is expected together with index entries")
    for entry in write.entries:
        sql = sql_of(write.table, entry.index)
        if entry.old is not None and entry.old != entry.new:
            yield Change(sql.delete, _physical(entry.index, entry.old, write.key), None)
        if entry.new is not None:
            values = (*_physical(entry.index, entry.new, write.key), orjson.dumps(entry.item))
            yield Change(sql.put, values, None)


def query_statement(
    table: Table,
    index: Index,
    partition: bytes,
    bounds: Bounds,
    after: Position | None,
    limit: int,
    *,
    reverse: bool,
) -> Statement:
    text = sql_of(table, index).query
    values: list[object] = [_hash(index, partition), partition]
    # A bound that `after` lies behind is left out: SQLite would seek to it, and read on from there.
    at = None if after is None else after.place.sort
    lower, upper = bounds.lower, bounds.upper
    if lower is not None and (at is None or reverse or at < lower):  # type: ignore[operator]
        text += " AND sort >= ?"
        values.append(lower)
    if upper is not None and (at is None or not reverse or at >= upper):  # type: ignore[operator]
        text += " AND sort < ?"
        values.append(upper)
    if after is not None:
        text += f" AND (sort, pk, sk) {'<' if reverse else '>'} (?, ?, ?)"
        values += _physical(index, after.place, after.key)[2:]
    order = "DESC" if reverse else "ASC"
    text += f" ORDER BY sort {order}, pk {order}, sk {order} LIMIT ?"
    return text, (*values, limit)


def scan_statement(
    table: Table, index: Index, segment: Segment, after: Position | None, limit: int
) -> Statement:
    sql = sql_of(table, index)
    first, last = hash_range(segment)
    tail = " ORDER BY hash, partition, sort, pk, sk LIMIT ?"
    if after is None:
        return sql.scan + " AND hash >= ?" + tail, (last, first, limit)
    text = sql.scan + " AND (hash, partition, sort, pk, sk) > (?, ?, ?, ?, ?)" + tail
    return text, (last, *_physical(index, after.place, after.key), limit)


def places_statement(table: Table, index: Index, after: Position | None, limit: int) -> Statement:
    """As `scan_statement` of all; rows tell the place as well."""
    text, values = scan_statement(table, index, WHOLE, after, limit)
    return text.replace("SELECT pk, sk, 0,", "SELECT partition, sort, pk, sk,"), values


def get_statement(table: Table, index: Index, position: Position) -> Statement:
    return sql_of(table, index).get, _physical(index, position.place, position.key)


def _physical(index: Index, place: Place, key: Key) -> tuple[object, ...]:
    hashed = _hash(index, place.partition)
    return hashed, place.partition, place.sort, key.partition, stored_sort(key)


def _hash(index: Index, partition: bytes) -> int:
    """A local index has the segments of its table."""
    return hash_of(decode(partition, index.partition)[0] if index.local else partition)
