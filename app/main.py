"""The application, built once from its settings."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from .auth import Authenticator, KeyRing, key_ring
from .clock import Clock, SystemClock
from .config import ConfigError, Settings
from .errors import StoreError
from .http.data_plane import DataPlane
from .http.front import Front
from .http.health import Readiness
from .metrics import Metrics
from .model.limits import SERVICE, WrongLimits, relaxed
from .model.table import SHARED
from .operations import OPERATIONS
from .operations.context import Context
from .operations.recent import Recent
from .store.base import Store
from .store.keyqueue import KeyQueue
from .store.open import open_store

if TYPE_CHECKING:
    from fastapi import FastAPI

    from .http.application import Application, Lifespan
    from .http.caches import CacheCounts

_log = logging.getLogger("dynaspan")

_OBSERVED_SECONDS = 1.0

OPERATION_NAMES = tuple(operation.name for operation in OPERATIONS.values())
"""The labels of metrics, in the order that all workers of a server share."""


def create_app(
    settings: Settings,
    *,
    store: Store | None = None,
    clock: Clock | None = None,
    metrics: Metrics | None = None,
    answer_bytes: int | None = None,
) -> Application:
    """A FastAPI app whose lifespan opens and closes the store, also one that is passed in.

    answer_bytes: pages of reads end earlier so that answers have no more than about that.
    Raises ConfigError.
    """
    from .http.application import Application

    return Application(*_parts(settings, store, clock, metrics, answer_bytes, key_ring(settings)))


def create_front(
    settings: Settings,
    *,
    store: Store,
    clock: Clock,
    metrics: Metrics,
    keys: KeyRing,
    answer_bytes: int | None = None,
) -> Front:
    """What answers as `create_app`'s does, without a lifespan and by `keys`; FastAPI is imported
    when needed."""
    parts = _parts(settings, store, clock, metrics, answer_bytes, keys)

    def make() -> Application:
        from .http.application import Application

        return Application(*parts)

    return Front(parts[0], make)


def _parts(
    settings: Settings,
    store: Store | None,
    clock: Clock | None,
    metrics: Metrics | None,
    answer_bytes: int | None,
    keys: KeyRing,
) -> tuple[DataPlane, Readiness, Metrics, Lifespan]:
    clock = clock or SystemClock()
    metrics = metrics or Metrics(OPERATION_NAMES)
    store = store or open_store(settings, clock, metrics)
    if settings.workers > 1 and not store.capabilities.shared:
        raise ConfigError(
            f"workers={settings.workers}: processes cannot share {settings.store_for_display}"
        )
    if store.translation(settings.translator) is None:
        raise ConfigError(f"translator: this store has no translator {settings.translator}")
    if settings.keyspace_layout != SHARED and not store.capabilities.keyspaces:
        raise ConfigError(
            f"keyspace_layout: {settings.store_for_display} has no layout "
            f"{settings.keyspace_layout}"
        )
    queue = KeyQueue(by_partition=store.capabilities.partition_contention)
    try:
        limits = relaxed(settings.limits, SERVICE, item_bytes=store.capabilities.item_bytes)
    except WrongLimits as fault:
        raise ConfigError(f"limits: {fault}") from None
    recent = Recent(settings.remember_bytes)
    context = Context(store, settings, clock, metrics, queue, limits, answer_bytes, recent)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # Imported here: Lambda has no lifespan.
        from .http.caches import CacheCounts
        from .jobs.reporting import reporting
        from .jobs.running import running

        await store.open()
        metrics.set("StoreUp", 1)
        beside = [
            asyncio.create_task(_examine(store)),
            asyncio.create_task(_observe(queue, CacheCounts(metrics, recent), metrics)),
        ]
        try:
            async with (
                reporting(metrics, clock, settings.metrics_interval),
                running(store, settings, clock, metrics, queue, context.overdue),
            ):
                yield
        finally:
            for task in beside:
                task.cancel()
            await asyncio.wait(beside)
            await store.close()

    authenticator = Authenticator(settings.auth, keys, clock=clock, metrics=metrics)
    readiness = Readiness(store, clock=clock, metrics=metrics, deadline=settings.deadline)
    return DataPlane(OPERATIONS, context, authenticator), readiness, metrics, lifespan


async def _examine(store: Store) -> None:
    """One of the processes that share the data says at its start what is wrong with its place."""
    with contextlib.suppress(StoreError):
        if await store.leads("examination"):
            for finding in await store.examine():
                if finding.remedy is not None:
                    _log.warning("%s. Remedy: %s", finding.sentence, finding.remedy)


async def _observe(queue: KeyQueue, caches: CacheCounts, metrics: Metrics) -> None:
    while True:
        caches.report()
        metrics.set("QueueDepth", queue.waiting)
        await asyncio.sleep(_OBSERVED_SECONDS)
