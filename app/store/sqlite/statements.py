"""All SQL, and how keys are laid out in it.

An item table is named from its DynamoDB table's id, which is never reused: whoever still uses a
dropped table meets "no such table" and nothing else. Rows are in the order of a hash of their
partition key, then of partition and sort key, so that a scan has one order in every process.
S keys are TEXT, compared by their UTF-8 bytes, N and B keys are BLOB. A table without sort key
keeps an empty one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from ...model.rows import Bounds, Key, KeyValue, Segment

# What `PRAGMA user_version` says: an older dynaspan refuses the file of a newer one.
FILE_FORMAT = 1

NO_SORT_KEY = b""
_HASHES = 1 << 64
_HALF = 1 << 63

CATALOG = (
    "CREATE TABLE IF NOT EXISTS catalog (name TEXT PRIMARY KEY, id TEXT NOT NULL,"
    " version INTEGER NOT NULL, spec BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS counter (one INTEGER PRIMARY KEY, changes INTEGER NOT NULL)",
    "INSERT OR IGNORE INTO counter VALUES (1, 0)",
)
COUNT_CHANGE = "UPDATE counter SET changes = changes + 1"
CHANGES = "SELECT changes FROM counter"
CATALOG_GET = "SELECT spec FROM catalog WHERE name = ?"
CATALOG_NAMES = "SELECT name FROM catalog WHERE name > ? ORDER BY name LIMIT ?"
CATALOG_INSERT = "INSERT OR IGNORE INTO catalog (name, id, version, spec) VALUES (?, ?, ?, ?)"
CATALOG_CHANGE = (
    "UPDATE catalog SET version = ?, spec = ? WHERE name = ? AND id = ? AND version = ?"
)
CATALOG_DELETE = "DELETE FROM catalog WHERE name = ? AND id = ? AND version = ?"


@dataclass(frozen=True, slots=True)
class ItemSql:
    """The statements of one item table."""

    create: str
    drop: str
    get: str
    version: str
    put: str
    delete: str
    scan: str
    query: str


@lru_cache(maxsize=4096)
def item_sql(table_id: str) -> ItemSql:
    name = f'"t_{table_id}"'
    key = "hash = ? AND pk = ? AND sk = ?"
    return ItemSql(
        create=f"CREATE TABLE {name} (hash INTEGER, pk, sk, ver INTEGER NOT NULL,"
        " item BLOB NOT NULL, PRIMARY KEY (hash, pk, sk)) WITHOUT ROWID",
        drop=f"DROP TABLE {name}",
        get=f"SELECT ver, item FROM {name} WHERE {key}",
        version=f"SELECT ver FROM {name} WHERE {key}",
        put=f"INSERT OR REPLACE INTO {name} VALUES (?, ?, ?, ?, ?)",
        delete=f"DELETE FROM {name} WHERE {key}",
        scan=f"SELECT pk, sk, ver, item FROM {name} WHERE hash <= ?",
        query=f"SELECT sk, ver, item FROM {name} WHERE hash = ? AND pk = ?",
    )


def hash_of(partition: KeyValue) -> int:
    """A signed 64-bit hash of the partition key, the same in every process."""
    data = partition.encode() if isinstance(partition, str) else partition
    return int.from_bytes(blake2b(data, digest_size=8).digest(), signed=True)


def physical(key: Key) -> tuple[int, KeyValue, KeyValue]:
    sort = NO_SORT_KEY if key.sort is None else key.sort
    return hash_of(key.partition), key.partition, sort


def hash_range(segment: Segment) -> tuple[int, int]:
    """First and last hash of a segment: equal parts of all hashes."""
    first = segment.number * _HASHES // segment.total - _HALF
    last = (segment.number + 1) * _HASHES // segment.total - _HALF - 1
    return first, last


def scan_statement(
    sql: ItemSql, segment: Segment, after: Key | None, limit: int
) -> tuple[str, tuple[object, ...]]:
    first, last = hash_range(segment)
    tail = " ORDER BY hash, pk, sk LIMIT ?"
    if after is None:
        return sql.scan + " AND hash >= ?" + tail, (last, first, limit)
    return sql.scan + " AND (hash, pk, sk) > (?, ?, ?)" + tail, (last, *physical(after), limit)


def query_statement(
    sql: ItemSql,
    partition: KeyValue,
    bounds: Bounds,
    after: Key | None,
    limit: int,
    *,
    reverse: bool,
) -> tuple[str, tuple[object, ...]]:
    text = sql.query
    values: list[object] = [hash_of(partition), partition]
    if bounds.lower is not None:
        text += " AND sk >= ?" if bounds.lower_inclusive else " AND sk > ?"
        values.append(bounds.lower)
    if bounds.upper is not None:
        text += " AND sk <= ?" if bounds.upper_inclusive else " AND sk < ?"
        values.append(bounds.upper)
    if after is not None:
        text += " AND sk < ?" if reverse else " AND sk > ?"
        values.append(NO_SORT_KEY if after.sort is None else after.sort)
    text += f" ORDER BY sk {'DESC' if reverse else 'ASC'} LIMIT ?"
    return text, (*values, limit)
