"""Streams: records are written, and get their sequence numbers, in the transaction of their item.

A stream is known by its table's id and its label. `shards` says which number comes next, so that
numbers of a shard have no gaps and none comes twice, whichever process writes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import orjson

from ...model import shards as lineage
from ...model.rows import Key
from ...model.stream import (
    FIRST_SEQUENCE,
    RETENTION_SECONDS,
    LoggedRecord,
    Shard,
    StreamOfTable,
    decode_record,
    encode_record,
    stream_of,
)
from ...model.table import KeyAttribute, Stream, Table
from ...model.table import stream as stream_from
from ..base import ANY, StreamPage, Trimmed, Write
from .statements import Change, hash_of

PAGE_BYTES = 1024 * 1024
TRIM_SECONDS = 60.0
_TRIMMED_AT_ONCE = 1000
_PAGE_ROWS = 1000

STATE = (
    "CREATE TABLE IF NOT EXISTS streams (id TEXT PRIMARY KEY, table_name TEXT NOT NULL,"
    " label TEXT NOT NULL, spec BLOB NOT NULL, closed REAL)",
    "CREATE INDEX IF NOT EXISTS streams_by_table ON streams (table_name, label)",
    "CREATE TABLE IF NOT EXISTS shards (stream TEXT, shard INTEGER, next INTEGER NOT NULL,"
    " PRIMARY KEY (stream, shard)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS closed_shards (stream TEXT, shard INTEGER, at REAL NOT NULL,"
    " PRIMARY KEY (stream, shard)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS records (stream TEXT NOT NULL, shard INTEGER NOT NULL,"
    " seq INTEGER NOT NULL, at REAL NOT NULL, data BLOB NOT NULL,"
    " PRIMARY KEY (stream, shard, seq))",
    "CREATE INDEX IF NOT EXISTS records_by_time ON records (at)",
)
_APPEND = (
    "INSERT INTO records VALUES (?1, ?2,"
    " (SELECT next FROM shards WHERE stream = ?1 AND shard = ?2), ?3, ?4)"
)
_COUNT = "UPDATE shards SET next = next + 1 WHERE stream = ? AND shard = ?"
_OPEN = "INSERT INTO streams VALUES (?, ?, ?, ?, NULL)"
_OPEN_SHARD = "INSERT INTO shards VALUES (?, ?, ?)"
_CLOSE_SHARD = "INSERT INTO closed_shards VALUES (?, ?, ?)"
_RESHAPE = "UPDATE streams SET spec = ? WHERE id = ?"
_CLOSE = "UPDATE streams SET closed = ? WHERE id = ? AND closed IS NULL"
_KEPT = "SELECT spec, closed FROM streams WHERE (closed IS NULL OR closed > ?)"
_BY_NAME = " ORDER BY table_name, label"
_CLOSED = (
    "coalesce(closed, (SELECT at FROM closed_shards WHERE closed_shards.stream = shards.stream"
    " AND closed_shards.shard = shards.shard))"
)
_SHARDS = (
    f"SELECT shard, next, {_CLOSED} FROM shards JOIN streams ON id = stream"
    " WHERE stream = ? ORDER BY shard"
)
_SHARD = (
    f"SELECT next, {_CLOSED}, (SELECT min(seq) FROM records"
    " WHERE records.stream = ?1 AND records.shard = ?2 AND at > ?3)"
    " FROM shards JOIN streams ON id = stream WHERE stream = ?1 AND shard = ?2"
)
_READ = (
    "SELECT seq, at, data FROM records WHERE stream = ? AND shard = ? AND seq >= ?"
    " ORDER BY seq LIMIT ?"
)
_TRIM_RECORDS = (
    "DELETE FROM records WHERE rowid IN (SELECT rowid FROM records WHERE at <= ? LIMIT ?)"
)
_TRIM = (
    "DELETE FROM shards WHERE stream IN (SELECT id FROM streams WHERE closed <= ?)",
    "DELETE FROM shards WHERE EXISTS (SELECT 1 FROM closed_shards WHERE at <= ?"
    " AND closed_shards.stream = shards.stream AND closed_shards.shard = shards.shard)",
    "DELETE FROM closed_shards WHERE at <= ?",
    "DELETE FROM streams WHERE closed <= ?",
)


def changes_of(write: Write, now: float) -> Iterator[Change]:
    """What is done to the table's stream when `write` is. `now` is in epoch seconds."""
    if write.record is None:
        return
    stream = write.table.stream
    if write.expected == ANY or stream is None:
        raise ValueError("a record needs what is expected, and a stream")
    place = (_id(write.table.id, stream), _shard_of(stream, write.key))
    yield Change(_APPEND, (*place, now, encode_record(write.record)), 1)
    yield Change(_COUNT, place, 1)


def changes_between(before: Table | None, after: Table | None, now: float) -> list[Change]:
    """What a change of the catalog does to the streams of one table."""
    old = None if before is None else stream_of(before)
    new = None if after is None else stream_of(after)
    if old == new:
        return []
    if old is not None and new is not None and old.stream.label == new.stream.label:
        return _split(old, new, now)
    changes = []
    if old is not None:
        changes.append(Change(_CLOSE, (now, _id_of(old)), 1))
    if new is not None:
        changes.append(
            Change(_OPEN, (_id_of(new), new.table_name, new.stream.label, orjson.dumps(new)), 1)
        )
        changes += _opened(new)
    return changes


def _split(old: StreamOfTable, new: StreamOfTable, now: float) -> list[Change]:
    changes = [Change(_RESHAPE, (orjson.dumps(new), _id_of(new)), 1)]
    if new.stream.shards != old.stream.shards:
        closed = range(lineage.first_open(old.stream), lineage.first_open(new.stream))
        changes += [Change(_CLOSE_SHARD, (_id_of(new), number, now), 1) for number in closed]
        changes += _opened(new)
    return changes


def _opened(stream: StreamOfTable) -> list[Change]:
    """The shards that are written to, made."""
    shape = stream.stream
    return [
        Change(_OPEN_SHARD, (_id_of(stream), number, FIRST_SEQUENCE), 1)
        for number in range(lineage.first_open(shape), lineage.shard_count(shape))
    ]


def find(
    reader: sqlite3.Connection, now: float, table_name: str | None, label: str | None = None
) -> list[StreamOfTable]:
    text = _KEPT
    values: list[object] = [_horizon(now)]
    for column, value in (("table_name", table_name), ("label", label)):
        if value is not None:
            text += f" AND {column} = ?"
            values.append(value)
    return [_decoded(*row) for row in reader.execute(text + _BY_NAME, values)]


def shards(reader: sqlite3.Connection, stream: StreamOfTable) -> list[Shard]:
    found = reader.execute(_SHARDS, (_id_of(stream),))
    return [Shard(number, next, closed is not None) for number, next, closed in found]


def read(
    reader: sqlite3.Connection,
    stream: StreamOfTable,
    shard: int,
    start: int | None,
    limit: int,
    now: float,
) -> StreamPage | Trimmed:
    place = (_id_of(stream), shard)
    found = reader.execute(_SHARD, (*place, _horizon(now))).fetchone()
    if found is None:
        # The whole stream was trimmed since it was looked up.
        return Trimmed()
    next, closed, oldest = found
    oldest = next if oldest is None else oldest
    if start is None:
        start = oldest
    elif start < oldest:
        return Trimmed()
    records: list[LoggedRecord] = []
    size = 0
    # Closed at once: a statement before its end keeps this connection's view of the file.
    with closing(reader.execute(_READ, (*place, start, min(limit, _PAGE_ROWS)))) as rows:
        for sequence, at, data in rows:
            if size > PAGE_BYTES:
                break
            records.append(LoggedRecord(sequence, at, decode_record(data)))
            size += len(data)
    behind = records[-1].sequence + 1 if records else start
    return StreamPage(tuple(records), None if closed is not None and behind >= next else behind)


def trim(connection: sqlite3.Connection, now: float) -> bool:
    """Removes what is older than is kept, a bounded number of records; whether more may be left."""
    horizon = _horizon(now)
    if connection.execute(_TRIM_RECORDS, (horizon, _TRIMMED_AT_ONCE)).rowcount:
        return True
    for statement in _TRIM:
        connection.execute(statement, (horizon,))
    return False


def _horizon(now: float) -> float:
    return now - RETENTION_SECONDS


def _id(table_id: str, stream: Stream) -> str:
    return f"{table_id}/{stream.label}"


def _id_of(stream: StreamOfTable) -> str:
    return _id(stream.table_id, stream.stream)


def _shard_of(stream: Stream, key: Key) -> int:
    return lineage.shard_of(stream, hash_of(key.partition))


def _decoded(spec: bytes, closed: float | None) -> StreamOfTable:
    raw = orjson.loads(spec)
    return StreamOfTable(
        raw["table_name"],
        raw["table_id"],
        tuple(KeyAttribute(**key) for key in raw["keys"]),
        stream_from(raw["stream"]),
        "ENABLED" if closed is None else "DISABLED",
    )
