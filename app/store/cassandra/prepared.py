"""What a transaction is about to do to one row, as it is kept beside the row's lock.

All of it is fixed when the row is prepared, so that whoever finishes the transaction writes the
same. Images may be large: they lie behind a small head, and each is there once.
"""

from __future__ import annotations

from dataclasses import dataclass

import orjson

_HEAD = 4
_SAME = -1


@dataclass(frozen=True, slots=True)
class Prepared:
    """`blob` is the item as it is stored; None deletes it. check: the row stays as it is.

    `removed` and `added` are rows of local indexes: number, sort key of the place, projected item.
    `record` is the outbox row of a table with a stream: the version before, and the message.
    """

    version: int
    blob: bytes | None = None
    check: bool = False
    removed: tuple[tuple[int, bytes], ...] = ()
    added: tuple[tuple[int, bytes, bytes], ...] = ()
    record: tuple[int | None, bytes] | None = None


CHECK = Prepared(0, check=True)


def encode(prepared: Prepared) -> bytes:
    if prepared.check:
        return b""
    parts: list[bytes] = []

    def length(data: bytes | None) -> int | None:
        if data is None:
            return None
        parts.append(data)
        return len(data)

    blob = length(prepared.blob)
    removed = [(number, length(sort)) for number, sort in prepared.removed]
    added = [
        (number, length(sort), _SAME if entry == prepared.blob else length(entry))
        for number, sort, entry in prepared.added
    ]
    record = prepared.record and (prepared.record[0], length(prepared.record[1]))
    head = orjson.dumps((prepared.version, blob, removed, added, record))
    return b"".join((len(head).to_bytes(_HEAD, "big"), head, *parts))


def decode(data: bytes) -> Prepared:
    """The inverse of `encode`."""
    if not data:
        return CHECK
    size = int.from_bytes(data[:_HEAD], "big")
    version, blob_length, removed, added, record = orjson.loads(data[_HEAD : _HEAD + size])
    at = _HEAD + size

    def take(length: int) -> bytes:
        nonlocal at
        at += length
        return data[at - length : at]

    blob = None if blob_length is None else take(blob_length)
    gone = tuple((number, take(length)) for number, length in removed)
    come = []
    for number, sort_length, length in added:
        sort = take(sort_length)
        entry = blob if length == _SAME else take(length)
        assert entry is not None
        come.append((number, sort, entry))
    message = record and (record[0], take(record[1]))
    return Prepared(version, blob, removed=gone, added=tuple(come), record=message)
