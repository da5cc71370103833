"""StreamSpecification of CreateTable and UpdateTable.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_StreamSpecification.html
"""

from __future__ import annotations

from dataclasses import replace

from .. import errors
from ..model.stream import with_new_stream
from ..model.table import Table
from .context import Context
from .registry import Request

# A view that is missing, and one that is given for no stream: of a new table, and of one that is.
CREATED = (
    "Table is being created with a stream enabled, UpdateViewType is required",
    "Table is being created with a stream disabled, UpdateViewType should not be specified",
)
_UPDATED = (
    "If stream is being enabled then UpdateViewType is required",
    "If stream is being disabled, then UpdateViewType must not be specified",
)


def wanted_view(request: Request, words: tuple[str, str]) -> str | None:
    """The view of a stream to be enabled, None if none is. Raises ValidationException.

    `words`: of a view that is missing, and of one that is superfluous.
    """
    missing, superfluous = words
    specification = request.get("StreamSpecification") or {}
    view: str | None = specification.get("StreamViewType")
    if specification.get("StreamEnabled"):
        if not view:
            raise errors.invalid_parameters(missing)
        return view
    if view:
        raise errors.invalid_parameters(superfluous)
    return None


def check_streams_possible(ctx: Context, view: str | None) -> None:
    if view is not None and not ctx.store.capabilities.streams:
        raise errors.invalid_parameters(
            "StreamSpecification is not supported by this server's store"
        )


def with_stream(ctx: Context, table: Table, view: str) -> Table:
    return with_new_stream(table, view, ctx.settings.stream_shards, ctx.clock.time())


def with_stream_update(ctx: Context, request: Request, table: Table) -> Table:
    """`table` with its stream enabled or disabled as `request` says."""
    if request.get("StreamSpecification") is None:
        return table
    view = wanted_view(request, _UPDATED)
    check_streams_possible(ctx, view)
    if view is None:
        if table.stream is None:
            raise errors.validation(f"Table has no stream to disable: TableName: {table.name}")
        return replace(table, stream=None)
    if table.stream is not None:
        raise errors.validation(f"Table already has an enabled stream: TableName: {table.name}")
    return with_stream(ctx, table, view)
