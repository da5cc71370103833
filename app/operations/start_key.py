"""ExclusiveStartKey of Query and Scan."""

from __future__ import annotations

from .. import errors
from ..errors import ApiError
from ..model.rows import Bounds, Item, Key, KeyValue, Segment
from ..model.table import Table
from ..store.base import Store
from ..values import normalize_item
from .keys import key_of_request
from .registry import Request

_INVALID = "The provided starting key is invalid"


def given_start(request: Request) -> Item | None:
    """The normalized ExclusiveStartKey, if there is one."""
    start: Item | None = request.get("ExclusiveStartKey")
    if start is None:
        return None
    try:
        return normalize_item(start)
    except ApiError as fault:
        raise errors.validation(f"{_INVALID}: {fault.message}") from None


def scan_start(store: Store, table: Table, segment: Segment, start: Item) -> Key:
    """Where a scan goes on. The key must be one this segment could have ended a page with."""
    try:
        key = key_of_request(table, start)
    except ApiError as fault:
        raise errors.validation(f"{_INVALID}: {fault.message}") from None
    if not store.in_segment(table, key, segment):
        raise errors.validation(
            f"{_INVALID}: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct "
            f"Segment. TotalSegments: {segment.total} Segment: {segment.number}"
        )
    return key


def query_start(table: Table, partition: KeyValue, bounds: Bounds, start: Item) -> Key:
    """Where a query goes on: a key of the same partition, within what the condition allows."""
    if set(start) != set(table.key_names):
        raise errors.validation(_INVALID)
    try:
        key = key_of_request(table, start)
    except ApiError as fault:
        raise errors.validation(f"{_INVALID}: {fault.message}") from None
    if table.sort_key is None:
        raise errors.validation("The query can return at most one row and cannot be restarted")
    if key.partition != partition or not _within(bounds, key.sort):
        raise errors.validation(
            "The provided starting key is outside query boundaries based on provided conditions"
        )
    return key


def _within(bounds: Bounds, value: KeyValue | None) -> bool:
    if bounds.lower is not None:
        # Both sides are of the sort key's one type, which mypy cannot know.
        if value < bounds.lower:  # type: ignore[operator]
            return False
        if value == bounds.lower and not bounds.lower_inclusive:
            return False
    if bounds.upper is not None:
        if value > bounds.upper:  # type: ignore[operator]
            return False
        if value == bounds.upper and not bounds.upper_inclusive:
            return False
    return True
