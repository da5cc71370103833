"""Items through two servers, one of which is killed: all answers have their place in one order."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.histories import Client, History
from tests.faults.linearizability import (
    NEVER,
    Operation,
    is_linearizable,
    read,
    refusal,
    swap,
    write,
)

CLIENTS = 6
_MORE_SECONDS = 60.0


# -- the checker ----------------------------------------------------------------------------


def test_one_after_another() -> None:
    assert is_linearizable([write(1, 0, 1), read(1, 2, 3), swap(1, 2, 4, 5), read(2, 6, 7)], None)
    assert not is_linearizable([write(1, 0, 1), read(None, 2, 3)], None)


def test_at_once_in_any_order() -> None:
    both = [write(1, 0, 10), write(2, 0, 10)]
    for last in (1, 2):
        assert is_linearizable([*both, read(last, 11, 12)], None)
    assert is_linearizable([*both, read(1, 2, 3), read(2, 4, 5)], None)
    assert not is_linearizable([*both, read(1, 11, 12), read(2, 13, 14)], None)


# A read that saw a write which is still under way binds every later one.
def test_no_way_back() -> None:
    assert not is_linearizable([write(1, 0, 10), read(1, 1, 2), read(None, 3, 4)], None)


def test_an_answer_that_never_came() -> None:
    lost = write(1, 0, NEVER)
    for seen in (None, 1):
        assert is_linearizable([lost, read(seen, 5, 6)], None)
    assert is_linearizable([lost, read(None, 1, 2), read(1, 3, 4)], None)
    assert not is_linearizable([lost, read(1, 1, 2), read(None, 3, 4)], None)
    assert not is_linearizable([write(1, 5, NEVER), read(1, 1, 2)], None)


# A lost update: both say that they replaced the same value.
def test_two_swaps_of_one_value() -> None:
    assert not is_linearizable([swap(None, 1, 0, 5), swap(None, 2, 0, 5)], None)
    assert is_linearizable([swap(None, 1, 0, 5), refusal(None, 0, 5)], None)


# -- the servers ---------------------------------------------------------------------------


def _run(
    start: Callable[[], Any],
    connect: Callable[..., Any],
    make_table: Callable[..., str],
    seconds: float,
) -> None:
    running = [start(), start()]
    servers = [connect(server.url) for server in running]
    history = History(make_table(servers[0]))
    clients = [Client(number, servers, history) for number in range(CLIENTS)]
    try:
        begin = time.monotonic()
        # Until one that was under way was hit: a fast server has few of them.
        while (took := time.monotonic() - begin) < seconds or (
            took < seconds + _MORE_SECONDS and not _lost(history.all())
        ):
            time.sleep(1.5)
            # Only what is under way meets its death.
            del servers[0]
            running.pop(0).kill()
            running.append(start())
            servers.append(connect(running[-1].url))
    finally:
        for client in clients:
            client.stop()
    whole = history.check()
    # Fewer would mean that there was hardly any load.
    assert len(whole) > 20 * seconds
    assert _lost(whole)


def _lost(operations: list[Operation]) -> bool:
    """Whether one of them was never answered."""
    return any(operation.ended == NEVER for operation in operations)


def test_single_items_are_linearizable(
    start_server: Callable[..., Any],
    durable_store_url: str,
    connect: Callable[..., Any],
    make_table: Callable[..., str],
) -> None:
    _run(lambda: start_server("--store", durable_store_url), connect, make_table, 6.0)


@pytest.mark.long
@pytest.mark.timeout(240)
def test_single_items_are_linearizable_for_minutes(
    start_server: Callable[..., Any],
    durable_store_url: str,
    connect: Callable[..., Any],
    make_table: Callable[..., str],
) -> None:
    _run(lambda: start_server("--store", durable_store_url), connect, make_table, 60.0)
