"""All jobs of a process, as tasks beside its requests or alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from ..clock import Clock
from ..config import Settings
from ..metrics import Metrics
from ..store.base import Store
from ..store.keyqueue import KeyQueue
from .census import Takers
from .drift import DriftWatch
from .expiry import Expiry
from .indexing import Indexing
from .overdue import Overdue
from .resharding import Resharding

_log = logging.getLogger("dynaspan")


@asynccontextmanager
async def running(
    store: Store,
    settings: Settings,
    clock: Clock,
    metrics: Metrics,
    queue: KeyQueue,
    overdue: Overdue,
) -> AsyncIterator[None]:
    """The jobs run until the end of the block. Each is done by one process of all that share the
    data; what belongs to a kind of store alone runs in the store itself, as long as it is open."""
    expiry = Expiry(store, clock, metrics, queue, settings.ttl_interval, overdue)
    takers = Takers(store, clock, metrics, settings.census_interval)
    jobs: dict[str, Coroutine[Any, Any, None]] = {"expiry": expiry.run(), "census": takers.run()}
    if store.capabilities.streams:
        jobs["resharding"] = Resharding(store, clock, metrics, settings.stream_shards).run()
    if store.capabilities.indexes:
        jobs["indexing"] = Indexing(store, clock, metrics, queue).run()
        if settings.verify_interval:
            watch = DriftWatch(store, clock, metrics, queue, settings.verify_interval)
            jobs["drift"] = watch.run()
    tasks = [asyncio.create_task(job, name=name) for name, job in jobs.items()]
    for task in tasks:
        task.add_done_callback(_report)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (fault := task.exception()) is not None:
        _log.error("job %s has ended with %s", task.get_name(), type(fault).__qualname__)
