"""How the records of a shard are cut into batches: pure.

https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

Record = dict[str, Any]

MOST_BYTES = 6 * 1024 * 1024
"""Of an event, as for a function on Lambda."""
_ENVELOPE = 32


def lanes(records: Sequence[Record], count: int) -> list[list[Record]]:
    """Those of one item stay in one lane, in their order. Empty lanes are left out."""
    found: list[list[Record]] = [[] for _ in range(count)]
    for record in records:
        key = json.dumps(record["dynamodb"]["Keys"], sort_keys=True)
        found[zlib.crc32(key.encode()) % count].append(record)
    return [lane for lane in found if lane]


def batches(
    records: Sequence[Record], size: int, most_bytes: int = MOST_BYTES
) -> Iterator[list[Record]]:
    """At most `size` records each, and `most_bytes` of JSON unless a single one has more."""
    batch: list[Record] = []
    used = _ENVELOPE
    for record in records:
        length = len(json.dumps(record)) + 2
        if batch and (len(batch) == size or used + length > most_bytes):
            yield batch
            batch, used = [], _ENVELOPE
        batch.append(record)
        used += length
    if batch:
        yield batch
