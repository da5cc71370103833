"""SIGKILL at each step of a write: nothing acknowledged is lost, and indexes come right."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults.support import Servers, Writer, clean_within, make_indexed, wait_until_ready

# Between the read and the removal of the mark, and while a statement is on its way.
SHORT = (
    ("mark:written", 20),
    ("cas:before", 31),
    ("cas:answered", 17),
    ("entries:written", 25),
    ("sent SET ver", 23),
    ("sent .g_", 29),
)
LONG = tuple(
    (step, nth)
    for nth in (3, 11, 26, 48, 75)
    for step in (
        *(step for step, _ in SHORT),
        "sent INSERT INTO",
        "sent DELETE FROM",
        "sent _catalog.dirty",
    )
)
AT_ONCE = 6
WITHIN_SECONDS = 30.0


async def kill_and_compare(
    start_server: Callable[..., Any],
    url: str,
    connect: Callable[..., Any],
    log_path: Path,
    steps: tuple[tuple[str, int], ...],
) -> float:
    """The seconds until all was right again."""
    survivor = connect(start_server("--store", url).url, attempts=5)
    # A deleted table is not gone before the dead are known to be.
    table = f"killed-{log_path.name}"
    make_indexed(survivor, table)
    # Clocks 5 s apart, as if on other machines.
    servers = Servers(url, [(*step, 5.0 * (n % 2)) for n, step in enumerate(steps)], log_path)
    with servers:
        clients = [connect(url) for url in servers.urls]
        for client in clients:
            wait_until_ready(client)
        writers = [Writer(client, table, number) for number, client in enumerate(clients)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        last_death = time.monotonic()
        took = await clean_within(url, table, WITHIN_SECONDS)
        assert time.monotonic() - last_death < WITHIN_SECONDS
        for writer in writers:
            writer.check(survivor)
    return took


@pytest.fixture(autouse=True)
def _cassandra(store_kind: str) -> None:
    if store_kind != "cassandra":
        pytest.skip("SQLite writes an item and its entries in one transaction")


async def test_a_server_dies_at_each_step_of_a_write(
    start_server: Callable[..., Any],
    durable_store_url: str,
    connect: Callable[..., Any],
    tmp_path: Path,
) -> None:
    took = await kill_and_compare(start_server, durable_store_url, connect, tmp_path / "log", SHORT)
    # Left to itself it would have stayed wrong: the sweeper waits five seconds.
    assert took > 1.0


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_servers_die_at_each_step_again_and_again(
    start_server: Callable[..., Any],
    durable_store_url: str,
    connect: Callable[..., Any],
    tmp_path: Path,
    tell: Callable[[str], None],
) -> None:
    worst = 0.0
    for start in range(0, len(LONG), AT_ONCE):
        steps = LONG[start : start + AT_ONCE]
        took = await kill_and_compare(
            start_server, durable_store_url, connect, tmp_path / f"log{start}", steps
        )
        worst = max(worst, took)
    tell(f"{len(LONG)} deaths, indexes right after at most {worst:.1f} s")
