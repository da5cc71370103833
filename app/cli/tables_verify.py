"""dynaspan tables verify"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..config import ConfigError, Settings, load_settings
from ..values import from_key

if TYPE_CHECKING:
    from ..jobs.verification import Difference, Report
    from ..model.table import Table


def verify(
    name: Annotated[str, typer.Argument(help="The table.")],
    repair: Annotated[
        bool, typer.Option("--repair", help="Write again what differs, as its items say.")
    ] = False,
    store: Annotated[str | None, typer.Option("--store", "--url", help="URL of the store.")] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with settings.")] = None,
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds that a difference must last to be one.")
    ] = 15.0,
) -> None:
    """Compare a table with its indexes.

    Each item must have its entries, and each entry its item, with the same contents. The table may
    be in use. Exit status: 0 when all agrees, also after --repair; 1 when something differs; 2 when
    it could not be found out.

    Example: dynaspan tables verify orders --store cassandra://127.0.0.1:9042
    """
    given = {} if store is None else {"store": store}
    settings = load_settings(given, config)
    table, report = asyncio.run(_compared(settings, name, repair, patience))
    _show(table, report, repair)
    raise typer.Exit(0 if report.clean else 1)


async def _compared(
    settings: Settings, name: str, repair: bool, patience: float
) -> tuple[Table, Report]:
    # Imported here: --help needs none of it.
    from ..clock import SystemClock
    from ..errors import StoreError
    from ..jobs.verification import Verification
    from ..metrics import Metrics
    from ..store.keyqueue import KeyQueue
    from ..store.open import open_existing_store

    clock, metrics = SystemClock(), Metrics()
    opened = open_existing_store(settings, clock, metrics)
    try:
        await opened.open()
        try:
            table = await opened.table(name)
            if table is None or table.status != "ACTIVE":
                raise ConfigError(f"there is no table {name} in {settings.store_for_display}")
            queue = KeyQueue(by_partition=opened.capabilities.partition_contention)
            comparison = Verification(
                *(opened, clock, metrics, queue, table), repair=repair, patience=patience
            )
            return table, await comparison.run()
        finally:
            await opened.close()
    except StoreError as fault:
        raise ConfigError(f"{name} could not be compared: {fault}") from fault


def _show(table: Table, report: Report, repair: bool) -> None:
    typer.echo(f"table {table.name}: {report.items} items")
    for index, entries in sorted(report.entries.items()):
        kinds = [f"{n} {kind.value}" for (of, kind), n in report.found.items() if of == index]
        typer.echo(f"index {index}: {entries} entries, {', '.join(kinds) or 'as the items say'}")
    for index in report.skipped:
        typer.echo(f"index {index}: not compared, it is being made or deleted")
    for difference in report.first:
        typer.echo(f"  {_line(table, difference)}")
    if report.differences > len(report.first):
        typer.echo(f"  and {report.differences - len(report.first)} more")
    if report.differences and repair:
        typer.echo(f"{report.mended} of {report.differences} mended")


def _line(table: Table, difference: Difference) -> str:
    attributes = [table.partition_key, *filter(None, [table.sort_key])]
    key = {
        attribute.name: from_key(attribute.type, value)
        for attribute, value in zip(attributes, difference.position.key, strict=False)
        if value is not None
    }
    return f"{difference.kind.value} in {difference.index.name}: {json.dumps(key)}"
