"""Limits of a table: the service's, or relaxed by a setting or by the table's tag.

    item=1MB, batch_write=100        limit=value, separated by commas or spaces

Bytes may be given in KB, MB and GB. A limit can be relaxed, not tightened.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from typing import Final

TAG = "dynaspan:limits"

_KB, _MB, _GB = 1 << 10, 1 << 20, 1 << 30
_UNITS = {"": 1, "KB": _KB, "MB": _MB, "GB": _GB}
_SETTING = re.compile(r"([a-z_]+)=(\d{1,15})(KB|MB|GB)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of an item, of a key attribute, of a page of Query and Scan, and of an item collection
    of a table with local indexes; items of a batch."""

    item: int = 400 * _KB
    partition_key: int = 2 * _KB
    sort_key: int = _KB
    page: int = _MB
    collection: int = 10 * _GB
    batch_write: int = 25
    batch_get: int = 100


SERVICE: Final = Limits()
# Whatever the store can hold: a page is held in memory, a batch is checked as a whole.
MOST: Final = Limits(
    item=8 * _MB,
    partition_key=4 * _KB,
    sort_key=4 * _KB,
    page=16 * _MB,
    collection=1 << 50,
    batch_write=1000,
    batch_get=1000,
)
_COUNTS = frozenset(("batch_write", "batch_get"))
_NAMES = tuple(field.name for field in fields(Limits))


class WrongLimits(Exception):
    """The text cannot be used; says why."""


def relaxed(text: str, base: Limits, *, item_bytes: int) -> Limits:
    """`base` with what `text` relaxes. `item_bytes`: the largest item that the store can hold.

    Raises WrongLimits.
    """
    limits = base
    for word in text.replace(",", " ").split():
        found = _SETTING.fullmatch(word)
        if found is None or found[1] not in _NAMES or (found[1] in _COUNTS and found[3]):
            raise WrongLimits(
                f"{word!r} is not a limit: give {', '.join(_NAMES)} as name=value, bytes also in "
                "KB, MB or GB"
            )
        name, value = found[1], int(found[2]) * _UNITS[found[3] or ""]
        least, most = getattr(SERVICE, name), getattr(MOST, name)
        if name == "item":
            most = min(most, item_bytes)
        if not least <= value <= most:
            raise WrongLimits(f"{name} must be from {least} to {most}, but is {value}")
        limits = replace(limits, **{name: value})
    return limits
