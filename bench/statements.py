"""How many CQL statements a node has executed."""

from __future__ import annotations

from typing import Self

from cassandra.cluster import Cluster

_OWN = "SELECT name, value FROM system_views.cql_metrics"
_EXECUTED = {"prepared_statements_executed", "regular_statements_executed"}


class Statements:
    """Also what servers ask by themselves is in it, some ten statements a second."""

    def __init__(self, host: str, port: int) -> None:
        self._cluster = Cluster([host], port=port, protocol_version=4)
        self._session = self._cluster.connect()

    def total(self) -> float:
        """Less those that this class has asked itself, which is one each time."""
        rows = self._session.execute(_OWN)
        return float(sum(row.value for row in rows if row.name in _EXECUTED))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._cluster.shutdown()
