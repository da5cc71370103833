"""BatchGetItem: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from .. import errors
from ..errors import StoreError
from ..expressions import Projection, check_scalar_keys
from ..model import capacity
from ..model.limits import SERVICE
from ..model.rows import Item, Key, Row
from ..model.table import Table
from ..values import item_size, normalize_item
from .answer_budget import text_bytes
from .batches import check_batch
from .context import Context
from .keys import key_of_request
from .parameters import placeholders_of, refuse_mixed
from .registry import Answer, Request
from .selection import requested_projection
from .tables import usable_tables

_EXPRESSIONS = ("ProjectionExpression",)
_LEGACY = ("AttributesToGet",)
ANSWER_BYTES = 16 * 1024 * 1024
# Keys read at a time: of the largest items they are the memory this operation may take at once.
_CHUNK = 16
_PIECE_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class _Part:
    """One table's share of the request. `wanted` are the keys as the client gave them."""

    request: Request
    wanted: list[Item]
    projection: Projection | None


@dataclass(slots=True)
class _Room:
    """Bytes that the answer may still take. as_text: as a front door counts them, and strictly; the
    service's own bound is crossed by the item that fills it."""

    left: int
    as_text: bool
    empty: bool = True

    def take(self, row: Row, data: bytes) -> bool:
        size = text_bytes(data) if self.as_text else len(row.data)
        if self.left <= 0 or (self.as_text and size > self.left and not self.empty):
            self.left = 0
            return False
        self.left -= size
        self.empty = False
        return True


@dataclass(slots=True)
class _Found:
    """Items joined as they come: all of them at once would take the loop several milliseconds."""

    count: int = 0
    _size: int = 0
    _pieces: list[bytes] = field(default_factory=list)
    _loose: list[bytes] = field(default_factory=list)

    def add(self, data: bytes) -> None:
        if self._size > _PIECE_BYTES:
            # The last item is empty: another one follows.
            self._pieces.append(b",".join((*self._loose, b"")))
            self._loose.clear()
            self._size = 0
        self._loose.append(data)
        self._size += len(data)
        self.count += 1

    def pieces(self) -> list[bytes]:
        """With the commas between items."""
        return [*self._pieces, b",".join(self._loose)]


async def run(ctx: Context, request: Request) -> Answer:
    items = request["RequestItems"]
    if len(items) > 1:
        _refuse_mixed_tables(items)
    parts = {name: _part(part) for name, part in items.items()}
    if sum(len(part.wanted) for part in parts.values()) > SERVICE.batch_get:
        await check_batch(ctx, "BatchGetItem", request)
    plans: list[tuple[str, _Part, Table, list[Key]]] = []
    tables = await usable_tables(ctx, parts)
    for name, part in parts.items():
        table = tables[name]
        keys = [key_of_request(table, wanted) for wanted in part.wanted]
        if part.projection is not None:
            check_scalar_keys(part.projection.nested_names, table)
        plans.append((name, part, table, keys))

    room = _room(ctx, request)
    chunks: list[bytes] = [b'{"Responses":{']
    unprocessed: dict[str, Any] = {}
    consumed: list[dict[str, Any]] = []
    mode = request.get("ReturnConsumedCapacity", "NONE")
    for number, (name, part, table, keys) in enumerate(plans):
        found, done, units = await _read(ctx, part, table, keys, room, sized=mode != "NONE")
        ctx.metrics.add("ReturnedItemCount", found.count, "BatchGetItem")
        separator = b"," if number else b""
        chunks += (separator, orjson.dumps(name), b":[", *found.pieces(), b"]")
        if done < len(keys):
            rest = {**part.request, "Keys": part.wanted[done:]}
            unprocessed[name] = rest
        if mode != "NONE":
            consumed.append(capacity.consumed(table, units, {}, mode, named=name))
    tail: dict[str, Any] = {"UnprocessedKeys": unprocessed}
    if mode != "NONE":
        tail["ConsumedCapacity"] = consumed
    chunks += (b"},", orjson.dumps(tail)[1:])
    return chunks


def _room(ctx: Context, request: Request) -> _Room:
    if ctx.answer_bytes is None:
        return _Room(ANSWER_BYTES, as_text=False)
    # What is left over is named by its keys, which is at most what was asked for.
    asked = text_bytes(orjson.dumps(request["RequestItems"]))
    return _Room(max(min(ANSWER_BYTES, ctx.answer_bytes - asked), 1), as_text=True)


def _refuse_mixed_tables(items: Request) -> None:
    """What one table may not be asked with another one may not either."""
    given = {
        name: part[name]
        for part in items.values()
        for name in (*_EXPRESSIONS, *_LEGACY)
        if name in part
    }
    refuse_mixed(given, expressions=_EXPRESSIONS, legacy=_LEGACY)


def _part(part: Request) -> _Part:
    refuse_mixed(part, expressions=_EXPRESSIONS, legacy=_LEGACY)
    wanted = part["Keys"]
    seen = set()
    for key in wanted:
        # The service finds them before it looks at anything else, the table included, and by how
        # they are written: 1 and 1.0 are two keys here.
        text = orjson.dumps(key, option=orjson.OPT_SORT_KEYS)
        normalize_item(key)
        if text in seen:
            raise errors.validation("Provided list of item keys contains duplicates")
        seen.add(text)
    placeholders = placeholders_of(part, _EXPRESSIONS)
    projection = requested_projection(part, placeholders)
    placeholders.check_unused()
    return _Part(part, wanted, projection)


async def _read(
    ctx: Context, part: _Part, table: Table, keys: list[Key], room: _Room, *, sized: bool
) -> tuple[_Found, int, float]:
    """Encoded items, how many keys were answered, and the units they cost.

    Stops when there is no room; what is left goes back as UnprocessedKeys.
    """
    consistent = part.request.get("ConsistentRead", False)
    found = _Found()
    units = 0.0
    for start in range(0, len(keys), _CHUNK):
        if room.left <= 0:
            return found, start, units
        chunk = keys[start : start + _CHUNK]
        try:
            rows = await ctx.store.get_many(table, chunk, consistent=consistent)
        except StoreError:
            # What was read is worth returning: the client asks for the rest again, with back-off.
            if start == 0 and not found.count:
                raise
            return found, start, units
        for done, row in enumerate(rows):
            data, size = b"", 0
            if row is not None:
                if (sized or part.projection is not None) and row.is_large:
                    data, size = await ctx.aside(_shown, part, row, sized)
                else:
                    data, size = _shown(part, row, sized)
                if not room.take(row, data):
                    return found, start + done, units
            if sized:
                units += capacity.read_units(size, consistent=consistent)
            if row is not None:
                found.add(data)
    return found, len(keys), units


def _shown(part: _Part, row: Row, sized: bool) -> tuple[bytes, int]:
    """The item as it is answered, and its bytes, 0 if nobody asks for them."""
    projection = part.projection
    data = row.data if projection is None else orjson.dumps(projection.apply(row.item))
    return data, item_size(row.item) if sized else 0
