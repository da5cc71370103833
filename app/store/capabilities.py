"""What a store can do, in flags."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What differs between stores, one flag each. Callers and tests ask for these, never for names.

    shared: several processes may open the same data.
    durable: acknowledged data survives the process.
    batches: `commit` takes more than one write.
    transactions: it also takes checks and tokens, and there is `snapshot`.
    indexes: tables may have secondary indexes.
    streams: tables may have a stream.
    partition_contention: writes of one partition contend with each other, not only those of a key.
    plain_writes: writes may be made in a second way (`Table.writes`), one that compares nothing.
    keyspaces: a table may have a keyspace of its own (`Table.layout`).
    item_bytes: the largest item that can be held with its index entries and stream record.
    """

    shared: bool
    durable: bool
    batches: bool
    transactions: bool
    indexes: bool
    streams: bool
    partition_contention: bool
    item_bytes: int
    plain_writes: bool = False
    keyspaces: bool = False


@dataclass(frozen=True, slots=True)
class Translation:
    """What a way of keeping items can do. blind_update: writes may be deltas."""

    blind_update: bool
