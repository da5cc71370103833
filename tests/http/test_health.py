"""GET /, /healthz, /readyz, /metrics, CORS preflight, draining."""

from __future__ import annotations

import socket
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from app.clock import SystemClock
from app.http.health import CACHED_SECONDS, FAILURES, Readiness
from app.metrics import Metrics

from .conftest import Answer, Client, Server, SwitchedStore, wait_until


def test_get_is_answered_unsigned(server: Server, client: Client) -> None:
    answer = client.send("GET", "/")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.content == b"healthy: 127.0.0.1:%d " % server.port
    assert int(answer.headers["x-amz-crc32"]) == zlib.crc32(answer.content)
    assert len(answer.headers["x-amzn-RequestId"]) == 52


def test_healthz_and_readyz(client: Client) -> None:
    assert client.send("GET", "/healthz").json() == {"status": "ok"}
    assert client.send("GET", "/readyz").json() == {"status": "ready"}


def test_metrics(client: Client) -> None:
    client.post({"a": 1})
    client.send("GET", "/readyz")
    answer = client.send("GET", "/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.content.decode().splitlines()
    assert any(
        line.startswith('dynaspan_successful_requests_total{operation="Echo"}') for line in lines
    )
    assert "dynaspan_store_up 1.0" in lines


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
def test_there_are_no_docs(path: str, client: Client) -> None:
    assert client.send("GET", path).status == 404


def test_preflight(client: Client) -> None:
    answer = client.send(
        "OPTIONS",
        "/",
        headers={
            "Origin": "https://example.org",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,x-amz-date,x-amz-target",
        },
    )
    assert (answer.status, answer.content) == (200, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "POST"
    allowed = answer.headers["access-control-allow-headers"]
    assert allowed == "authorization,x-amz-date,x-amz-target"
    assert answer.headers["access-control-max-age"] == "172800"
    # That is said of answers only.
    assert answer.headers["access-control-expose-headers"] is None


def test_options_of_no_browser_are_not_found(client: Client) -> None:
    answer = client.send("OPTIONS", "/")
    assert (answer.status, answer.content) == (404, b"<UnknownOperationException/>\n")


@pytest.mark.parametrize("body", [b"{}", b"{"])
def test_a_browser_may_read_answers_and_errors(body: bytes, client: Client) -> None:
    answer = client.post(body, Origin="https://example.org")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-expose-headers"] == (
        "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,"
        "x-amz-crc32,Date"
    )
    assert client.post(body).headers["access-control-allow-origin"] is None


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_browser_may_read_what_is_no_operation(method: str, client: Client) -> None:
    answer = client.send(method, "/", headers={"Origin": "https://example.org"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-expose-headers"] is not None
    assert client.send(method, "/").headers["access-control-allow-origin"] is None


@dataclass
class ManualClock:
    now: float = 0.0

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now


def readiness(store: SwitchedStore, clock: ManualClock, metrics: Metrics) -> Readiness:
    return Readiness(store, clock=clock, metrics=metrics, deadline=0.05)  # type: ignore[arg-type]


async def test_one_blip_does_not_take_a_task_out() -> None:
    store, clock, metrics = SwitchedStore(), ManualClock(), Metrics()
    health = readiness(store, clock, metrics)
    store.failing = True
    for _ in range(FAILURES - 1):
        clock.now += CACHED_SECONDS
        assert await health.ready()
    assert metrics.value("StoreUp") == 0
    clock.now += CACHED_SECONDS
    assert not await health.ready()
    # One success is enough to come back.
    store.failing = False
    clock.now += CACHED_SECONDS
    assert await health.ready()
    assert metrics.value("StoreUp") == 1


async def test_probes_are_cached() -> None:
    # Every load balancer node probes; the store must not feel it.
    store, clock = SwitchedStore(), ManualClock()
    health = readiness(store, clock, Metrics())
    for _ in range(10):
        await health.ready()
        clock.now += CACHED_SECONDS / 20
    assert store.pings == 1


async def test_failures_are_counted_once_for_each_ping() -> None:
    store, clock = SwitchedStore(), ManualClock()
    store.failing = True
    health = readiness(store, clock, Metrics())
    for _ in range(10):
        assert await health.ready()
    assert store.pings == 1


async def test_a_ping_that_hangs_has_failed() -> None:
    import asyncio

    class Hanging(SwitchedStore):
        async def ping(self) -> None:
            await asyncio.sleep(60)

    clock = ManualClock()
    health = readiness(Hanging(), clock, Metrics())
    for _ in range(FAILURES):
        clock.now += CACHED_SECONDS
        ready = await health.ready()
    assert not ready


def test_readyz_without_store(
    start: Callable[..., Server], connect: Callable[[Server], Client]
) -> None:
    server = start()
    client = connect(server)
    server.store.failing = True
    health = server.app._readiness
    # Time is the server's own here; the cache is emptied in place of waiting for it.
    for _ in range(FAILURES):
        health._asked = float("-inf")
        answer = client.send("GET", "/readyz")
    assert (answer.status, answer.json()) == (503, {"status": "the store does not answer"})
    # The process itself is well, and still answers.
    assert client.send("GET", "/healthz").status == 200
    assert client.post({}).status == 200


def test_draining_fails_readyz_first_and_still_serves(
    start: Callable[..., Server], connect: Callable[[Server], Client]
) -> None:
    server = start(drain_delay=0.7)
    client = connect(server)
    client.post({})
    server.begin_stop()
    wait_until(lambda: server.app.draining)
    answer = client.send("GET", "/readyz")
    assert (answer.status, answer.json()) == (503, {"status": "draining"})
    assert client.post({"a": 1}).json() == {"a": 1}
    # New connections too.
    assert connect(server).post({"a": 1}).json() == {"a": 1}


def test_draining_ends_requests_and_closes_connections(
    start: Callable[..., Server], connect: Callable[[Server], Client]
) -> None:
    server = start()
    idle, busy = connect(server), connect(server)
    idle.post({})
    answers: list[Answer] = []
    thread = threading.Thread(target=lambda: answers.append(busy.post({"seconds": 0.5}, "Sleep")))
    thread.start()
    wait_until(lambda: busy.connection.sock is not None)
    time.sleep(0.1)
    started = time.monotonic()
    server.stop()
    thread.join()
    (answer,) = answers
    assert answer.json() == {"slept": 0.5}
    assert answer.headers["connection"] == "close"
    # It took as long as the request, not as long as the timeout.
    assert time.monotonic() - started < 3
    assert idle.connection.sock is not None
    assert idle.connection.sock.recv(1) == b""
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", server.port), timeout=1)
    assert server.store.closed == 1


def test_the_clock_of_production_is_monotonic() -> None:
    clock = SystemClock(offset=-1000)
    first = clock.monotonic()
    assert clock.monotonic() >= first
