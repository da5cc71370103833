"""Collects one page of a Query or Scan: by Limit, and by 1 MB of items before any filter.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ..model.rows import Key, Page, Row
from ..values import item_size

PAGE_BYTES = 1024 * 1024
# More rows than fit in a page of the smallest items: the store bounds bytes by itself.
_NO_LIMIT = 1 << 20

Fetch = Callable[[Key | None, int], Awaitable[Page]]
"""(after, limit) -> Page."""


@dataclass(frozen=True, slots=True)
class Collected:
    """Rows read, before filtering. `last` is the key to go on from, None at the end."""

    rows: list[Row]
    last: Key | None

    @property
    def size(self) -> int:
        """Bytes of all items read, which is what is billed."""
        return sum(item_size(row.item) for row in self.rows)


async def collect(fetch: Fetch, *, limit: int | None, start: Key | None) -> Collected:
    """One page from behind `start`. The item that crosses 1 MB is the last one in it.

    `last` is set when Limit was reached even if nothing follows, as on the service.
    """
    rows: list[Row] = []
    after = start
    # JSON is never shorter than the size DynamoDB counts, so that most pages need no exact sizes.
    json_bytes = 0
    exact: int | None = None
    while True:
        wanted = _NO_LIMIT if limit is None else limit - len(rows)
        page = await fetch(after, wanted)
        for row in page.rows:
            rows.append(row)
            json_bytes += len(row.data)
            if json_bytes > PAGE_BYTES:
                if exact is None:
                    exact = sum(item_size(each.item) for each in rows)
                else:
                    exact += item_size(row.item)
                if exact > PAGE_BYTES:
                    return Collected(rows, row.key)
        if limit is not None and len(rows) >= limit:
            return Collected(rows, rows[-1].key)
        if not page.more:
            return Collected(rows, None)
        after = rows[-1].key
