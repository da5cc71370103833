"""The catalog's tables on Amazon Keyspaces, as CloudFormation can make them: pure.

They are read from the statements by which a server would make them, so that the two agree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.store.cassandra.schema import CATALOG_TABLES, TIMED

_PRIMARY_KEY = re.compile(
    r"PRIMARY KEY \((?:\((?P<several>[^)]*)\)|(?P<one>\w+)),?(?P<rest>[^)]*)\)"
)
# Written with a time to live, which CloudFormation enables by a default only.
EXPIRING = frozenset(
    ("members", "leases", "census", "heads", "log", "buckets", "former", "transactions", "tokens")
)


@dataclass(frozen=True, slots=True)
class CatalogTable:
    """Columns as (name, type). timestamps: writers give them. expires: rows have a time to live."""

    name: str
    partition: tuple[tuple[str, str], ...]
    clustering: tuple[tuple[str, str], ...]
    regular: tuple[tuple[str, str], ...]
    timestamps: bool
    expires: bool


def catalog_tables() -> Iterator[CatalogTable]:
    """All but those with static columns, which CloudFormation does not know.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cassandra-table.html
    """
    for name, columns in CATALOG_TABLES.items():
        if " static" not in columns:
            yield _table(name, columns)


def _table(name: str, columns: str) -> CatalogTable:
    partition, clustering = _key(columns)
    types: dict[str, str] = {}
    for column in _PRIMARY_KEY.sub("", columns).replace(" PRIMARY KEY", "").split(","):
        if column.strip():
            label, _, kind = column.strip().partition(" ")
            types[label] = kind
    regular = types.keys() - {*partition, *clustering}
    return CatalogTable(
        name,
        tuple((label, types[label]) for label in partition),
        tuple((label, types[label]) for label in clustering),
        tuple((label, kind) for label, kind in types.items() if label in regular),
        timestamps=name in TIMED,
        expires=name in EXPIRING,
    )


def _key(columns: str) -> tuple[list[str], list[str]]:
    """Names of partition and clustering columns."""
    found = _PRIMARY_KEY.search(columns)
    if found is None:
        return [columns.split()[0]], []
    partition = (found["several"] or found["one"]).replace(",", " ").split()
    return partition, found["rest"].replace(",", " ").split()
