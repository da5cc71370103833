"""dynaspan doctor"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from ..config import load_settings


def doctor(
    store: Annotated[str | None, typer.Option("--store", "--url", help="URL of the store.")] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with settings.")] = None,
) -> None:
    """Look at the place of the data, and say what is wrong and what helps.

    It asks and changes nothing; `serve` does the same when it starts, and logs what is wrong. Exit
    status: 0 when all is well, 1 when something is not.

    Example: dynaspan doctor --store cassandra://127.0.0.1:9042
    """
    settings = load_settings({} if store is None else {"store": store}, config)
    # Imported here: --help needs none of it.
    from ..clock import SystemClock
    from ..store.open import examine

    findings = asyncio.run(examine(settings, SystemClock()))
    for finding in findings:
        typer.echo(f"{'ok' if finding.remedy is None else 'WRONG':<6}{finding.sentence}")
        if finding.remedy is not None:
            typer.echo(f"{'':<6}remedy: {finding.remedy}")
    raise typer.Exit(int(any(finding.remedy is not None for finding in findings)))
