"""Signals: the first drains, the second ends."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tools.server import Server

HEAD = (
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-amz-json-1.0\r\n"
    b"X-Amz-Target: DynamoDB_20120810.ListTables\r\nX-Amz-Date: 20260101T000000Z\r\n"
    b"Authorization: AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=f\r\n"
    b"Content-Length: 2\r\n"
)
EMPTY = b'{"TableNames":[]}'


def connect(server: Server) -> socket.socket:
    url = urlsplit(server.url)
    assert url.hostname is not None
    return socket.create_connection((url.hostname, url.port or 0), timeout=30)


def begin(sock: socket.socket) -> None:
    """Half a request, of which the server has read the head: only then is it one under way."""
    sock.sendall(HEAD + b"Expect: 100-continue\r\n\r\n{")
    received = b""
    while not received.endswith(b"\r\n\r\n"):
        received += sock.recv(1000)
    assert received.startswith(b"HTTP/1.1 100 ")


def answer(sock: socket.socket) -> bytes:
    """Until the server closes the connection."""
    with sock.makefile("rb") as stream:
        return stream.read()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_request_under_way_is_ended_first(
    number: signal.Signals,
    workers: int,
    start_server: Callable[..., Server],
    new_store_url: Callable[[], str],
) -> None:
    server = start_server("--store", new_store_url(), "--workers", str(workers))
    with connect(server) as busy, connect(server) as idle:
        begin(busy)
        idle.sendall(HEAD + b"\r\n{}")
        received = b""
        while not received.endswith(EMPTY):
            received += idle.recv(1000)
        os.kill(server.pid, number)
        # Idle connections are closed at once.
        assert idle.recv(1) == b""
        # Ten times a second a worker looks whether it is to stop; the two may differ by that.
        time.sleep(0.3)
        busy.sendall(b"}")
        received = answer(busy)
    assert received.startswith(b"HTTP/1.1 200 OK")
    assert b"connection: close" in received
    assert received.endswith(EMPTY)
    assert wait(server) == 0
    assert server.leftovers() == []


@pytest.mark.parametrize("workers", [1, 2])
def test_a_second_signal_does_not_wait(
    workers: int, start_server: Callable[..., Server], new_store_url: Callable[[], str]
) -> None:
    server = start_server("--store", new_store_url(), "--workers", str(workers))
    with connect(server) as busy:
        begin(busy)
        for _ in range(2):
            assert server.returncode is None
            os.kill(server.pid, signal.SIGINT)
            time.sleep(0.5)
        assert wait(server) == 1
    assert server.leftovers() == []


def test_a_drain_takes_no_longer_than_allowed(
    start_server: Callable[..., Server], new_store_url: Callable[[], str]
) -> None:
    server = start_server("--store", new_store_url(), "--drain-timeout", "1")
    with connect(server) as busy:
        begin(busy)
        started = time.monotonic()
        assert server.terminate() == 0
        assert 0.9 < time.monotonic() - started < 5


def test_a_start_that_waits_for_its_store_can_be_stopped(tmp_path: Path) -> None:
    # As process 1 of a container it would get no default action from the kernel.
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"cassandra://127.0.0.1:{silent.getsockname()[1]}/"
        server = Server("--store", url, log_path=tmp_path / "log")
        try:
            silent.settimeout(30)
            accepted, _ = silent.accept()
            with accepted:
                os.kill(server.pid, signal.SIGTERM)
                assert wait(server) == 0
        finally:
            server.stop()


def wait(server: Server) -> int:
    deadline = time.monotonic() + 30
    while server.returncode is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return server.returncode
