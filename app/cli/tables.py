"""dynaspan tables: what is done to tables beside the API. One module for each command."""

from __future__ import annotations

import typer

from .tables_attach import attach, detach
from .tables_list import list_tables
from .tables_verify import verify

tables = typer.Typer(
    name="tables", help="Look after tables.", no_args_is_help=True, pretty_exceptions_enable=False
)
tables.command()(verify)
tables.command()(attach)
tables.command()(detach)
tables.command("list")(list_tables)
