"""The load generator tells the truth about what it sent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from app.auth.authorization import read_claim
from app.auth.sigv4 import verify
from bench import catalogue
from bench.load import filled, measured
from bench.measurement import Order
from bench.signing import SECRET_KEY, signed
from bench.workloads import put_item


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    )
    return await reader.readexactly(length)


@asynccontextmanager
async def _served(
    status: bytes = b"200 OK", *, close: bool = False, **more: object
) -> AsyncIterator[Order]:
    """An order for a server that answers everything with `status`."""
    conversations: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        conversations.add(task)
        farewell = b"connection: close\r\n" if close else b""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await _request(reader)
                writer.write(b"HTTP/1.1 " + status + b"\r\n" + farewell)
                writer.write(b"content-length: 2\r\n\r\n{}")
                if close:
                    break
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    told = {"warm_up": 0.05, "seconds": 0.2, "connections": 3, **more}
    yield Order("GetItem", "t", f"http://{host}:{port}", (), **told)  # type: ignore[arg-type]
    server.close()
    await asyncio.wait(conversations, timeout=30)


# What is not verified costs nothing: a server that enforces signatures must accept these.
def test_requests_are_signed() -> None:
    (request,) = signed("http://127.0.0.1:9", [put_item("t", 1)])
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line.split(b": ", 1) for line in head.split(b"\r\n")[1:]]
    headers = {name.lower(): value for name, value in lines}
    claim, signature = read_claim(headers)
    verify(
        *(claim, signature),
        headers=headers,
        query=b"",
        body=body,
        secret=SECRET_KEY,
        now=time.time(),
    )


async def test_a_closed_loop_counts_its_operations() -> None:
    async with _served() as order:
        found = await measured(order, catalogue.find("GetItem"))
    assert found.operations > 0
    assert found.failed == 0
    assert found.sent >= found.operations
    assert 0 < found.p50 <= found.p99 <= found.p999


async def test_what_fails_is_told() -> None:
    async with _served(b"400 Bad Request") as order:
        found = await measured(order, catalogue.find("GetItem"))
    assert found.failed == found.operations > 0
    assert found.failure == "400 {}"


# moto ends each connection; so did all servers of HTTP/1.0.
async def test_a_server_may_end_connections() -> None:
    async with _served(close=True) as order:
        found = await measured(order, catalogue.find("GetItem"))
    assert found.operations > 3
    assert found.failed == 0


# A constant rate whatever the server does: what waits for a connection has waited.
async def test_an_open_loop_keeps_its_rate() -> None:
    async with _served(rate=100.0, seconds=1.0) as order:
        found = await measured(order, catalogue.find("GetItem"))
    # On a busy machine some that were due while it warmed up are answered late; as fast as it can
    # it would be thousands.
    assert 0 < found.operations <= 200


async def test_requests_that_may_be_sent_once_are() -> None:
    requests = [put_item("t", number) for number in range(20)]
    async with _served() as order:
        found = await filled(order, requests)
    assert found.sent == found.operations == 20


@pytest.mark.parametrize("name", sorted(catalogue.PLANS))
def test_workloads_of_each_plan_can_be_found(name: str) -> None:
    for workload in catalogue.PLANS[name].workloads:
        assert catalogue.find(workload.name) is workload
