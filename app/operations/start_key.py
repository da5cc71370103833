"""ExclusiveStartKey of Query and Scan."""

from __future__ import annotations

from .. import errors
from ..errors import ApiError
from ..model.index import Place, Position, place_of
from ..model.rows import Item, Key, KeyValue, Segment
from ..store.base import Store
from ..values import normalize_item
from .key_ranges import KeyRange
from .keys import empty_index_key, key_mismatch, key_of_request
from .registry import Request
from .targets import Target

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


def scan_start(store: Store, target: Target, segment: Segment, start: Item) -> Key | Position:
    """Where a scan goes on. The key must be one this segment could have ended a page with."""
    # Only of a table's own keys does the service say what is wrong.
    mismatch = key_mismatch().message if target.index is None else None
    after = _position(target, start, mismatch)
    if isinstance(after, Key):
        partition = after.partition
    else:
        local = target.index is not None and target.index.local
        partition = after.key.partition if local else after.place.partition
    if not store.in_segment(target.table, partition, segment):
        raise errors.validation(
            f"{_INVALID}: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct "
            f"Segment. TotalSegments: {segment.total} Segment: {segment.number}"
        )
    return after


def query_start(target: Target, keys: KeyRange, start: Item) -> Key | Position:
    """Where a query goes on: a key of the same partition, within what the condition allows."""
    after = _position(target, start, None)
    if target.index is None and not target.sort:
        raise errors.validation("The query can return at most one row and cannot be restarted")
    at: Place | Key = after.place if isinstance(after, Position) else after
    if at.partition != keys.partition:
        raise errors.validation(
            "The provided starting key is outside query boundaries based on provided conditions"
        )
    if not _within(keys, at.sort):
        raise errors.validation("The provided starting key does not match the range key predicate")
    return after


def _position(target: Target, start: Item, mismatch: str | None) -> Key | Position:
    """mismatch: what is said of other attributes, or types, than those of the keys."""
    cursor = target.cursor
    if start.keys() != cursor.keys() or any(
        key.type not in start[name] for name, key in cursor.items()
    ):
        raise errors.validation(_INVALID if mismatch is None else f"{_INVALID}: {mismatch}")
    try:
        if target.index is not None:
            for attribute in target.keys:
                if start[attribute.name][attribute.type] == "":
                    raise empty_index_key(target.index, attribute)
        key = key_of_request(target.table, {name: start[name] for name in target.table.key_names})
    except ApiError as fault:
        raise errors.validation(f"{_INVALID}: {fault.message}") from None
    if target.index is None:
        return key
    place = place_of(target.index, start)
    assert place is not None
    return Position(place, key)


def _within(keys: KeyRange, value: KeyValue | None) -> bool:
    bounds = keys.bounds
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
