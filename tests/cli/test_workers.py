"""Several processes on one socket, and the supervisor that looks after them."""

from __future__ import annotations

import http.client
import os
import re
import signal
from collections.abc import Callable
from contextlib import ExitStack, closing
from urllib.parse import urlsplit

import psutil
import pytest

from tools.server import Server

from .conftest import wait_until

HEADERS = {
    "Content-Type": "application/x-amz-json-1.0",
    "X-Amz-Target": "DynamoDB_20120810.ListTables",
    "X-Amz-Date": "20260101T000000Z",
    "Authorization": "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=f",
}


@pytest.fixture
def server(start_server: Callable[..., Server], new_store_url: Callable[[], str]) -> Server:
    server = start_server("--store", new_store_url(), "--workers", "2", "--log-level", "debug")
    wait_until(lambda: ready(server) == 2)
    return server


def workers(server: Server) -> list[psutil.Process]:
    children = psutil.Process(server.pid).children()
    return [child for child in children if child.status() != psutil.STATUS_ZOMBIE]


def ready(server: Server) -> int:
    """How many times a worker has become ready."""
    return server.log().count(" is ready")


def connect(server: Server) -> http.client.HTTPConnection:
    url = urlsplit(server.url)
    assert url.hostname is not None
    return http.client.HTTPConnection(url.hostname, url.port, timeout=30)


def ask(connection: http.client.HTTPConnection) -> None:
    connection.request("POST", "/", b"{}", HEADERS)
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, b'{"TableNames":[]}')


def served(server: Server) -> int:
    """Requests counted by all workers, as any of them tells."""
    with closing(connect(server)) as connection:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    found = re.search(r'successful_requests_total\{operation="ListTables"\} (\d+)', text)
    return int(found[1]) if found else 0


def serving(server: Server, worker: psutil.Process) -> int:
    port = urlsplit(server.url).port
    return sum(
        connection.status == psutil.CONN_ESTABLISHED and connection.laddr.port == port
        for connection in worker.net_connections("tcp")
    )


def test_both_answer_and_each_tells_for_all(server: Server) -> None:
    with ExitStack() as stack:
        count = 0

        def one_more() -> bool:
            nonlocal count
            connection = stack.enter_context(closing(connect(server)))
            ask(connection)
            count += 1
            return all(serving(server, worker) for worker in workers(server))

        wait_until(one_more)
        # Whichever worker is asked.
        assert {served(server) for _ in range(10)} == {count}


def test_a_killed_worker_is_replaced(server: Server) -> None:
    with closing(connect(server)) as connection:
        ask(connection)
    before = workers(server)
    victim, other = before
    victim.kill()
    # The others serve meanwhile, and what was counted is not lost.
    with closing(connect(server)) as connection:
        ask(connection)
    wait_until(lambda: ready(server) == 3)
    assert other in workers(server)
    assert victim not in workers(server)
    assert len(workers(server)) == 2
    assert served(server) == 2
    assert re.search(rf"worker [01] \(process {victim.pid}\) ended with status -9", server.log())


def test_the_server_is_announced_once(server: Server) -> None:
    workers(server)[0].kill()
    wait_until(lambda: ready(server) == 3)
    assert server.log().count(" serves ") == 1


def test_workers_do_not_outlive_their_supervisor(server: Server) -> None:
    orphans = workers(server)
    os.kill(server.pid, signal.SIGKILL)
    wait_until(lambda: not any(orphan.is_running() for orphan in orphans))


def test_a_worker_that_dies_often_is_started_ever_more_seldom(server: Server) -> None:
    for deaths in (2, 4):
        for worker in workers(server):
            worker.kill()
        wait_until(lambda: server.log().count("ended with status") == deaths)  # noqa: B023
        wait_until(lambda: len(workers(server)) == 2)
    pauses = re.findall(r"next one in (\d+\.\d) s", server.log())
    assert pauses == ["0.5", "0.5", "1.0", "1.0"]
