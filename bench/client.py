"""A client that costs little: bytes signed before, one parser, no allocation it can do without."""

from __future__ import annotations

import asyncio
from array import array
from collections import deque
from collections.abc import Sequence
from time import perf_counter
from typing import cast
from urllib.parse import urlsplit

import httptools


class Load:
    """Requests on their way; `due` has those of an open loop that found no free connection."""

    def __init__(self, url: str, requests: Sequence[bytes], *, once: bool, rate: float) -> None:
        where = urlsplit(url)
        self.address = (where.hostname or "", where.port or 80)
        self.requests = requests
        self.once = once
        self.next = 0
        self.open_loop = rate > 0
        self.connections: set[Connection] = set()
        self._replacing: set[asyncio.Task[None]] = set()
        self.free: list[Connection] = []
        self.due: deque[float] = deque()
        self.sent = 0
        self.answered = 0
        self.failed = 0
        self.failure = ""
        self.latencies = array("d")
        self.running = True
        self.exhausted = asyncio.Event()

    def take(self) -> bytes | None:
        """The next request; None when no more may be sent."""
        if not self.running:
            return None
        at = self.next
        if at == len(self.requests):
            if self.once:
                self.exhausted.set()
                return None
            at = 0
        self.next = at + 1
        self.sent += 1
        return self.requests[at]

    def arrive(self, when: float) -> None:
        if self.free:
            self.free.pop().send(when)
        else:
            self.due.append(when)

    def count(self, started: float, failure: str) -> None:
        self.latencies.append(perf_counter() - started)
        self.answered += 1
        if failure:
            self.failed += 1
            self.failure = self.failure or failure

    def go_on(self, connection: Connection) -> None:
        if not self.open_loop:
            connection.send(perf_counter())
        elif self.due:
            connection.send(self.due.popleft())
        else:
            self.free.append(connection)

    @property
    def unanswered(self) -> bool:
        return any(connection.waits for connection in self.connections) or bool(self._replacing)

    async def connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(lambda: Connection(self), *self.address)
        self.connections.add(connection)
        return connection

    def replace(self) -> None:
        task = asyncio.get_running_loop().create_task(self._replace())
        self._replacing.add(task)
        task.add_done_callback(self._replacing.discard)

    async def _replace(self) -> None:
        """A connection in the place of one that the server has ended."""
        self.go_on(await self.connect())


class Connection(asyncio.Protocol):
    """One request at a time. The parser calls the methods that begin with on_."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport
        self._started = 0.0
        self._body: list[bytes] = []
        self.waits = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._load.connections.discard(self)
        if self.waits:
            self.waits = False
            self._load.count(self._started, f"the connection was lost: {exc}")

    def send(self, started: float) -> None:
        data = self._load.take()
        if data is not None:
            self.waits = True
            self._started = started
            self._transport.write(data)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        if self._parser.get_status_code() != 200:
            self._body.append(body)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        failure = ""
        if status != 200:
            failure = f"{status} {b''.join(self._body)[:200].decode(errors='replace')}"
            self._body.clear()
        self.waits = False
        self._load.count(self._started, failure)
        if self._parser.should_keep_alive():
            self._load.go_on(self)
        else:
            self._transport.close()
            self._load.replace()

    def close(self) -> None:
        self._transport.close()
