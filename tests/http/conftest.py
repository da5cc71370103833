"""A whole server on real sockets in a thread, with a handful of operations of its own."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import logging
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import uvloop
from fastapi import FastAPI

from app import errors
from app.auth import Authenticator, StaticKeys
from app.clock import SystemClock
from app.config import Settings
from app.http.application import Application
from app.http.data_plane import DataPlane
from app.http.health import Readiness
from app.http.server import Endpoint, serve
from app.metrics import Metrics
from app.operations.context import Context
from app.operations.registry import Operation

TARGET = "DynamoDB_20120810."
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64
)
HEADERS = {
    "X-Amz-Target": TARGET + "Echo",
    "Content-Type": "application/x-amz-json-1.0",
    "Authorization": AUTHORIZATION,
    "X-Amz-Date": "20260101T000000Z",
}

FAILURES: Mapping[str, Callable[[], Exception]] = {
    "validation": lambda: errors.validation("No."),
    "condition": lambda: errors.conditional_check_failed({"pk": {"S": "a"}}),
    "unavailable": lambda: errors.StoreUnavailable("secret host names"),
    "busy": lambda: errors.Busy("secret"),
    "unknown": lambda: errors.StoreUnknown("secret"),
    "changed": lambda: errors.TableChanged("secret"),
    "gone": lambda: errors.TableGone("secret"),
    "bug": lambda: KeyError("secret"),
}


def _check(body: dict[str, Any]) -> None:
    if "refuse" in body:
        raise errors.validation("Refused by check.")


async def _echo(_: Context, body: dict[str, Any]) -> dict[str, Any]:
    return body


async def _raw(_: Context, body: dict[str, Any]) -> bytes:
    return b"x" * int(body["size"])


async def _chunks(_: Context, body: dict[str, Any]) -> list[bytes]:
    return [b'{"a":"', *[b"y" * int(body["size"])] * int(body["count"]), b'"}']


async def _sleep(_: Context, body: dict[str, Any]) -> dict[str, Any]:
    await asyncio.sleep(body["seconds"])
    return {"slept": body["seconds"]}


async def _fail(_: Context, body: dict[str, Any]) -> dict[str, Any]:
    raise FAILURES[body["how"]]()


RUNS = {"Echo": _echo, "Raw": _raw, "Chunks": _chunks, "Sleep": _sleep, "Fail": _fail}
OPERATIONS = {
    TARGET + name: Operation(name, lambda: _check, partial(RUNS.__getitem__, name)) for name in RUNS
}


class SwitchedStore:
    """A store of which only health matters here. `failing` makes pings fail."""

    def __init__(self) -> None:
        self.failing = False
        self.pings = 0
        self.opened = self.closed = 0

    async def open(self) -> None:
        self.opened += 1

    async def close(self) -> None:
        self.closed += 1

    async def ping(self) -> None:
        self.pings += 1
        if self.failing:
            raise errors.StoreUnavailable("off")


class Server:
    """`port` and `stop()`; what is behind it for tests to look at."""

    def __init__(
        self,
        *,
        auth: str = "off",
        keys: Mapping[str, str] | None = None,
        tls: tuple[Path, Path] | None = None,
        drain_delay: float = 0.0,
        client_seconds: float = 120.0,
    ) -> None:
        self.store = SwitchedStore()
        self.metrics = Metrics(RUNS)
        clock = SystemClock()
        settings = Settings(store="sqlite://")
        context = Context(self.store, settings, clock, self.metrics, None)  # type: ignore[arg-type]
        door = Authenticator(
            auth,  # type: ignore[arg-type]
            StaticKeys(keys or {}),
            clock=clock,
            metrics=self.metrics,
        )

        @contextlib.asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            await self.store.open()
            yield
            await self.store.close()

        self.app = Application(
            DataPlane(OPERATIONS, context, door),
            Readiness(self.store, clock=clock, metrics=self.metrics, deadline=1.0),  # type: ignore[arg-type]
            self.metrics,
            lifespan,
        )
        self._endpoints = [Endpoint(_bound())]
        if tls is not None:
            self._endpoints.append(Endpoint(_bound(), *tls))
        self.port, *more = [endpoint.socket.getsockname()[1] for endpoint in self._endpoints]
        self.https_port = more[0] if more else 0
        self._drain_delay = drain_delay
        self._client_seconds = client_seconds
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(30)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        await serve(
            self.app,
            self._endpoints,
            self._stop,
            on_ready=self._ready.set,
            drain_delay=self._drain_delay,
            drain_timeout=5.0,
            client_seconds=self._client_seconds,
        )

    def begin_stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)

    def stop(self) -> None:
        if self._thread.is_alive():
            self.begin_stop()
        self._thread.join(30)
        assert not self._thread.is_alive()


def _bound() -> socket.socket:
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    return bound


class Client:
    """One keep-alive connection."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def send(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        self.connection.request(method, path, body, dict(headers or {}))
        return Answer(self.connection.getresponse())

    def post(
        self, body: bytes | dict[str, Any], operation: str = "Echo", **headers: str | None
    ) -> Answer:
        """A well-formed request; `headers` replace or, by None, remove those of HEADERS."""
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        wanted = {"X-Amz-Target": TARGET + operation}
        for name, value in (HEADERS | wanted).items():
            changed.setdefault(name, value)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.send(
            "POST", "/", content, {name: value for name, value in changed.items() if value}
        )


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.content = response.read()

    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def error(self) -> tuple[int, str, str | None]:
        """Status, type without prefix, message."""
        body = self.json()
        return self.status, body["__type"].rpartition("#")[2], body.get("message")


def wait_until(true: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def _quiet_uvicorn() -> Iterator[None]:
    logger = logging.getLogger("uvicorn")
    level = logger.level
    logger.setLevel(logging.ERROR)
    yield
    logger.setLevel(level)


@pytest.fixture
def start() -> Iterator[Callable[..., Server]]:
    """`start(**options)` -> a server of this test."""
    servers: list[Server] = []

    def make(**options: Any) -> Server:
        servers.append(Server(**options))
        return servers[-1]

    yield make
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One server for all tests that do not change it; signatures are not verified."""
    shared = Server()
    yield shared
    shared.stop()


@pytest.fixture
def connect() -> Iterator[Callable[[Server], Client]]:
    clients: list[Client] = []

    def make(server: Server) -> Client:
        clients.append(Client(server.port))
        return clients[-1]

    yield make
    for client in clients:
        client.connection.close()


@pytest.fixture
def client(server: Server, connect: Callable[[Server], Client]) -> Client:
    return connect(server)
