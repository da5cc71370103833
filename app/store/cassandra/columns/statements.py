"""The CQL of one attached table. Values and rows are bytes; see `Statement.raw`."""

from __future__ import annotations

from collections.abc import Sequence

from ....model.attachment import Attachment, Column
from ..session import Consistency, Statement


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class ColumnStatements:
    """Rows are partition, clustering and other columns, in the order of `attached`.

    Each statement is one object for each level, so that it is prepared once.
    """

    def __init__(self, attached: Attachment) -> None:
        columns = (*attached.partition, *attached.clustering, *attached.columns)
        name = f"{quoted(attached.keyspace)}.{quoted(attached.table)}"
        self._from = f"SELECT {_names(columns)} FROM {name} WHERE"
        partition = _names(attached.partition)
        self._partition = _equal(attached.partition)
        self._row = _equal((*attached.partition, *attached.clustering))
        self._clustering = _names(attached.clustering)
        self._marks = _marks(attached.clustering)
        self._orders = [
            ", ".join(f"{quoted(column.name)} {way}" for column in attached.clustering)
            for way in ("ASC", "DESC")
        ]
        self._everything = f"SELECT {_names(columns)} FROM {name} LIMIT ?"
        self._token = f"token({partition})"
        self._distinct = f"SELECT DISTINCT {partition} FROM {name} WHERE {self._token} = ?"
        self._made: dict[tuple[str, bool], Statement] = {}
        self._writes = _Writes(name, attached, self._row)

    def row(self, consistent: bool) -> Statement:
        return self._statement(f"{self._from} {self._row}", consistent)

    def slice(self, relations: Sequence[str], reverse: bool, consistent: bool) -> Statement:
        """Of one partition: `relations` such as ">" of all clustering columns; then a limit."""
        bounds = "".join(
            f" AND ({self._clustering}) {relation} ({self._marks})" for relation in relations
        )
        order = f" ORDER BY {self._orders[reverse]}"
        return self._statement(f"{self._from} {self._partition}{bounds}{order} LIMIT ?", consistent)

    def range(self, consistent: bool) -> Statement:
        """From one token to another, both included; then a limit."""
        tokens = f"{self._token} >= ? AND {self._token} <= ?"
        return self._statement(f"{self._from} {tokens} LIMIT ?", consistent)

    @property
    def everything(self) -> Statement:
        """Up to a limit."""
        return self._statement(self._everything, False)

    def partitions(self, consistent: bool) -> Statement:
        """Keys of the partitions with this token."""
        return self._statement(self._distinct, consistent)

    @property
    def insert(self) -> Statement:
        """Key columns, then the others; only where there is no row."""
        return self._writes.insert

    @property
    def replace(self) -> Statement:
        """The key; all other columns, the key, and the others as they must be. With no others
        there is nothing to replace."""
        return self._writes.replace

    @property
    def delete(self) -> Statement:
        """The key, and the other columns as they must be."""
        return self._writes.delete

    def _statement(self, cql: str, consistent: bool) -> Statement:
        made = self._made.get((cql, consistent))
        if made is None:
            level = Consistency.LOCAL_QUORUM if consistent else Consistency.LOCAL_ONE
            made = self._made[cql, consistent] = Statement(cql, level, raw=True)
        return made


class _Writes:
    def __init__(self, name: str, attached: Attachment, row: str) -> None:
        key = (*attached.partition, *attached.clustering)
        columns = attached.columns
        into = f"INSERT INTO {name}"
        everything = (*key, *columns)
        self.insert = _conditional(
            f"{into} ({_names(everything)}) VALUES ({_marks(everything)}) IF NOT EXISTS"
        )
        condition = f"IF {_equal(columns)}" if columns else "IF EXISTS"
        self.delete = _conditional(f"DELETE FROM {name} WHERE {row} {condition}")
        values = ", ".join(f"{quoted(column.name)} = ?" for column in columns)
        # A row that has been inserted is there even when all its columns are null.
        self.replace = _conditional(
            f"BEGIN BATCH {into} ({_names(key)}) VALUES ({_marks(key)}); "
            f"UPDATE {name} SET {values} WHERE {row} {condition}; APPLY BATCH"
        )


def _conditional(cql: str) -> Statement:
    return Statement(cql, Consistency.LOCAL_QUORUM, conditional=True, raw=True)


def _marks(columns: Sequence[Column]) -> str:
    return ", ".join("?" for _ in columns)


def _names(columns: Sequence[Column]) -> str:
    return ", ".join(quoted(column.name) for column in columns)


def _equal(columns: Sequence[Column]) -> str:
    return " AND ".join(f"{quoted(column.name)} = ?" for column in columns)
