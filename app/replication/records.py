"""From a record of a DynamoDB stream, as Lambda is given it, to what it says of one item.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from ..errors import ApiError
from ..model.rows import Item
from ..operations.stream_names import stream_name
from ..operations.validate.attribute_value import is_attribute_map
from ..values import normalize_item

SERVICE_IDENTITY = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
"""Of deletes by time to live.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html"""

_EVENTS = frozenset(("INSERT", "MODIFY", "REMOVE"))
_WITH_NEW_IMAGE = frozenset(("NEW_IMAGE", "NEW_AND_OLD_IMAGES"))


class Poison(Exception):
    """A record that can never be applied, and why: one sentence."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a record is among all of its item, in any of its table's streams: labels are times, and
    the sequence numbers of one stream go up."""

    stream: str
    sequence: int

    def __lt__(self, other: Moment) -> bool:
        return (self.stream, self.sequence) < (other.stream, other.sequence)


@dataclass(frozen=True, slots=True)
class Change:
    """An item as a record says it is since then; `image` is None where it was deleted.

    place: of the record in its batch. created: epoch seconds, 0 if the record does not say.
    by_service: it was deleted as its time to live was over.
    """

    place: int
    table: str
    moment: Moment
    keys: Item
    image: Item | None
    created: float
    by_service: bool = False


def change_of(place: int, record: Any) -> Change:
    """Raises Poison."""
    if not isinstance(record, dict) or not isinstance(record.get("dynamodb"), dict):
        raise Poison("The record is malformed: it has no member dynamodb")
    told = record["dynamodb"]
    named = stream_name(str(record.get("eventSourceARN")))
    if named is None:
        raise Poison("The record is malformed: its eventSourceARN is no ARN of a stream")
    event = record.get("eventName")
    if event not in _EVENTS:
        raise Poison(f"The record is malformed: its eventName is {event!r}")
    number = told.get("SequenceNumber")
    if not isinstance(number, str) or not number.isascii() or not number.isdigit():
        raise Poison(f"The record is malformed: its SequenceNumber is {number!r}")
    keys = _attributes(told, "Keys")
    view = told.get("StreamViewType")
    image = None
    if event != "REMOVE":
        if view not in _WITH_NEW_IMAGE:
            raise Poison(
                f"The stream's view is {view}, whose records have no new image: "
                "it must be NEW_IMAGE or NEW_AND_OLD_IMAGES"
            )
        image = _attributes(told, "NewImage")
        if any(image.get(name) != value for name, value in keys.items()):
            raise Poison("The record is malformed: its NewImage has other keys than its Keys")
    created = told.get("ApproximateCreationDateTime")
    return Change(
        place,
        named.table,
        Moment(named.label, int(number)),
        keys,
        image,
        float(created) if isinstance(created, int | float) else 0.0,
        by_service=event == "REMOVE" and record.get("userIdentity") == SERVICE_IDENTITY,
    )


def grouped(changes: list[Change]) -> list[list[Change]]:
    """Those of one item together, the latest first."""
    groups: dict[tuple[str, bytes], list[Change]] = {}
    for change in changes:
        key = orjson.dumps(change.keys, option=orjson.OPT_SORT_KEYS)
        groups.setdefault((change.table, key), []).append(change)
    return [
        sorted(group, key=lambda change: (change.moment.stream, change.moment.sequence))[::-1]
        for group in groups.values()
    ]


def _attributes(told: dict[str, Any], member: str) -> Item:
    item = told.get(member)
    if not isinstance(item, dict) or not item or not is_attribute_map(item):
        raise Poison(f"The record is malformed: its {member} is no map of attribute values")
    try:
        return normalize_item(orjson.loads(orjson.dumps(item)))
    except ApiError as fault:
        raise Poison(f"The record is malformed: its {member}: {fault.message}") from None
