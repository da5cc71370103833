"""One serving process: an event loop, its signals, one application."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Callable, Sequence

import uvloop

from ..aside import start_turns
from ..config import Settings
from ..errors import StoreError
from ..http.application import Application
from ..http.server import Endpoint, serve
from ..operations import COMMON

_log = logging.getLogger("dynaspan")

# A request leaves no cycles behind; Python would look for them after each 700 objects.
_OBJECTS_BETWEEN_COLLECTIONS = 10_000


def run_worker(
    settings: Settings,
    app: Application,
    endpoints: Sequence[Endpoint],
    on_ready: Callable[[], None],
    *,
    parent: int | None = None,
) -> int:
    """Serves until told to stop; returns the exit status.

    SIGTERM or SIGINT drains; a second one, or the first before anything is served, ends the process
    at once. With a supervisor, `parent` is a descriptor that becomes readable when that dies, which
    drains as well; SIGINT is its affair.
    """
    serving = False
    # To import them later would hold up other requests.
    app.data_plane.prepare(COMMON)

    def ready() -> None:
        nonlocal serving
        serving = True
        # What is there now lives for ever: no collection need visit it.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
        start_turns()
        on_ready()

    async def run() -> None:
        stop = asyncio.Event()

        def on_signal() -> None:
            if stop.is_set() or not serving:
                os._exit(int(serving))
            stop.set()

        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, on_signal)
        if parent is None:
            loop.add_signal_handler(signal.SIGINT, on_signal)
        else:
            loop.add_reader(parent, stop.set)
        await serve(
            app,
            endpoints,
            stop,
            on_ready=ready,
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
