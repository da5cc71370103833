"""One page of a SELECT, and the NextToken behind it."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import Any

import orjson

from .. import errors
from ..errors import ApiError
from ..model import capacity
from ..model.rows import Item, Row
from ..partiql import Bound
from ..values import item_size
from .answer_budget import fitting, text_bytes
from .context import Context
from .paging import After, Collected, collect
from .registry import Request
from .selection import whole_items
from .statement_reads import Reading


async def read_page(
    ctx: Context, request: Request, read: Bound, reading: Reading
) -> dict[str, Any]:
    """The answer: at most Limit items read, or 1 MB of them, before the filter."""
    number, after = _start(ctx, request, read, reading)
    count = 1 if reading.ranges is None else len(reading.ranges)
    left = request.get("Limit")
    size = 0
    units = items_units = 0.0
    shown: list[Any] = []
    result: dict[str, Any] = {"Items": shown}
    used = 0
    while number < count:
        fetch = reading.fetch(ctx, number)
        page = await collect(ctx, fetch, reading.target, limit=left, start=after)
        rows = page.rows
        if reading.fetched:
            rows = await whole_items(ctx, reading.target, rows, consistent=reading.consistent)
        found, read_bytes, read_items = await ctx.aside.over(
            sum(len(row.data) for row in rows), _matching, reading, page, rows
        )
        units += capacity.read_units(read_bytes, consistent=reading.consistent)
        items_units += read_items
        if ctx.answer_bytes is not None:
            parts = [None if each is None else orjson.dumps(each) for each in found]
            fits = fitting(parts, ctx.answer_bytes, used)
            used += sum(text_bytes(part) for part in parts[:fits] if part is not None)
            if fits == 0 < len(rows):
                result["NextToken"] = _token(reading, read, number, None)
                break
            page = Collected(page.rows[:fits], more=page.more or fits < len(rows))
            found = found[:fits]
        shown += [each for each in found if each is not None]
        if page.more:
            last = reading.target.last_key(page.rows[-1].item)
            result["NextToken"] = _token(reading, read, number, last)
            result["LastEvaluatedKey"] = last
            break
        number, after = number + 1, None
        size += read_bytes
        left = None if left is None else left - len(rows)
        if number < count and (size > reading.target.table.limits.page or left == 0):
            result["NextToken"] = _token(reading, read, number, None)
            break
    mode = request.get("ReturnConsumedCapacity", "NONE")
    if mode != "NONE":
        result["ConsumedCapacity"] = _consumed(reading, units, items_units, mode)
    return result


def _matching(
    reading: Reading, page: Collected, rows: Sequence[Row]
) -> tuple[list[Any], int, float]:
    """What is shown of each row, None of those that the filter leaves out; bytes of the page, and
    units of the items behind its entries."""
    wanted = reading.filter
    whole = reading.columns is None
    found = [
        None
        if wanted is not None and not wanted.matches(row.item)
        else orjson.Fragment(row.data)
        if whole
        else reading.shown(row.item)
        for row in rows
    ]
    items = 0.0
    if reading.fetched:
        sizes = [item_size(row.item) for row in rows]
        items = sum(capacity.read_units(size, consistent=reading.consistent) for size in sizes)
    return found, page.size, items


def _consumed(reading: Reading, units: float, items: float, mode: str) -> dict[str, Any]:
    table, index = reading.target.table, reading.target.index
    if index is None:
        return capacity.consumed(table, units, {}, mode)
    return capacity.consumed(table, items, {index.name: units}, mode)


def _token(reading: Reading, read: Bound, number: int, last: Item | None) -> str:
    """Where to go on: the range, and the key of its last item."""
    state = {"of": _print(reading, read), "range": number, "last": last}
    return base64.b64encode(orjson.dumps(state)).decode()


def _start(ctx: Context, request: Request, read: Bound, reading: Reading) -> tuple[int, After]:
    given = request.get("NextToken")
    if given is None:
        return 0, None
    try:
        state = orjson.loads(base64.b64decode(given, validate=True))
        if state["of"] != _print(reading, read):
            raise _invalid_token()
        last = state["last"]
        number = int(state["range"])
        return number, None if last is None else reading.start(ctx, number, last)
    except (binascii.Error, ValueError, KeyError, TypeError, IndexError, ApiError):
        raise _invalid_token() from None


def _invalid_token() -> ApiError:
    return errors.validation("Invalid NextToken")


def _print(reading: Reading, read: Bound) -> str:
    """A token goes on with the statement it came of, on the same table, and with no other."""
    parts = [reading.target.table.id, read.text, list(read.parameters)]
    return hashlib.blake2b(orjson.dumps(parts), digest_size=12).hexdigest()
