"""A whole server in a thread of this process, on a free port, with its data in memory."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

import uvicorn

from ..clock import SystemClock
from ..config import Settings
from ..main import create_app
from ..store.base import Store
from ..store.sqlite import SqliteStore

_STARTUP_SECONDS = 30


class LocalServer:
    """Started by `start()`, ended by `stop()`. Signatures are not verified.

    `url` is where SDKs are pointed at, e.g. http://127.0.0.1:43211.
    """

    def __init__(self) -> None:
        self._store: Store = SqliteStore("sqlite://", clock=SystemClock())
        settings = Settings(store="sqlite://", auth="off", port=0)
        app = create_app(settings, store=self._store)
        self._server = uvicorn.Server(
            uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=False)
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dynaspan", daemon=True)

    @property
    def url(self) -> str:
        (listener,) = self._server.servers
        host, port = listener.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    def start(self) -> None:
        self._thread.start()
        if not self._started.wait(_STARTUP_SECONDS) or not self._server.started:
            raise RuntimeError("the dynaspan server did not start")

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(_STARTUP_SECONDS)

    def reset(self) -> None:
        """Drops every table."""
        self._await(self._drop_all())

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        serving = asyncio.create_task(self._server.serve())
        # uvicorn says that it has started by an attribute alone.
        while not self._server.started and not serving.done():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        self._started.set()
        await serving

    async def _drop_all(self) -> None:
        while names := await self._store.table_names(after=None, limit=100):
            for name in names:
                table = await self._store.table(name)
                if table is not None:
                    await self._store.drop_table(table)

    def _await(self, work: Coroutine[Any, Any, None]) -> None:
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_STARTUP_SECONDS)
