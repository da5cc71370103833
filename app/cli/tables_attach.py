"""dynaspan tables attach, detach"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from ..config import ConfigError, Settings, load_settings

if TYPE_CHECKING:
    from ..model.table import Table
    from ..store.cassandra import CassandraStore

Url = Annotated[str | None, typer.Option("--store", "--url", help="URL of the store.")]
Toml = Annotated[Path | None, typer.Option(help="TOML file with settings.")]
T = TypeVar("T")


def attach(
    source: Annotated[str, typer.Argument(metavar="KEYSPACE.TABLE", help="The CQL table.")],
    name: Annotated[
        str | None, typer.Option(help="Name of the table; that of the CQL table otherwise.")
    ] = None,
    partition_key: Annotated[
        str | None, typer.Option(help="Attribute for the partition key; its columns otherwise.")
    ] = None,
    sort_key: Annotated[
        str | None, typer.Option(help="Attribute for the sort key; its columns otherwise.")
    ] = None,
    map: Annotated[
        Path | None, typer.Option(help="TOML file that says which attribute is which column.")
    ] = None,
    store: Url = None,
    config: Toml = None,
) -> None:
    """Serve a CQL table that already exists.

    Columns become attributes of their names; several key columns become one attribute, with "_"
    between their names. The CQL table itself is never changed, only its rows.

    Example: dynaspan tables attach shop.orders --store cassandra://127.0.0.1:9042
    """
    keyspace, dot, cql_table = source.partition(".")
    if not dot:
        raise ConfigError(f"{source}: give KEYSPACE.TABLE")

    async def work(opened: CassandraStore) -> tuple[Table, dict[str, str]]:
        from ..errors import ApiError
        from ..operations.names import check_new_table_name

        table, left_out = await _described(
            opened, keyspace, cql_table, map, partition_key, sort_key
        )
        table = replace(table, name=name or cql_table)
        try:
            check_new_table_name(table.name)
        except ApiError as fault:
            raise ConfigError(f"{table.name}: {fault}") from fault
        if not await opened.create_table(table):
            raise ConfigError(f"there is a table {table.name} already: give another --name")
        return table, left_out

    table, left_out = _with_store(store, config, work)
    reason = table.attached and table.attached.only_read
    typer.echo(f"table {table.name}: {source}" + (f", for reading: {reason}" if reason else ""))
    for line in _mapping(table):
        typer.echo(f"  {line}")
    for column, reason in left_out.items():
        typer.echo(f"  column {column} is left out: {reason}")


def _mapping(table: Table) -> Iterator[str]:
    from ..store.cassandra.columns.mapping import attribute_type

    attached = table.attached
    assert attached is not None
    for key, columns in zip(table.keys, (attached.partition, attached.clustering), strict=False):
        names = "##".join(column.name for column in columns)
        yield f"key attribute {key.name} ({key.type}): {names}"
    for column in attached.columns:
        kind = attribute_type(column.type)
        yield f"attribute {column.attribute} ({kind}): {column.name}, {column.type.name}"


def detach(
    name: Annotated[str, typer.Argument(help="The table.")],
    store: Url = None,
    config: Toml = None,
) -> None:
    """Serve an attached table no more. The CQL table stays as it is.

    Example: dynaspan tables detach orders --store cassandra://127.0.0.1:9042
    """

    async def work(opened: CassandraStore) -> None:
        table = await opened.table(name)
        if table is None or table.attached is None:
            raise ConfigError(f"there is no attached table {name}")
        await opened.drop_table(table)

    _with_store(store, config, work)
    typer.echo(f"table {name} is detached")


async def _described(
    opened: CassandraStore,
    keyspace: str,
    cql_table: str,
    map_file: Path | None,
    partition_key: str | None,
    sort_key: str | None,
) -> tuple[Table, dict[str, str]]:
    from ..clock import SystemClock
    from ..model.table import Table
    from ..store.cassandra.columns.mapping import mapped
    from ..store.cassandra.columns.schema import key_attributes

    found = await opened.attachable(keyspace, cql_table)
    if map_file is not None:
        found, of_partition, of_sort = mapped(found, map_file)
        partition_key, sort_key = partition_key or of_partition, sort_key or of_sort
    attached, left_out = found
    keys = key_attributes(attached, partition_key, sort_key)
    names = [*(key.name for key in keys), *(column.attribute for column in attached.columns)]
    for attribute in names:
        if names.count(attribute) > 1:
            raise ConfigError(
                f"two attributes would be called {attribute}: "
                "give --partition-key, --sort-key or --map"
            )
    table = Table(
        id=uuid.uuid4().hex,
        name=cql_table,
        partition_key=keys[0],
        sort_key=keys[1] if len(keys) > 1 else None,
        created=SystemClock().time(),
        billing_mode="PAY_PER_REQUEST",
        attached=attached,
    )
    return table, left_out


def _with_store(
    url: str | None, config: Path | None, work: Callable[[CassandraStore], Awaitable[T]]
) -> T:
    given = {} if url is None else {"store": url}
    return asyncio.run(_opened(load_settings(given, config), work))


async def _opened(settings: Settings, work: Callable[[CassandraStore], Awaitable[T]]) -> T:
    # Imported here: --help needs none of it.
    from ..clock import SystemClock
    from ..errors import StoreError
    from ..metrics import Metrics
    from ..store.cassandra import CassandraStore
    from ..store.cassandra.keyspaces import KeyspacesStore
    from ..store.open import open_store

    opened = open_store(settings, SystemClock(), Metrics())
    # Keyspaces has no conditional batches.
    if not isinstance(opened, CassandraStore) or isinstance(opened, KeyspacesStore):
        raise ConfigError(f"{settings.store_for_display}: only tables of Cassandra can be attached")
    try:
        await opened.open()
        try:
            return await work(opened)
        finally:
            await opened.close()
    except StoreError as fault:
        raise ConfigError(str(fault)) from fault
