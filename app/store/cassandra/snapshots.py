"""Several items as they all were at one moment: what two readings in a row find unchanged.

The moment is between the two. An item that did not change from its first reading to its second had
that value then; versions never come back, nor do those of deletes, whose markers stay for an hour.
One that a transaction holds has its old value while that is not decided, at both readings.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

from ...model.rows import Key, Row
from ..base import Conflict
from .items import ItemTable, Look, Reads

_READINGS = 8
_AT_ONCE = 32
_PAUSE_SECONDS = 0.01


async def snapshot(
    reads: Reads, places: Sequence[tuple[ItemTable, Key]]
) -> tuple[Row | None, ...] | Conflict:
    """Raises StoreUnavailable and Unconfigured."""
    before = await _look(reads, places)
    if len(places) > 1:
        for number in range(1, _READINGS + 1):
            after = await _look(reads, places)
            if [look[1:] for look in before] == [look[1:] for look in after]:
                break
            if number == _READINGS:
                return Conflict()
            before = after
            await asyncio.sleep(random.uniform(0, number * _PAUSE_SECONDS))
    return tuple(look.row for look in before)


async def _look(reads: Reads, places: Sequence[tuple[ItemTable, Key]]) -> list[Look]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def look(items: ItemTable, key: Key) -> Look:
        async with gate:
            return await reads.look(items, key)

    return await asyncio.gather(*[look(*place) for place in places])
