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
        self._marks = ", ".join("?" for _ in attached.clustering)
        self._orders = [
            ", ".join(f"{quoted(column.name)} {way}" for column in attached.clustering)
            for way in ("ASC", "DESC")
        ]
        self._token = f"token({partition})"
        self._distinct = f"SELECT DISTINCT {partition} FROM {name} WHERE {self._token} = ?"
        self._made: dict[tuple[str, bool], Statement] = {}

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

    def partitions(self, consistent: bool) -> Statement:
        """Keys of the partitions with this token."""
        return self._statement(self._distinct, consistent)

    def _statement(self, cql: str, consistent: bool) -> Statement:
        made = self._made.get((cql, consistent))
        if made is None:
            level = Consistency.LOCAL_QUORUM if consistent else Consistency.LOCAL_ONE
            made = self._made[cql, consistent] = Statement(cql, level, raw=True)
        return made


def _names(columns: Sequence[Column]) -> str:
    return ", ".join(quoted(column.name) for column in columns)


def _equal(columns: Sequence[Column]) -> str:
    return " AND ".join(f"{quoted(column.name)} = ?" for column in columns)
