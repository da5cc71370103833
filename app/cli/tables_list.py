"""dynaspan tables list"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..config import ConfigError, Settings, load_settings

if TYPE_CHECKING:
    from ..model.table import Table

_AT_ONCE = 100


def list_tables(
    store: Annotated[str | None, typer.Option("--store", "--url", help="URL of the store.")] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with settings.")] = None,
) -> None:
    """List the tables, each with its state, its key, and where an attached one is.

    Exits with 1 if one cannot be read, such as one that a newer dynaspan has changed.

    Example: dynaspan tables list --store cassandra://127.0.0.1:9042
    """
    settings = load_settings({} if store is None else {"store": store}, config)
    unread = False
    for name, table in asyncio.run(_tables(settings)):
        if isinstance(table, str):
            unread = True
            typer.echo(f"{name}  UNREADABLE  {table}")
            continue
        keys = ", ".join(f"{key.name} ({key.type})" for key in table.keys)
        source = table.attached and f"  attached {table.attached.keyspace}.{table.attached.table}"
        typer.echo(f"{name}  {table.status}  {keys}{source or ''}")
    if unread:
        raise typer.Exit(1)


async def _tables(settings: Settings) -> list[tuple[str, Table | str]]:
    """By name; or why it cannot be read."""
    # Imported here: --help needs none of it.
    from ..clock import SystemClock
    from ..errors import StoreError
    from ..metrics import Metrics
    from ..store.open import open_existing_store

    opened = open_existing_store(settings, SystemClock(), Metrics())
    found: list[tuple[str, Table | str]] = []
    after: str | None = None
    try:
        await opened.open()
        try:
            while names := await opened.table_names(after=after, limit=_AT_ONCE):
                for after in names:
                    try:
                        table = await opened.table(after)
                    except StoreError as fault:
                        found.append((after, str(fault)))
                        continue
                    if table is not None:
                        found.append((after, table))
            return found
        finally:
            await opened.close()
    except StoreError as fault:
        raise ConfigError(f"the tables could not be listed: {fault}") from fault
