"""The shards of a stream: which there are, whose child each is, and which a record belongs to.

Shards are numbered in the order in which they were made: first those that the stream began with,
then, each time that they were split, as many as there were from then on. A shard names one parent
only, so that shards are split and never merged: the earlier records of an item in a child are all
in its parent, and who reads a parent to its end before its children has them in order.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from .table import Stream, Table


def first_open(stream: Stream) -> int:
    """The first of the shards that are written to, which are the last ones."""
    return sum(stream.earlier)


def shard_count(stream: Stream) -> int:
    """Of all, those that were split too."""
    return first_open(stream) + stream.shards


def shard_of(stream: Stream, hash: int) -> int:
    """Where the records of a partition key of this hash belong."""
    if not stream.earlier:
        return hash % stream.shards
    hash, place = divmod(hash, stream.earlier[0])
    for before, after in pairwise((*stream.earlier, stream.shards)):
        # Children of the one at `place` are at place, place + before, place + 2 * before, ...
        hash, child = divmod(hash, (after - place - 1) // before + 1)
        place += child * before
    return first_open(stream) + place


def split_of(stream: Stream, number: int) -> tuple[int, int]:
    """After how many splits the shard was made, and the number of the first one made with it."""
    first = 0
    for split, count in enumerate(stream.earlier):
        if number < first + count:
            return split, first
        first += count
    return len(stream.earlier), first


def parent_of(stream: Stream, number: int) -> int | None:
    """None for one that the stream began with."""
    split, first = split_of(stream, number)
    if not split:
        return None
    before = stream.earlier[split - 1]
    return first - before + (number - first) % before


def with_more_shards(table: Table, shards: int) -> Table:
    """The next version of `table`, in which each shard of its stream is split, or followed by one,
    so that there are `shards`, which are more than before."""
    stream = table.stream
    if stream is None or shards <= stream.shards:
        raise ValueError("shards are never merged")
    split = replace(stream, shards=shards, earlier=(*stream.earlier, stream.shards))
    return replace(table, stream=split, version=table.version + 1)
