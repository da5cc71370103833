"""Everything that belongs to streams, put together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

from ...clock import Clock
from ...faults import Faults
from ...metrics import Metrics
from ...model.stream import stream_of
from ...model.table import Table
from .catalog import Catalog
from .former import Former
from .index_statements import MarkStatements
from .items import ItemTable
from .leases import Leases
from .marks import Marks
from .outbox import Outboxes, stream_key
from .patience import Patient
from .relay import Relay
from .stream_log import Log
from .stream_reads import StreamReads
from .stream_statements import LogStatements

_END_POLL_SECONDS = 0.05


class Streams:
    """`keyspace` is the catalog's. `acknowledged` waits until no process acts on an older version
    of the catalog. Methods raise StoreUnavailable."""

    def __init__(
        self,
        keyspace: str,
        patient: Patient,
        catalog: Catalog,
        tables: Callable[[Table], ItemTable],
        acknowledged: Callable[[int], Coroutine[None, None, None]],
        leases: Leases,
        clock: Clock,
        faults: Faults,
        metrics: Metrics,
        *,
        patience: float,
        keep_seconds: int,
    ) -> None:
        statements = LogStatements(keyspace)
        of_marks = MarkStatements(keyspace, "pending", "records")
        self._former = Former(patient, statements, catalog, keep_seconds)
        self._log = Log(patient, statements, tables, catalog, clock, faults, keep_seconds)
        self.marks = Marks(patient, of_marks)
        self.relay = Relay(
            *(patient, self.marks, of_marks, self._log, self._former, catalog, tables),
            *(acknowledged, leases, clock, faults, metrics, patience),
        )
        self.outboxes = Outboxes(self.marks, clock, faults, self.relay.wake)
        self.reads = StreamReads(patient, statements, catalog, self._former)

    async def begin(self, table: Table) -> None:
        """Before the catalog shows a table with a new stream, or new shards. May be done twice."""
        if table.stream is not None:
            await self._log.begin_stream(stream_key(table.id, table.stream.label), table.stream)

    async def retire(self, table: Table, after: Table | None) -> None:
        """Before the catalog shows `after` in the place of `table`, if the stream of that ends."""
        following = None if after is None else after.stream
        if table.stream is None or (following and following.label == table.stream.label):
            return
        await self._former.retire(table)

    async def finished(self, table: Table) -> None:
        """Until all records of a table that goes are out of it."""
        stream = stream_of(table)
        finished = stream is None
        while stream is not None and not finished:
            finished = await self._former.is_finished(stream)
            await asyncio.sleep(0 if finished else _END_POLL_SECONDS)

    def survey(self) -> None:
        """A stream has begun or ended: sooner than the relay would look by itself."""
        self.relay.wake(survey=True)
