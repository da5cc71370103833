"""Where the rows of a Query or Scan come from: the store's four ways of reading ranges."""

from __future__ import annotations

from typing import cast

from ..model.index import Position
from ..model.rows import Key, Page, Segment
from .context import Context
from .key_ranges import KeyRange
from .paging import After, Fetch
from .targets import Target


def query_fetch(
    ctx: Context, target: Target, keys: KeyRange, *, consistent: bool, reverse: bool
) -> Fetch:
    table, index = target.table, target.index

    async def fetch(after: After, limit: int) -> Page:
        if index is None:
            return await ctx.store.query(
                table,
                keys.partition,
                keys.bounds,
                after=cast(Key | None, after),
                limit=limit,
                reverse=reverse,
                consistent=consistent,
            )
        return await ctx.store.query_index(
            table,
            index,
            cast(bytes, keys.partition),
            keys.bounds,
            after=cast(Position | None, after),
            limit=limit,
            reverse=reverse,
            consistent=consistent,
        )

    return fetch


def scan_fetch(ctx: Context, target: Target, segment: Segment, *, consistent: bool) -> Fetch:
    table, index = target.table, target.index

    async def fetch(after: After, limit: int) -> Page:
        if index is None:
            key = cast(Key | None, after)
            return await ctx.store.scan(
                table, segment, after=key, limit=limit, consistent=consistent
            )
        position = cast(Position | None, after)
        return await ctx.store.scan_index(
            table, index, segment, after=position, limit=limit, consistent=consistent
        )

    return fetch
