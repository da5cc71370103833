"""The command line: one module for each command, thin over the library."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from .. import __version__
from ..config import ConfigError
from .check import check
from .doctor import doctor
from .jobs import jobs
from .serve import serve
from .tables import tables
from .trigger import trigger

cli = typer.Typer(
    name="dynaspan",
    help="The Amazon DynamoDB API on Apache Cassandra, Amazon Keyspaces or SQLite.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cli.command()(serve)
cli.command()(jobs)
cli.command()(doctor)
cli.command()(check)
cli.command()(trigger)
cli.add_typer(tables)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dynaspan {__version__}")
        raise typer.Exit


@cli.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """The console script. Settings that cannot be used: one sentence and exit status 2."""
    try:
        cli()
    except ConfigError as fault:
        typer.echo(f"dynaspan: {fault}", err=True)
        sys.exit(2)
