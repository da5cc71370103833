"""What differs between Apache Cassandra and a service that speaks its protocol.

Whoever makes statements asks the store's dialect, and nobody asks which one that is.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from ...model.table import Index, Table
from ..base import Write
from . import statements
from .document import Image
from .index_statements import ENTRY_TABLES, EntryReads, EntryWrites
from .session import Consistency, Statement
from .statements import CatalogStatements, Columns, ItemStatements

_QUORUM = Consistency.LOCAL_QUORUM


class Dialect:
    """Apache Cassandra's own."""

    keyspaces = Statement("SELECT keyspace_name FROM system_schema.keyspaces", _QUORUM)
    tables = Statement(
        "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?", _QUORUM
    )
    entry_tables = ENTRY_TABLES
    schema_seconds: float | None = None
    """What a change of the schema may take; None: twice the deadline of a request."""

    blind_update = True
    """Whether one batch may hold several statements of a row."""

    def made(self, rows: Sequence[Sequence[Any]]) -> set[str]:
        """Of the answer to `tables` the names of those that may be used."""
        return {name for (name,) in rows}

    def keyspace(self, name: str, replication: dict[str, int]) -> str:
        return statements.keyspace(name, replication)

    def options(self, id: uuid.UUID, gc_grace_seconds: int, *, timestamps: bool = False) -> str:
        """A TableOptions."""
        return statements.table_options(id, gc_grace_seconds, timestamps=timestamps)

    def items(self, keyspace: str, table: Table, columns: Columns) -> ItemStatements:
        return ItemStatements(keyspace, table, columns)

    def entry_reads(self, keyspace: str, table: Table, index: Index) -> EntryReads:
        return EntryReads(keyspace, table, index)

    def entry_writes(self, keyspace: str, table: Table, number: int) -> EntryWrites:
        return EntryWrites(keyspace, table, number)

    def catalog(self, keyspace: str) -> CatalogStatements:
        return CatalogStatements(keyspace)

    def admit(self, write: Write, image: Image | None) -> None:
        """Raises a ValidationException for what cannot be kept."""


CASSANDRA = Dialect()
