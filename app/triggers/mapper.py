"""Delivers a stream to a target: one task for each shard, parents before their children.

What is settled is written down behind each round of batches; whoever dies before that has some
records delivered twice, none left out.
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from ..clock import Clock
from .batches import batches, lanes
from .checkpoints import Checkpoint, Checkpoints, Known, LeaseLost
from .delivery import Counts, Delivery, Record, created_of, keep, number_of
from .destinations import Destination
from .filters import Filters
from .source import (
    MOST_RECORDS,
    IteratorExpired,
    Page,
    RecordsTrimmed,
    Shard,
    Source,
    SourceFailed,
)

_log = logging.getLogger("dynaspan")
_SHARDS_SECONDS = 2.0
_PAUSE = 0.2
# Times of records are rounded down, to the minute in DynamoDB Local: better one too many.
_COARSE_SECONDS = 60.0
_PAUSE_OF_FAILURE = 1.0
_FAREWELL_SECONDS = 25.0


@dataclass(frozen=True, slots=True)
class Batching:
    """window: seconds in which a batch may wait to become full. parallelization: batches of a shard
    that are delivered at once."""

    size: int = 100
    window: float = 0.0
    parallelization: int = 1
    latest: bool = False


@dataclass(frozen=True, slots=True)
class _Delivering:
    """A shard; `ended` is set when it is to be let go at the end of a round of batches."""

    task: asyncio.Task[None]
    ended: asyncio.Event


class Mapper:
    """`run` it once."""

    def __init__(
        self,
        source: Source,
        delivery: Delivery,
        checkpoints: Checkpoints,
        filters: Filters,
        batching: Batching,
        destination: Destination | None,
        *,
        clock: Clock,
        counts: Counts,
    ) -> None:
        self._source = source
        self._delivery = delivery
        self._checkpoints = checkpoints
        self._filters = filters
        self._batching = batching
        self._destination = destination
        self._clock = clock
        self._counts = counts
        self._shards: dict[str, _Delivering] = {}
        # What is older is not wanted. Shards are read from their oldest record on all the same: an
        # iterator at the latest one would go with the process, and what came meanwhile with it.
        self._since: float | None = None

    async def run(self, ended: asyncio.Event) -> None:
        """Until `ended`; batches under way then have a moment to come to their end."""
        try:
            while not ended.is_set():
                try:
                    await self._look()
                except SourceFailed as fault:
                    _log.warning("the shards of the stream cannot be seen: %s", fault)
                waiting = asyncio.ensure_future(ended.wait())
                await asyncio.wait(
                    [waiting, *[each.task for each in self._shards.values()]],
                    timeout=_SHARDS_SECONDS,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                waiting.cancel()
        finally:
            await self._leave()

    async def _look(self) -> None:
        """Keeps the leases of the shards that are delivered, lets go what is more than this
        process's share, and begins with others up to that."""
        for shard in self._ended():
            await self._checkpoints.release(shard)
        await self._renew()
        # In this order: what is finished and then not among the shards is gone for good.
        known = await self._checkpoints.known()
        shards = await self._source.shards()
        if self._batching.latest and self._since is None:
            begun = [each.since for each in known.checkpoints.values() if each.since is not None]
            started = None if known.checkpoints else self._clock.time()
            self._since = max(begun, default=started)
        open_shards = ready(shards, known.checkpoints)
        share = share_of(len(open_shards), known)
        self._let_go(share)
        for each in open_shards:
            if len(self._shards) >= share:
                break
            if each.id in self._shards or each.id in known.held:
                continue
            checkpoint = await self._checkpoints.take(each.id)
            if checkpoint is None or checkpoint.finished:
                continue
            ended = asyncio.Event()
            task = asyncio.create_task(self._deliver_shard(each.id, checkpoint, ended))
            self._shards[each.id] = _Delivering(task, ended)
        for shard in gone(shards, known.checkpoints):
            await self._checkpoints.forget(shard)

    def _ended(self) -> list[str]:
        """Shards that are at their end, or let go; theirs are the leases that are released."""
        ended = [shard for shard, each in self._shards.items() if each.task.done()]
        tasks = [self._shards.pop(shard).task for shard in ended]
        for task in tasks:
            if not task.cancelled():
                task.result()
        return ended

    async def _renew(self) -> None:
        for shard, each in self._shards.items():
            try:
                await self._checkpoints.renew(shard)
            except LeaseLost:
                _log.warning("shard %s is delivered by another process now", shard)
                each.task.cancel()

    def _let_go(self, share: int) -> None:
        """All above `share`, each at the end of its round: until then nobody else has it."""
        staying = [shard for shard, each in self._shards.items() if not each.ended.is_set()]
        for shard in staying[share:]:
            _log.info("shard %s is left to another process", shard)
            self._shards[shard].ended.set()

    async def _deliver_shard(
        self, shard: str, checkpoint: Checkpoint, ended: asyncio.Event
    ) -> None:
        with suppress(LeaseLost):
            if checkpoint == Checkpoint() and self._since is not None:
                checkpoint = Checkpoint(since=self._since)
                await self._save(shard, checkpoint)
            reader = _Reader(self._source, shard, checkpoint.sequence)
            while not checkpoint.finished and not ended.is_set():
                try:
                    records, closed = await reader.next(self._batching, ended)
                except RecordsTrimmed:
                    await self._tell_trimmed(shard, checkpoint)
                    reader = _Reader(self._source, shard, None)
                    continue
                except SourceFailed as fault:
                    _log.warning("shard %s cannot be read: %s", shard, fault)
                    await asyncio.sleep(_PAUSE_OF_FAILURE)
                    reader = _Reader(self._source, shard, checkpoint.sequence)
                    continue
                if records:
                    await self._settle(shard, records, checkpoint.since)
                    checkpoint = replace(checkpoint, sequence=number_of(records[-1]))
                if records or closed:
                    await self._save(shard, replace(checkpoint, finished=closed))
                checkpoint = replace(checkpoint, finished=closed)

    async def _settle(self, shard: str, records: Sequence[Record], since: float | None) -> None:
        """Delivers those that are wanted, lanes at once, in each one batch after the other."""
        oldest = 0.0 if since is None else since - _COARSE_SECONDS
        late = [record for record in records if created_of(record) >= oldest]
        wanted = [record for record in late if self._filters.wants(record)]
        self._counts.filtered += len(records) - len(wanted)

        async def deliver(lane: Sequence[Record]) -> None:
            for batch in batches(lane, self._batching.size):
                await self._delivery.deliver(shard, batch)

        await asyncio.gather(
            *[deliver(each) for each in lanes(wanted, self._batching.parallelization)]
        )
        self._counts.lag = max(self._clock.time() - created_of(records[-1]), 0.0)

    async def _save(self, shard: str, checkpoint: Checkpoint) -> None:
        """Raises LeaseLost."""
        while True:
            try:
                return await self._checkpoints.save(shard, checkpoint)
            except SourceFailed as fault:
                _log.warning("a checkpoint of shard %s cannot be written: %s", shard, fault)
                await asyncio.sleep(_PAUSE_OF_FAILURE)

    async def _tell_trimmed(self, shard: str, checkpoint: Checkpoint) -> None:
        """Records have been lost; the rest goes on, but not in silence."""
        after = checkpoint.sequence
        _log.error("records behind %s of shard %s are not kept any more", after, shard)
        told = {"shardId": shard, "startSequenceNumber": after, "streamArn": self._source.arn}
        condition = {"condition": "RecordsTrimmed"}
        await keep(
            self._destination,
            {"version": "1.0", "requestContext": condition, "DDBStreamBatchInfo": told},
        )

    async def _leave(self) -> None:
        for each in self._shards.values():
            each.ended.set()
        if tasks := [each.task for each in self._shards.values()]:
            _, late = await asyncio.wait(tasks, timeout=_FAREWELL_SECONDS)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        with suppress(SourceFailed):
            for shard in self._shards:
                await self._checkpoints.release(shard)
            await self._checkpoints.leave()


def share_of(shards: int, known: Known) -> int:
    """How many of `shards` this process delivers: as many as each other one, or one more."""
    each, more = divmod(shards, known.workers)
    return each + (known.place < more)


def ready(shards: Sequence[Shard], known: Mapping[str, Checkpoint]) -> list[Shard]:
    """Those not finished whose parent is finished, or is no more."""
    there = {shard.id for shard in shards}
    finished = {id for id, checkpoint in known.items() if checkpoint.finished}
    return [
        shard
        for shard in shards
        if shard.id not in finished
        and (shard.parent is None or shard.parent not in there or shard.parent in finished)
    ]


def gone(shards: Sequence[Shard], known: Mapping[str, Checkpoint]) -> list[str]:
    """Finished ones that the stream has no more: nobody asks for their checkpoints."""
    there = {shard.id for shard in shards}
    return [id for id, checkpoint in known.items() if checkpoint.finished and id not in there]


class _Reader:
    """Collects records of a shard until they are enough for a round of batches."""

    def __init__(self, source: Source, shard: str, after: str | None) -> None:
        self._source = source
        self._shard = shard
        self._after = after
        self._iterator: str | None = None

    async def next(self, batching: Batching, ended: asyncio.Event) -> tuple[list[Record], bool]:
        """Records, and whether they are the shard's last. Raises SourceFailed."""
        found: list[Record] = []
        most = batching.size * batching.parallelization
        loop = asyncio.get_running_loop()
        since = loop.time()
        while not ended.is_set():
            page = await self._page(min(most - len(found), MOST_RECORDS))
            if page.records and not found:
                since = loop.time()
            found += page.records
            if page.records:
                self._after = number_of(found[-1])
            self._iterator = page.next
            if page.next is None:
                return found, True
            if len(found) >= most or (found and loop.time() - since >= batching.window):
                return found, False
            if not page.records:
                with suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), _PAUSE)
        return found, False

    async def _page(self, limit: int) -> Page:
        if self._iterator is None:
            self._iterator = await self._source.iterator(self._shard, self._after)
        try:
            return await self._source.read(self._iterator, limit)
        except IteratorExpired:
            self._iterator = await self._source.iterator(self._shard, self._after)
            return await self._source.read(self._iterator, limit)
