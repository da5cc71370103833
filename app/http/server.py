"""Runs one application on several sockets of one process until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import uvicorn

from .application import Application
from .protocol import Protocol, Sweeper

# Longer than the 60 s after which an AWS load balancer closes an idle connection: the side that
# sends requests must be the one to close, or some request meets a closed connection.
KEEP_ALIVE_SECONDS = 75
_BACKLOG = 2048
CLIENT_SECONDS = 120.0
_TICKS_A_SECOND = 10
_SWEEPS = 20


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A bound socket; HTTPS when it has a certificate and a key."""

    socket: socket.socket
    tls_cert: Path | None = None
    tls_key: Path | None = None

    @property
    def url(self) -> str:
        scheme = "http" if self.tls_cert is None else "https"
        host, port = self.socket.getsockname()[:2]
        return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


async def serve(
    app: Application,
    endpoints: Sequence[Endpoint],
    stop: asyncio.Event,
    *,
    on_ready: Callable[[], None],
    drain_delay: float = 0.0,
    drain_timeout: float = 25.0,
    client_seconds: float = CLIENT_SECONDS,
) -> None:
    """Serves until `stop` is set, then drains; returns when the store is closed.

    A client may take `client_seconds` to send a request's head, its body, or to take the answer.

    Draining: /readyz fails at once; after `drain_delay` seconds no connection is accepted and idle
    ones are closed; requests under way have `drain_timeout` seconds to finish.
    """
    # The lifespan of one app round all listeners: its store is opened and closed once.
    async with app.router.lifespan_context(app):
        servers = [_Server(app, endpoint, drain_timeout, client_seconds) for endpoint in endpoints]
        running = [
            asyncio.create_task(server.serve(sockets=[endpoint.socket]))
            for server, endpoint in zip(servers, endpoints, strict=True)
        ]
        while not all(server.started for server in servers):
            await asyncio.sleep(0.005)
            for task in running:
                if task.done():
                    task.result()
        on_ready()
        await stop.wait()
        app.draining = True
        await asyncio.sleep(drain_delay)
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*running)


class _Server(uvicorn.Server):
    def __init__(
        self, app: Application, endpoint: Endpoint, drain_timeout: float, client_seconds: float
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="none",
                http=Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                backlog=_BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=math.ceil(drain_timeout),
                ssl_certfile=endpoint.tls_cert,
                ssl_keyfile=endpoint.tls_key,
            )
        )
        self._sweeper = Sweeper(client_seconds)
        self._ticks_between_sweeps = math.ceil(client_seconds / _SWEEPS * _TICKS_A_SECOND)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the process, which may have several servers."""
        yield

    async def on_tick(self, counter: int) -> bool:
        if counter % self._ticks_between_sweeps == 0:
            self._sweeper.sweep(self.server_state.connections, monotonic())
        return await super().on_tick(counter)
