"""Which shards the streams have that are written to, as the relay goes by.

The catalog says it, with the streams that are ending. All of it is read again when the catalog's
version has moved, which is rarely.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...model.rows import Key
from ...model.shards import first_open, shard_of
from ...model.stream import StreamOfTable, stream_of
from ...model.table import Stream
from .catalog import Catalog
from .outbox import stream_key
from .ring import token
from .stream_log import Place


class Shapes:
    """Methods raise StoreUnavailable."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._version: int | None = None
        self._current: dict[str, Stream] = {}
        self._ending: dict[str, Stream] = {}

    async def learn(self, former: Sequence[StreamOfTable], *, anew: bool = False) -> None:
        """`former` was read just before. anew: whatever is known."""
        version = self._catalog.version
        if anew or version != self._version:
            found = map(stream_of, await self._catalog.all())
            self._current = {key_of(each): each.stream for each in found if each is not None}
            self._version = version
        over = {key_of(each): each for each in former}
        self._ending = {key: each.stream for key, each in over.items() if each.status != "DISABLED"}
        for key, each in over.items():
            if each.status == "DISABLED":
                self._current.pop(key, None)

    def __contains__(self, key: str) -> bool:
        return self._of(key) is not None

    def place(self, key: str, item: Key) -> Place | None:
        """Where records of the item belong; None for a stream that is not known, or no more."""
        stream = self._of(key)
        return None if stream is None else (key, shard_of(stream, token(item.partition)))

    def is_split(self, place: Place) -> bool:
        stream = self._of(place[0])
        return stream is not None and place[1] < first_open(stream)

    def _of(self, key: str) -> Stream | None:
        # A row of a stream that did not end after all may be older than a split.
        found = (shapes.get(key) for shapes in (self._current, self._ending))
        return max((each for each in found if each), key=first_open, default=None)


def key_of(stream: StreamOfTable) -> str:
    return stream_key(stream.table_id, stream.stream.label)
