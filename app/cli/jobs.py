"""dynaspan jobs"""

from __future__ import annotations

import asyncio
import logging
import signal
from pathlib import Path
from typing import Annotated

import typer

from ..config import ConfigError, Settings, load_settings

_log = logging.getLogger("dynaspan")


def jobs(
    store: Annotated[str | None, typer.Option(help="URL of the store.")] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with settings.")] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0, help="End after so long; else at SIGTERM or Ctrl-C.")
    ] = None,
) -> None:
    """Run the jobs of a store without serving.

    Expired items are deleted, new indexes filled and what a dead process has left undone is brought
    to its end. Every server does so too: of all that share a store one process does each job, and
    another takes over within 15 s. To be run where no server runs all the time, such as behind a
    Lambda function.

    Example: dynaspan jobs --store cassandra://127.0.0.1:9042 --seconds 50
    """
    given = {} if store is None else {"store": store}
    settings = load_settings(given, config)
    asyncio.run(_run(settings, seconds))


async def _run(settings: Settings, seconds: float | None) -> None:
    # Imported here: --help needs none of it.
    from ..clock import SystemClock
    from ..errors import StoreError
    from ..jobs.overdue import new_overdue
    from ..jobs.reporting import reporting
    from ..jobs.running import running
    from ..metrics import Metrics
    from ..store.keyqueue import KeyQueue
    from ..store.open import open_store
    from .logs import configure_logging

    configure_logging(settings)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    clock, metrics = SystemClock(), Metrics()
    opened = open_store(settings, clock, metrics)
    if not opened.capabilities.shared:
        raise ConfigError(
            f"{settings.store_for_display} belongs to one process, which does its jobs"
        )
    queue = KeyQueue(by_partition=opened.capabilities.partition_contention)
    try:
        await opened.open()
    except StoreError as fault:
        raise ConfigError(f"{settings.store_for_display} cannot be opened: {fault}") from fault
    try:
        async with (
            reporting(metrics, clock, settings.metrics_interval),
            running(opened, settings, clock, metrics, queue, new_overdue()),
        ):
            _log.info("dynaspan does the jobs of %s", settings.store_for_display)
            try:
                async with asyncio.timeout(seconds):
                    await ended.wait()
            except TimeoutError:
                return
    finally:
        await opened.close()
