"""The Murmur3 ring: where Cassandra keeps a partition key, and how a scan walks it."""

from __future__ import annotations

from typing import NamedTuple

from cassandra.metadata import Murmur3Token

from ...model.rows import KeyValue, Segment

FIRST = -(2**63)
LAST = 2**63 - 1
_SIZE = 2**64


class Range(NamedTuple):
    """Tokens, both ends included. Empty when first > last."""

    first: int
    last: int


def key_bytes(partition: KeyValue) -> bytes:
    """The partition key as Cassandra serializes it."""
    return partition.encode() if isinstance(partition, str) else partition


def token(partition: KeyValue) -> int:
    """As Cassandra's Murmur3Partitioner, which keeps the least number for itself."""
    return token_of(key_bytes(partition))


def token_of(serialized: bytes) -> int:
    hashed: int = Murmur3Token.hash_fn(serialized)
    return hashed


def segment_range(segment: Segment) -> Range:
    """Equal parts of the ring, the first ones longer by a token where it does not divide."""
    first = FIRST + -(-_SIZE * segment.number // segment.total)
    following = FIRST + -(-_SIZE * (segment.number + 1) // segment.total)
    return Range(first, following - 1)


def behind(whole: Range, partition: KeyValue) -> Range:
    """What of `whole` lies behind the token of `partition`."""
    return Range(max(whole.first, token(partition) + 1), whole.last)


def siblings_behind(partitions: list[KeyValue], partition: KeyValue) -> list[KeyValue]:
    """Of partition keys with one token those behind `partition`, in Cassandra's order.

    Two keys may share a token: a scan that went on at `token > t` would skip the second.
    """
    least = key_bytes(partition)
    return sorted((key for key in partitions if key_bytes(key) > least), key=key_bytes)
