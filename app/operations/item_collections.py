"""Item collections: the items of one partition key in a table with local indexes.

How large one is, is known as of the last count of its table, and only of large ones.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html#LSI.ItemCollections
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .. import errors
from ..model.census import GIGABYTE
from ..model.rows import Item, KeyValue
from ..model.table import Table
from ..values import from_key, item_size
from .context import Collections, Context
from .describe import census_of
from .registry import Request

_KEPT_SECONDS = 10.0
_MOST_TABLES = 1000


async def check_collection(
    ctx: Context, table: Table, partition: KeyValue, old: Item | None, new: Item
) -> None:
    """Raises ItemCollectionSizeLimitExceededException for a write that makes it larger still."""
    if await _size(ctx, table, partition) < table.limits.collection:
        return
    if old is None or item_size(new) > item_size(old):
        raise errors.named("ItemCollectionSizeLimitExceededException", "Collection size exceeded.")


async def metrics(
    ctx: Context, request: Request, table: Table, partition: KeyValue
) -> dict[str, Any] | None:
    """ItemCollectionMetrics, where they were asked for and the table has collections."""
    if request.get("ReturnItemCollectionMetrics", "NONE") == "NONE" or not table.has_collections:
        return None
    key = table.partition_key
    gigabytes = await _size(ctx, table, partition) // GIGABYTE
    return {
        "ItemCollectionKey": {key.name: from_key(key.type, partition)},
        "SizeEstimateRangeGB": [float(gigabytes), float(gigabytes + 1)],
    }


async def metrics_by_table(
    ctx: Context, request: Request, written: Iterable[tuple[str, Table, KeyValue]]
) -> dict[str, list[dict[str, Any]]]:
    """The same of several writes, by the names given of their tables, once for each collection."""
    result: dict[str, list[dict[str, Any]]] = {}
    seen: set[tuple[str, KeyValue]] = set()
    for name, table, partition in written:
        found = await metrics(ctx, request, table, partition)
        if found is not None and (name, partition) not in seen:
            seen.add((name, partition))
            result.setdefault(name, []).append(found)
    return result


async def _size(ctx: Context, table: Table, partition: KeyValue) -> int:
    """Bytes; 0 for one that is not large."""
    known = ctx.collections.get(table.id)
    now = ctx.clock.monotonic()
    if known is None or now >= known.until:
        census = await census_of(ctx, table)
        if len(ctx.collections) >= _MOST_TABLES:
            ctx.collections.clear()
        sizes = {each.partition: each.size for each in census.collections}
        known = ctx.collections[table.id] = Collections(now + _KEPT_SECONDS, sizes)
    return known.sizes.get(partition, 0)
