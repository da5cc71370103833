"""Collects one page of a Query or Scan: by Limit, and by 1 MB of items before any filter (or what
the table has for that).

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ..model.index import Position, place_of
from ..model.rows import Key, Page, Row
from ..values import item_size
from .context import Context
from .targets import Target

# More rows than fit in a page of the smallest items: the store bounds bytes by itself.
_NO_LIMIT = 1 << 20

After = Key | Position | None
Fetch = Callable[[After, int], Awaitable[Page]]
"""(after, limit) -> Page."""


@dataclass(frozen=True, slots=True)
class Collected:
    """Rows read, before filtering. `more` tells that there is a LastEvaluatedKey."""

    rows: list[Row]
    more: bool

    @property
    def size(self) -> int:
        """Bytes of all items read, which is what is billed."""
        return sum(item_size(row.item) for row in self.rows)


async def collect(
    ctx: Context, fetch: Fetch, target: Target, *, limit: int | None, start: After
) -> Collected:
    """One page from behind `start`. The item that crosses the size of a page is the last one in it.

    `more` is set when Limit was reached even if nothing follows, as on the service.
    """
    rows: list[Row] = []
    after = start
    # JSON is never shorter than the size DynamoDB counts, so that most pages need no exact sizes.
    json_bytes = 0
    room = target.table.limits.page
    unsized: list[Row] = []
    while True:
        wanted = _NO_LIMIT if limit is None else limit - len(rows)
        page = await fetch(after, wanted)
        rows += page.rows
        unsized += page.rows
        for row in page.rows:
            json_bytes += len(row.data)
        if json_bytes > target.table.limits.page:
            room, left_out = await ctx.aside(_fit, unsized, room)
            unsized = []
            if room < 0:
                return Collected(rows[: len(rows) - left_out], more=True)
        if limit is not None and len(rows) >= limit:
            return Collected(rows, more=True)
        if not page.more:
            return Collected(rows, more=False)
        after = _behind(target, rows[-1])


def _fit(rows: list[Row], room: int) -> tuple[int, int]:
    """What is left of `room` bytes, below 0 behind the row that crosses it, and how many rows come
    after that."""
    for number, row in enumerate(rows, 1):
        room -= item_size(row.item)
        if room < 0:
            return room, len(rows) - number
    return room, 0


def _behind(target: Target, row: Row) -> After:
    if target.index is None:
        return row.key
    place = place_of(target.index, row.item)
    assert place is not None
    return Position(place, row.key)
