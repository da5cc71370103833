"""One serving process: an event loop, its signals, one application."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Callable, Sequence
from functools import partial

import uvloop

from ..config import Settings
from ..errors import StoreError
from ..http.application import Application
from ..http.server import Endpoint, serve

_log = logging.getLogger("dynaspan")


def run_worker(
    settings: Settings,
    app: Application,
    endpoints: Sequence[Endpoint],
    on_ready: Callable[[], None],
    *,
    parent: int | None = None,
) -> int:
    """Serves until told to stop; returns the exit status.

    SIGTERM or SIGINT drains, a second one ends the process at once. With a supervisor, `parent` is
    a descriptor that becomes readable when that dies, which drains as well; SIGINT is its affair.
    """

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, _stop_or_die, stop)
        if parent is None:
            loop.add_signal_handler(signal.SIGINT, _stop_or_die, stop)
        else:
            loop.add_reader(parent, stop.set)
        await serve(
            app,
            endpoints,
            stop,
            on_ready=partial(_ready, on_ready),
            drain_delay=settings.drain_delay,
            drain_timeout=settings.drain_timeout,
        )

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run())
    except StoreError as fault:
        _log.error("the store %s cannot be opened: %s", settings.store_for_display, fault)
        return 1
    return 0


def _stop_or_die(stop: asyncio.Event) -> None:
    if stop.is_set():
        os._exit(1)
    stop.set()


def _ready(on_ready: Callable[[], None]) -> None:
    # Modules, schemas and tables of the interpreter live for ever: no collection need visit them.
    gc.collect()
    gc.freeze()
    on_ready()
