"""CQL of transactions: their records and tokens in the catalog, their locks on the rows of items.

TRANSACTIONS.md says who may send which of them when.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ...model.rows import Key
from ...model.table import Table
from .document import Image
from .prepared import Prepared
from .session import Consistency, Statement, Value
from .statements import (
    MARKER_SECONDS,
    cleared,
    local_entries,
    local_row,
    name_of,
    row_of,
    where_item,
    written,
)
from .stream_statements import OutboxStatements, outbox_row
from .translator import Translator

PENDING = "P"
COMMITTED = "C"
ABORTED = "A"
FINISHED = "F"
"""States of a record. No record, or FINISHED: all its rows have been applied or rolled back."""

KEPT_SECONDS = 3600
TOKEN_SECONDS = 600
OUTCOME_KIND = 102
_QUORUM = Consistency.LOCAL_QUORUM
_MOST_SHAPES = 512


class TransactionStatements:
    """Records are written by UPDATE alone, so that nothing is left of one whose columns went."""

    def __init__(self, keyspace: str) -> None:
        txn, token = f"{keyspace}.transactions", f"{keyspace}.tokens"
        self.begin = _lwt(
            f"UPDATE {txn} SET state = '{PENDING}', client = ?, writes = ? "
            "WHERE id = ? IF state = null"
        )
        self.forbid = _lwt(
            f"UPDATE {txn} USING TTL {KEPT_SECONDS} SET state = '{ABORTED}' "
            "WHERE id = ? IF state = null"
        )
        self.commit, self.abort = (
            _lwt(f"UPDATE {txn} SET state = '{to}' WHERE id = ? IF state = '{PENDING}'")
            for to in (COMMITTED, ABORTED)
        )
        self.end = _lwt(f"DELETE state, client, writes FROM {txn} WHERE id = ? IF state = ?")
        self.close = _lwt(
            f"UPDATE {txn} USING TTL {KEPT_SECONDS} SET state = ?, client = null, writes = null "
            "WHERE id = ? IF state = ?"
        )
        self.all = Statement(f"SELECT id, writes FROM {txn}", _QUORUM)
        self.state = Statement(f"SELECT state FROM {txn} WHERE id = ?", _QUORUM)
        self.record = Statement(
            f"SELECT state, client, writes FROM {txn} WHERE id = ?", Consistency.LOCAL_SERIAL
        )
        columns = "digest = ?, txn = ?, home = ?"
        self.take = _lwt(
            f"UPDATE {token} USING TTL {KEPT_SECONDS} SET {columns} WHERE name = ? IF txn = null"
        )
        self.retake = _lwt(
            f"UPDATE {token} USING TTL {KEPT_SECONDS} SET {columns} "
            "WHERE name = ? IF txn = ? AND done = null"
        )
        self.spend = _lwt(
            f"UPDATE {token} USING TTL {TOKEN_SECONDS} SET txn = ?, done = true "
            "WHERE name = ? IF txn = ?"
        )
        self.release = _lwt(
            f"DELETE digest, txn, home FROM {token} WHERE name = ? IF txn = ? AND done = null"
        )
        self.token = Statement(
            f"SELECT digest, txn, home, done FROM {token} WHERE name = ?", _QUORUM
        )


class Part(NamedTuple):
    """One row of a batch within a partition: what is expected of it, and what becomes of it.

    condition: as in `statements`, with `expected` as its value if it has one.
    """

    key: Key
    condition: str
    expected: int | None
    prepared: Prepared


class LockStatements:
    """Of one item table."""

    def __init__(self, keyspace: str, table: Table, translator: Translator) -> None:
        self._translator = translator
        self._name = name = name_of(keyspace, table)
        self._row = row = where_item(table)
        self._sorts = sorts = table.sort_key is not None
        self._outbox = OutboxStatements(name, sorts=sorts).insert
        self.look = Statement(
            f"SELECT {translator.columns[0][0]}, ver, txid FROM {name} WHERE {row}", _QUORUM
        )
        self.holder = Statement(f"SELECT txid FROM {name} WHERE {row}", _QUORUM)
        self.locked = Statement(f"SELECT txid, txp FROM {name} WHERE {row}", _QUORUM)
        self.unlock = _lwt(f"UPDATE {name} SET txid = null, txp = null WHERE {row} IF txid = ?")
        columns = "pk, kind, ik" + (", sk" if sorts else "")
        marks = f"?, {OUTCOME_KIND}, ?" + (", ?" if sorts else "")
        self._outcome = (
            f"INSERT INTO {name} ({columns}, live) VALUES ({marks}, %s) "
            f"IF NOT EXISTS USING TTL {KEPT_SECONDS}"
        )
        self.forbid = _lwt(self._outcome % "false")
        self.outcome_of = Statement(
            f"SELECT live FROM {name} WHERE pk = ? AND kind = {OUTCOME_KIND} AND ik = ?"
            + (" AND sk = ?" if sorts else ""),
            Consistency.LOCAL_SERIAL,
        )
        self._statements: dict[object, Statement] = {}

    def prepare(self, condition: str) -> Statement:
        """Values: txid, txp, row, then that of the condition."""
        return self._made(
            condition,
            lambda: [
                f"UPDATE {self._name} SET txid = ?, txp = ? WHERE {self._row} "
                f"IF {condition}txid = null"
            ],
        )

    def apply(
        self, key: Key, txid: bytes, prepared: Prepared
    ) -> tuple[Statement, tuple[Value, ...]]:
        """Makes of a row that `txid` holds what it has prepared. May be sent again."""
        if prepared.check:
            return self.unlock, (*row_of(key), txid)
        deletes = prepared.blob is None
        entries, tells = _shape(prepared)
        statement = self._made(
            ("apply", deletes, entries, tells),
            lambda: [
                self._write(deletes, ", txid = null, txp = null") + " IF txid = ?",
                *self._entries(entries, tells),
            ],
        )
        return statement, (*self._written(prepared, key), txid, *_entry_values(prepared, key))

    def together(self, id: bytes, parts: Sequence[Part]) -> tuple[Statement, tuple[Value, ...]]:
        """All of a transaction whose rows are one partition, and its outcome, at once."""
        shape = tuple(
            (
                part.condition,
                part.prepared.check,
                part.prepared.blob is None,
                _shape(part.prepared),
            )
            for part in parts
        )

        def texts() -> list[str]:
            made: list[str] = []
            for condition, check, deletes, entries in shape:
                change = (
                    f"UPDATE {self._name} SET txid = null WHERE {self._row}"
                    if check
                    else self._write(deletes, "")
                )
                made.append(f"{change} IF {condition}txid = null")
                made += self._entries(*entries)
            return [*made, self._outcome % "true"]

        values: list[Value] = []
        for part in parts:
            check = part.prepared.check
            values += row_of(part.key) if check else self._written(part.prepared, part.key)
            if "?" in part.condition:
                values.append(part.expected)
            values += _entry_values(part.prepared, part.key)
        return self._made(shape, texts), (*values, *self.outcome(parts[0].key, id))

    def outcome(self, key: Key, id: bytes) -> tuple[Value, ...]:
        """Values of `forbid`: where the outcome of a transaction of one partition is kept."""
        return (key.partition, id, *row_of(key)[1:])

    def _write(self, deletes: bool, more: str) -> str:
        columns = self._translator.columns
        if deletes:
            return (
                f"UPDATE {self._name} USING TTL {MARKER_SECONDS} "
                f"SET ver = ?, {cleared(columns)}{more} WHERE {self._row}"
            )
        return f"UPDATE {self._name} SET ver = ?, {written(columns)}{more} WHERE {self._row}"

    def _written(self, prepared: Prepared, key: Key) -> tuple[Value, ...]:
        stored: tuple[Value, ...] = ()
        if prepared.blob is not None:
            stored = self._translator.values(Image(blob=prepared.blob))
        return (prepared.version, *stored, *row_of(key))

    def _entries(self, entries: tuple[int, int], tells: bool) -> list[str]:
        rows = local_entries(self._name, self._sorts, *entries)
        return [*rows, self._outbox] if tells else rows

    def _made(self, shape: object, texts: Callable[[], list[str]]) -> Statement:
        found = self._statements.get(shape)
        if found is None:
            if len(self._statements) >= _MOST_SHAPES:
                del self._statements[next(iter(self._statements))]
            lines = texts()
            cql = lines[0] if len(lines) == 1 else f"BEGIN BATCH {'; '.join(lines)}; APPLY BATCH"
            found = self._statements[shape] = _lwt(cql)
        return found


def _shape(prepared: Prepared) -> tuple[tuple[int, int], bool]:
    """Rows of local indexes that go and come, and whether there is one of the outbox."""
    return (len(prepared.removed), len(prepared.added)), prepared.record is not None


def _entry_values(prepared: Prepared, key: Key) -> list[Value]:
    values: list[Value] = []
    for number, sort in prepared.removed:
        values += local_row(key, number, sort)
    for number, sort, blob in prepared.added:
        values += (*local_row(key, number, sort), blob)
    if prepared.record is not None:
        values += (*outbox_row(key, prepared.version), *prepared.record)
    return values


def _lwt(cql: str) -> Statement:
    return Statement(cql, _QUORUM, conditional=True)
