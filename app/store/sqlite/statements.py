"""All SQL, and how keys are laid out in it.

An item table is named from its DynamoDB table's id, which is never reused: whoever still uses a
dropped table meets "no such table" and nothing else. Rows are in the order of a hash of their
partition key, then of partition and sort key, so that a scan has one order in every process.
S keys are TEXT, compared by their UTF-8 bytes, N and B keys are BLOB. A table without sort key
keeps an empty one.

Versions are microseconds of the clock, made greater than any version the item had: a deleted item
leaves none behind, so `state.deleted` is the highest version of all that were ever deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

import orjson

from ...model.rows import Bounds, Key, KeyValue, Segment
from ..base import ABSENT, ANY, Write

_NO_SORT_KEY = b""
_HASHES = 1 << 64
_HALF = 1 << 63

# `changes` counts changes of the catalog.
STATE = (
    "CREATE TABLE IF NOT EXISTS catalog (name TEXT PRIMARY KEY, id TEXT NOT NULL,"
    " version INTEGER NOT NULL, spec BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS state (one INTEGER PRIMARY KEY, changes INTEGER NOT NULL,"
    " deleted INTEGER NOT NULL)",
    "INSERT OR IGNORE INTO state VALUES (1, 0, 0)",
    "CREATE TABLE IF NOT EXISTS census (id TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS leases (job TEXT PRIMARY KEY, owner BLOB NOT NULL,"
    " until REAL NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS tokens (text TEXT PRIMARY KEY, digest BLOB NOT NULL,"
    " until INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS tokens_until ON tokens (until)",
)
# Times in microseconds.
TOKEN_GET = "SELECT digest FROM tokens WHERE text = ? AND until > ?"
TOKEN_PUT = "INSERT OR REPLACE INTO tokens VALUES (?, ?, ?)"
TOKENS_FORGET = "DELETE FROM tokens WHERE until <= ?"
CENSUS_GET = "SELECT data FROM census WHERE id = ?"
CENSUS_PUT = (
    "INSERT OR REPLACE INTO census (id, data)"
    " SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM catalog WHERE id = ?1)"
)
CENSUS_DELETE = "DELETE FROM census WHERE id = ?"
CHANGES = "SELECT changes FROM state"
COUNT_CHANGE = "UPDATE state SET changes = changes + 1"
CATALOG_GET = "SELECT spec FROM catalog WHERE name = ?"
CATALOG_VERSION = "SELECT version FROM catalog WHERE name = ? AND id = ?"
CATALOG_NAMES = "SELECT name FROM catalog WHERE name > ? ORDER BY name LIMIT ?"
CATALOG_INSERT = "INSERT OR IGNORE INTO catalog (name, id, version, spec) VALUES (?, ?, ?, ?)"
CATALOG_CHANGE = (
    "UPDATE catalog SET version = ?, spec = ? WHERE name = ? AND id = ? AND version = ?"
)
LEASE_TAKE = (
    "INSERT INTO leases (job, owner, until) VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
    " SET owner = excluded.owner, until = excluded.until WHERE owner = excluded.owner OR until < ?"
)
LEASES_FREE = "DELETE FROM leases WHERE owner = ?"
CATALOG_DELETE = "DELETE FROM catalog WHERE name = ? AND id = ? AND version = ?"


@dataclass(frozen=True, slots=True)
class ItemSql:
    """The statements of one item table."""

    create: tuple[str, ...]
    drop: str
    get: str
    scan: str
    query: str
    put_any: str
    put_absent: str
    put_version: str
    delete_any: str
    delete_absent: str
    delete_version: str
    check: str


@lru_cache(maxsize=4096)
def item_sql(table_id: str) -> ItemSql:
    name = f"t_{table_id}"
    here = "hash = ? AND pk = ? AND sk = ?"
    insert = (
        f"INSERT INTO {name} (hash, pk, sk, ver, item)"
        " VALUES (?, ?, ?, max(?, (SELECT deleted + 1 FROM state)), ?) ON CONFLICT DO "
    )
    return ItemSql(
        create=(
            # Not WITHOUT ROWID: SQLite would read whole items to compare their keys.
            f"CREATE TABLE {name} (hash INTEGER NOT NULL, pk NOT NULL, sk NOT NULL,"
            " ver INTEGER NOT NULL, item BLOB NOT NULL, PRIMARY KEY (hash, pk, sk))",
            f"CREATE TRIGGER {name}_deleted AFTER DELETE ON {name}"
            " BEGIN UPDATE state SET deleted = max(deleted, OLD.ver); END",
        ),
        drop=f"DROP TABLE {name}",
        get=f"SELECT ver, item FROM {name} WHERE {here}",
        scan=f"SELECT pk, sk, ver, item FROM {name} WHERE hash <= ?",
        query=f"SELECT pk, sk, ver, item FROM {name} WHERE hash = ? AND pk = ?",
        put_any=insert + "UPDATE SET ver = max(excluded.ver, ver + 1), item = excluded.item",
        put_absent=insert + "NOTHING",
        put_version=f"UPDATE {name} SET ver = max(?, ver + 1), item = ? WHERE {here} AND ver = ?",
        delete_any=f"DELETE FROM {name} WHERE {here}",
        # Changes nothing: it tells, as the others do, by the number of rows what was there.
        delete_absent=f"UPDATE {name} SET ver = ver WHERE {here}",
        delete_version=f"DELETE FROM {name} WHERE {here} AND ver = ?",
        check=f"UPDATE {name} SET ver = ver WHERE {here} AND ver = ?",
    )


class Change(NamedTuple):
    """One write as a statement. It touches `rows` rows if the version there is the expected one;
    None if that does not matter."""

    sql: str
    values: tuple[object, ...]
    rows: int | None


def change_of(write: Write, now: int) -> Change:
    """`now`: microseconds since the epoch."""
    sql = item_sql(write.table.id)
    here = physical(write.key)
    expected = write.expected
    if write.check and expected == ANY:
        raise ValueError("a check expects something")
    if write.check and expected != ABSENT:
        return Change(sql.check, (*here, expected), 1)
    if write.item is None or write.check:
        if expected == ANY:
            return Change(sql.delete_any, here, None)
        if expected == ABSENT:
            return Change(sql.delete_absent, here, 0)
        return Change(sql.delete_version, (*here, expected), 1)
    data = orjson.dumps(write.item)
    if expected == ANY:
        return Change(sql.put_any, (*here, now, data), 1)
    if expected == ABSENT:
        return Change(sql.put_absent, (*here, now, data), 1)
    return Change(sql.put_version, (now, data, *here, expected), 1)


def hash_of(partition: KeyValue) -> int:
    """A signed 64-bit hash of the partition key, the same in every process."""
    data = partition.encode() if isinstance(partition, str) else partition
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big", signed=True)


def stored_sort(key: Key) -> KeyValue:
    return _NO_SORT_KEY if key.sort is None else key.sort


def physical(key: Key) -> tuple[int, KeyValue, KeyValue]:
    return hash_of(key.partition), key.partition, stored_sort(key)


def hash_range(segment: Segment) -> tuple[int, int]:
    """First and last hash of a segment: equal parts of all hashes."""
    first = segment.number * _HASHES // segment.total - _HALF
    last = (segment.number + 1) * _HASHES // segment.total - _HALF - 1
    return first, last


Statement = tuple[str, tuple[object, ...]]


def scan_statement(sql: ItemSql, segment: Segment, after: Key | None, limit: int) -> Statement:
    first, last = hash_range(segment)
    tail = " ORDER BY hash, pk, sk LIMIT ?"
    if after is None:
        return sql.scan + " AND hash >= ?" + tail, (last, first, limit)
    return sql.scan + " AND (hash, pk, sk) > (?, ?, ?)" + tail, (last, *physical(after), limit)


def query_statement(
    sql: ItemSql,
    partition: KeyValue,
    bounds: Bounds,
    after: KeyValue | None,
    limit: int,
    *,
    reverse: bool,
) -> Statement:
    lower, at_lower = bounds.lower, bounds.lower_inclusive
    upper, at_upper = bounds.upper, bounds.upper_inclusive
    # `after` takes the place of the bound before it: of two, SQLite might seek to the wrong one.
    if after is not None:
        if reverse and (upper is None or after <= upper):  # type: ignore[operator]
            upper, at_upper = after, False
        elif not reverse and (lower is None or after >= lower):  # type: ignore[operator]
            lower, at_lower = after, False
    text = sql.query
    values: list[object] = [hash_of(partition), partition]
    if lower is not None:
        text += " AND sk >= ?" if at_lower else " AND sk > ?"
        values.append(lower)
    if upper is not None:
        text += " AND sk <= ?" if at_upper else " AND sk < ?"
        values.append(upper)
    text += " ORDER BY sk DESC LIMIT ?" if reverse else " ORDER BY sk LIMIT ?"
    return text, (*values, limit)
