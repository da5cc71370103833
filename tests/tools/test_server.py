"""The fixture `start_server`: what tests of processes rest on."""

from __future__ import annotations

import signal
import urllib.request
from collections.abc import Callable

import pytest

from tools.process import StartFailed
from tools.server import Server

StartServer = Callable[..., Server]


def test_servers_answer_on_addresses_of_their_own(start_server: StartServer) -> None:
    one, two = start_server("--store", "sqlite://"), start_server("--store", "sqlite://")
    assert one.url != two.url
    for server in (one, two):
        with urllib.request.urlopen(server.url, timeout=5) as answer:
            assert answer.read().startswith(b"healthy: ")


def test_terminate_waits_until_the_server_has_ended_well(start_server: StartServer) -> None:
    server = start_server("--store", "sqlite://")
    assert server.terminate() == 0
    assert server.leftovers() == []


# As when the machine fails: no worker is left that would go on writing.
def test_kill_ends_the_workers_too(start_server: StartServer, durable_store_url: str) -> None:
    server = start_server("--store", durable_store_url, "--workers", "2")
    assert len(server.leftovers()) >= 3
    server.kill()
    assert server.returncode == -signal.SIGKILL
    assert server.leftovers() == []


# Without a key `enforce` refuses to start.
def test_settings_reach_the_server(start_server: StartServer) -> None:
    keys = {"DYNASPAN_ACCESS_KEYS": "id:secret"}
    start_server("--store", "sqlite://", "--auth", "enforce", env=keys)
    with pytest.raises(StartFailed, match=r"auth=enforce.* needs access_keys"):
        start_server("--store", "sqlite://", "--auth", "enforce")


def test_a_server_that_cannot_start_tells_why(start_server: StartServer) -> None:
    with pytest.raises(StartFailed, match="nonsense"):
        start_server("--store", "nonsense://")
