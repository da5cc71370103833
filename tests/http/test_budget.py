"""Large requests wait for memory in order, and not for ever; small ones never do."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest

from app.errors import Busy
from app.http.budget import Budget, weight

from .conftest import Client, Server, wait_until
from .test_bodies import raw_answer, raw_head

KB = 1024
THROTTLED = (
    400,
    "ThrottlingException",
    "Too many requests are waiting; nothing was changed. Try again.",
)


async def test_room_is_given_in_the_order_it_was_asked_for() -> None:
    budget = Budget(10, seconds=30)
    order: list[int] = []

    async def use(size: int) -> None:
        await budget.take(size)
        order.append(size)

    await budget.take(8)
    tasks = [asyncio.create_task(use(size)) for size in (7, 1, 2)]
    await asyncio.sleep(0)
    # 1 would fit, but 7 was there before.
    assert order == []
    assert not budget.try_take(1)
    budget.give(8)
    await asyncio.gather(*tasks)
    assert order == [7, 1, 2]


async def test_what_is_larger_than_all_of_it_is_let_in_alone() -> None:
    budget = Budget(10, seconds=0.01)
    assert budget.try_take(11)
    assert not budget.try_take(1)
    budget.give(11)
    assert budget.try_take(1)
    assert not budget.try_take(11)


async def test_who_has_waited_too_long_makes_way() -> None:
    budget = Budget(10, seconds=0.01)
    await budget.take(8)
    patient = Budget(10, seconds=30)
    with pytest.raises(Busy):
        await budget.take(9)
    assert budget.try_take(2)
    # So does who is cancelled.
    await patient.take(8)
    large, small = (asyncio.create_task(patient.take(size)) for size in (9, 2))
    await asyncio.sleep(0)
    large.cancel()
    await small


def test_weight_follows_the_objects_in_a_body() -> None:
    tiny = b'{"Item":{%b}}' % b",".join(b'"a%05d":{"NULL":true}' % n for n in range(10_000))
    plain = b'{"Item":{"a":{"S":"%b"}}}' % (b"x" * len(tiny))
    assert weight(tiny) > 10 * len(tiny)
    assert weight(plain) < 3 * len(plain)


@pytest.fixture
def full(start: Callable[..., Server]) -> Server:
    """A server with room for one body of 600 KB at a time."""
    server = start()
    server.app.data_plane.receiving = Budget(1000 * KB, seconds=0.05)
    return server


def begun(server: Server, length: int) -> socket.socket:
    """A connection on which so much of a large body has arrived that room is taken for it."""
    sock = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    sock.sendall(raw_head(length) + b'{"a":"' + b"x" * 300 * KB)
    budget = server.app.data_plane.receiving
    wait_until(lambda: budget._used == length, 30)
    return sock


def test_a_large_body_that_finds_no_room_is_refused(
    full: Server, connect: Callable[[Server], Client]
) -> None:
    client = connect(full)
    with begun(full, 600 * KB) as sock:
        assert client.post(b'{"a":"%b"}' % (b"x" * 600 * KB)).error == THROTTLED
        # On the same connection: what was left of the body has been dropped.
        assert client.post({"a": 1}).json() == {"a": 1}
        sock.sendall(b"x" * (300 * KB - 8) + b'"}')
        assert b" 200 OK" in raw_answer(sock)
    assert full.metrics.value("QueueRefusals") == 1
    assert client.post(b'{"a":"%b"}' % (b"x" * 600 * KB)).status == 200


def test_a_large_body_waits_for_one_that_goes_away(full: Server) -> None:
    full.app.data_plane.receiving = budget = Budget(1000 * KB, seconds=30)
    with (
        begun(full, 600 * KB) as first,
        socket.create_connection(("127.0.0.1", full.port), timeout=30) as second,
    ):
        second.sendall(raw_head(600 * KB) + b'{"a":"' + b"x" * 200 * KB)
        wait_until(lambda: bool(budget._waiting), 30)
        first.close()
        second.sendall(b"x" * (400 * KB - 8) + b'"}')
        assert b" 200 OK" in raw_answer(second)
    wait_until(lambda: budget._used == 0, 30)


def test_requests_that_are_worked_on_are_bounded(
    start: Callable[..., Server], connect: Callable[[Server], Client]
) -> None:
    server = start()
    client = connect(server)
    body = b'{"a":"%b"}' % (b"x" * 400 * KB)
    server.app.data_plane.working = budget = Budget(1000 * KB, seconds=0.05)
    assert budget.try_take(900 * KB)
    assert client.post(body).error == THROTTLED
    assert client.post({"a": 1}).status == 200
    server._loop.call_soon_threadsafe(budget.give, 900 * KB)
    wait_until(lambda: budget._used == 0, 30)
    for operation in ("Echo", "Fail", "Echo"):
        # Each gives back what it has taken, whatever its answer is.
        assert client.post(body, operation).status == (500 if operation == "Fail" else 200)
        assert budget._used == 0
