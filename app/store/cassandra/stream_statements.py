"""CQL of streams: outbox rows beside the items, and the logs that their records are brought to."""

from __future__ import annotations

from ...model.rows import Key
from .session import Consistency, Statement, Value

OUTBOX = 100
"""`kind` of outbox rows."""
BUCKET_RECORDS = 1000
_QUORUM = Consistency.LOCAL_QUORUM


def bucket_of(sequence: int) -> int:
    """The partition of a shard's log that holds this record."""
    return (sequence - 1) // BUCKET_RECORDS


class OutboxStatements:
    """One item table's. A row is found by the version that its write gave the item; `ver` is the
    version before that, `item` the record.
    """

    def __init__(self, name: str, *, sorts: bool) -> None:
        row = f"pk = ? AND kind = {OUTBOX} AND ik = ?" + (" AND sk = ?" if sorts else "")
        columns, marks = (
            ("pk, kind, ik, sk", f"?, {OUTBOX}, ?, ?")
            if sorts
            else (
                "pk, kind, ik",
                f"?, {OUTBOX}, ?",
            )
        )
        self.insert = f"INSERT INTO {name} ({columns}, ver, item) VALUES ({marks}, ?, ?)"
        self.read = Statement(f"SELECT ver, item FROM {name} WHERE {row}", _QUORUM)
        self.delete = Statement(f"DELETE FROM {name} USING TIMESTAMP ? WHERE {row}", _QUORUM)


def outbox_row(key: Key, version: int) -> tuple[Value, ...]:
    """The primary key of a row."""
    place = (key.partition, version.to_bytes(8))
    return place if key.sort is None else (*place, key.sort)


class LogStatements:
    """Of all streams. `heads`: how far the log of a shard has come, and who may write it; `log`
    and `buckets`: its records, and which partitions have some; `former`: streams that are no more.
    """

    def __init__(self, keyspace: str) -> None:
        heads, log = f"{keyspace}.heads", f"{keyspace}.log"
        buckets, former = f"{keyspace}.buckets", f"{keyspace}.former"
        head = "WHERE stream = ? AND shard = ?"
        # Not INSERT: that would leave a row behind when all columns of a closed head have expired.
        self.new_head = _lwt(
            f"UPDATE {heads} SET owner = 0x00, seq = 0, base = 0, refs = 0x {head} IF owner = null"
        )
        self.head = Statement(f"SELECT seq, base, closed FROM {heads} {head}", _QUORUM)
        self.head_decided = Statement(
            f"SELECT owner, seq, base, refs, closed FROM {heads} {head}", Consistency.LOCAL_SERIAL
        )
        self.heads = Statement(f"SELECT stream, shard, closed FROM {heads}", _QUORUM)
        held = "IF owner = ? AND seq = ? AND closed = null"
        self.take = _lwt(f"UPDATE {heads} SET owner = ? {head} {held}")
        self.assign = _lwt(f"UPDATE {heads} SET seq = ?, base = ?, refs = ? {head} {held}")
        self.close = _lwt(
            f"UPDATE {heads} USING TTL ? SET owner = ?, seq = ?, base = ?, refs = 0x, "
            f"closed = true {head} {held}"
        )
        place = "WHERE stream = ? AND shard = ? AND bucket = ?"
        self.append = Statement(
            f"INSERT INTO {log} (stream, shard, bucket, seq, at, record) "
            "VALUES (?, ?, ?, ?, ?, ?) USING TTL ?",
            _QUORUM,
        )
        self.read = Statement(
            f"SELECT seq, at, record FROM {log} {place} AND seq >= ? LIMIT ?", _QUORUM
        )
        self.open_bucket = Statement(
            f"INSERT INTO {buckets} (stream, shard, bucket) VALUES (?, ?, ?) USING TTL ?", _QUORUM
        )
        self.first_bucket = Statement(
            f"SELECT bucket FROM {buckets} WHERE stream = ? AND shard = ? LIMIT 1", _QUORUM
        )
        columns = "name, label, id, spec, closed"
        self.retire = Statement(
            f"INSERT INTO {former} (name, label, id, spec) VALUES (?, ?, ?, ?) USING TIMESTAMP ?",
            _QUORUM,
        )
        self.retired = Statement(
            f"INSERT INTO {former} ({columns}) VALUES (?, ?, ?, ?, true) USING TTL ?", _QUORUM
        )
        self.former = Statement(f"SELECT {columns} FROM {former}", _QUORUM)
        self.former_of = Statement(f"SELECT {columns} FROM {former} WHERE name = ?", _QUORUM)


def _lwt(cql: str) -> Statement:
    return Statement(cql, _QUORUM, conditional=True)
