"""What Cassandra's schema tables say of a table that is to be attached."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from ....config import ConfigError
from ....model.attachment import Attachment, Column, CqlType
from ....model.table import KeyAttribute
from ..patience import Patient
from ..session import Consistency, Statement
from .keys import key_type
from .scalars import KEY_TYPES
from .values import served

_COLUMNS = Statement(
    "SELECT column_name, kind, position, clustering_order, type FROM system_schema.columns "
    "WHERE keyspace_name = ? AND table_name = ?",
    Consistency.LOCAL_ONE,
)
_VIRTUAL_COLUMNS = Statement(
    "SELECT column_name, kind, position, clustering_order, type FROM "
    "system_virtual_schema.columns WHERE keyspace_name = ? AND table_name = ?",
    Consistency.LOCAL_ONE,
)
_VIRTUAL = "system_views"
_BETWEEN = "_"
_TYPES = Statement(
    "SELECT type_name, field_names, field_types FROM system_schema.types WHERE keyspace_name = ?",
    Consistency.LOCAL_ONE,
)
_tokens = re.compile(r'"(?:[^"]|"")*"|[<>,]|[^<>,\s]+').findall

Types = Mapping[str, tuple[list[str], list[str]]]


class Found(NamedTuple):
    """left_out: columns that are not served, each with the reason."""

    attached: Attachment
    left_out: dict[str, str]


async def attachable(patient: Patient, keyspace: str, table: str) -> Found:
    """Raises ConfigError where there is no such table, or its key cannot be one."""
    columns_of = _VIRTUAL_COLUMNS if keyspace == _VIRTUAL else _COLUMNS
    rows = (await patient.execute(columns_of, (keyspace, table))).records()
    if not rows:
        raise ConfigError(f"there is no table {keyspace}.{table}")
    if {"asc", "desc"} <= {row["clustering_order"] for row in rows}:
        raise ConfigError(
            f"{keyspace}.{table}: clustering columns of different orders cannot be one sort key"
        )
    types = {
        name: (list(names), list(of))
        for name, names, of in (await patient.execute(_TYPES, (keyspace,))).rows
    }
    key: dict[str, list[tuple[int, Column]]] = {"partition_key": [], "clustering": []}
    columns: list[Column] = []
    left_out: dict[str, str] = {}
    for row in rows:
        name, kind = row["column_name"], row["kind"]
        column = Column(name, cql_type(row["type"], types))
        if kind in key:
            if column.type.name not in KEY_TYPES:
                raise ConfigError(
                    f"{keyspace}.{table}: a key column of type {row['type']} ({name}) "
                    "cannot be part of a key attribute"
                )
            key[kind].append((row["position"], column))
        elif kind == "static":
            left_out[name] = "static"
        elif not served(column.type):
            left_out[name] = f"no attribute for type {row['type']}"
        else:
            columns.append(column)
    partition, clustering = (
        tuple(column for _, column in sorted(part, key=lambda each: each[0]))
        for part in key.values()
    )
    return Found(Attachment(keyspace, table, partition, clustering, tuple(columns)), left_out)


def key_attributes(
    attached: Attachment, partition_key: str | None = None, sort_key: str | None = None
) -> list[KeyAttribute]:
    """Named by their columns if not otherwise."""
    return [
        KeyAttribute(given or _BETWEEN.join(column.name for column in columns), key_type(columns))
        for given, columns in ((partition_key, attached.partition), (sort_key, attached.clustering))
        if columns
    ]


def cql_type(text: str, types: Types) -> CqlType:
    """From CQL's name of a type; `types` are those of the keyspace, with fields and their types."""
    found, rest = _read(_tokens(text), types)
    assert not rest
    return found


def _read(words: list[str], types: Types) -> tuple[CqlType, list[str]]:
    name, rest = words[0], words[1:]
    parts: list[CqlType] = []
    if rest[:1] == ["<"]:
        while rest[0] != ">":
            part, rest = _read(rest[1:], types)
            parts.append(part)
        rest = rest[1:]
    if name == "frozen":
        return replace(parts[0], frozen=True), rest
    own = name[1:-1].replace('""', '"') if name.startswith('"') else name
    if own in types and not parts:
        names, of = types[own]
        return CqlType("udt", tuple(cql_type(each, types) for each in of), tuple(names)), rest
    return CqlType(name, tuple(parts)), rest
