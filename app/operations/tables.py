"""From a TableName in a request to a table that may be used."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from .. import errors
from ..errors import ApiError
from ..model.attachment import Attachment
from ..model.table import Index, Table
from .context import Context
from .names import table_name

# While DELETING the service still reads; here a table that is going away refuses everything, so
# that nothing can be acknowledged into it.
_USABLE = frozenset({"ACTIVE", "UPDATING"})
_PARTICIPLES = {"CREATING": "created", "UPDATING": "updated", "DELETING": "deleted"}


async def usable_table(ctx: Context, name: str) -> Table:
    """The table for a data operation. Raises ResourceNotFoundException as the service does.

    `name` may be an ARN. A table that is still CREATING is not found, as on the service.
    """
    # The common name is found as it came; only another one is looked at closer.
    table = ctx.store.cached_table(name)
    if table is None:
        table = await ctx.store.table(table_name(name))
        if table is None:
            raise errors.resource_not_found()
    if table.status not in _USABLE or table.transition is not None:
        _check_shown(ctx, table)
    return table


def _check_shown(ctx: Context, table: Table) -> None:
    if table.state(ctx.clock.time()) not in _USABLE:
        raise errors.resource_not_found()


def refuse_busy(ctx: Context, table: Table) -> None:
    """Raises ResourceInUseException for a table that may not be changed now, and
    ValidationException for one that never is."""
    refuse_attached(table)
    refuse_state(ctx, table, _PARTICIPLES.keys())


def refuse_state(ctx: Context, table: Table, states: Collection[str]) -> None:
    """Raises ResourceInUseException for a table that is in one of `states`."""
    state = table.state(ctx.clock.time())
    if state in states:
        raise still_in_use(f"Table is being {_PARTICIPLES[state]}: {table.name}")


def still_in_use(detail: str) -> ApiError:
    return errors.resource_in_use(f"Attempt to change a resource which is still in use: {detail}")


def refuse_attached(table: Table) -> None:
    """Raises ValidationException for a table of somebody else's."""
    if table.attached is not None:
        raise errors.validation(f"{_whose(table, table.attached)}, which cannot be changed here")


async def table_in_transaction(ctx: Context, name: str) -> Table:
    """As `usable_table`. Raises ValidationException for a table of somebody else's."""
    table = await usable_table(ctx, name)
    if table.attached is not None:
        raise errors.validation(
            f"{_whose(table, table.attached)}, and takes no part in transactions"
        )
    return table


def refuse_virtual(table: Table) -> None:
    """Raises ValidationException for a table that the catalog does not have."""
    if table.attached is not None and table.attached.is_virtual:
        refuse_attached(table)


def refuse_only_read(table: Table) -> None:
    """Raises ValidationException for a table whose items cannot be written."""
    if table.attached is not None and table.attached.only_read is not None:
        raise errors.validation(
            f"{_whose(table, table.attached)}, where {table.attached.only_read}"
        )


def _whose(table: Table, attached: Attachment) -> str:
    return f"Table {table.name} is attached to {attached.keyspace}.{attached.table}"


async def usable_tables(ctx: Context, names: Iterable[str]) -> dict[str, Table]:
    """The tables of a batch by the names it gives them. One table may not have two of them."""
    tables = {name: await usable_table(ctx, name) for name in names}
    seen: set[str] = set()
    for table in tables.values():
        if table.id in seen:
            raise errors.invalid_parameters(f"Table is named more than once: {table.name}")
        seen.add(table.id)
    return tables


async def described_table(ctx: Context, name: str) -> Table:
    """The table for a control operation, whatever its status, from the catalog itself."""
    name = table_name(name)
    table = await ctx.store.table(name)
    if table is None:
        raise errors.resource_not_found(f"Requested resource not found: Table: {name} not found")
    return table


async def table_to_back_up(ctx: Context, name: str, *, named: str | None = None) -> Table:
    """As `described_table`, for the operations that have an error of their own for it.

    named: how the request names it, if the service says that."""
    name = table_name(name)
    table = await ctx.store.table(name)
    if table is None:
        raise errors.named("TableNotFoundException", f"Table not found: {named or name}")
    return table


def described_index(table: Table, name: str) -> Index:
    """A global one. Raises ResourceNotFoundException."""
    index = table.index(name)
    if index is None or index.local:
        raise errors.resource_not_found(
            f"Requested resource not found: Index: {name} not found for table: {table.name}"
        )
    return index
