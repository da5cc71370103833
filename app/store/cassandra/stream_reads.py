"""Reads of streams. No table has one here yet: `capabilities` tell so."""

from __future__ import annotations

from ...model.stream import Shard, StreamOfTable
from .. import base


class StreamReads:
    async def streams(self, table_name: str | None = None) -> list[StreamOfTable]:
        return []

    async def stream(self, table_name: str, label: str) -> StreamOfTable | None:
        return None

    async def shards(self, stream: StreamOfTable) -> list[Shard]:
        return []

    async def read_stream(
        self, stream: StreamOfTable, shard: int, *, start: int | None, limit: int
    ) -> base.StreamPage | base.Trimmed:
        return base.Trimmed()
