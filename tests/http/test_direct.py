"""POST / is answered without ASGI; what HTTP allows on a connection is allowed as before."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from .conftest import HEADERS, Server

HEAD = "\r\n".join(
    ["POST / HTTP/1.1", "Host: a", *(f"{name}: {value}" for name, value in HEADERS.items())]
)


@pytest.fixture
def sock(server: Server) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sock:
        yield sock


def post(body: str, *lines: str, head: str = HEAD) -> bytes:
    return "\r\n".join([head, f"Content-Length: {len(body)}", *lines, "", body]).encode()


def answers(sock: socket.socket, count: int) -> list[bytes]:
    """Bodies of the next answers, all with Content-Length."""
    bodies: list[bytes] = []
    data = b""
    while len(bodies) < count:
        head, end, rest = data.partition(b"\r\n\r\n")
        length = [
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        ]
        if end and len(rest) >= length[0]:
            bodies.append(rest[: length[0]])
            data = rest[length[0] :]
            continue
        part = sock.recv(65536)
        assert part, data
        data += part
    assert data == b""
    return bodies


def test_the_body_of_a_pipelined_request_may_come_late(sock: socket.socket) -> None:
    requests = [post(f'{{"number":{number}}}') for number in range(5)]
    # The last one's body comes when its turn has come long ago.
    sock.sendall(b"".join(requests)[:-3])
    assert answers(sock, 4) == [b'{"number":%d}' % number for number in range(4)]
    sock.sendall(b"".join(requests)[-3:])
    assert answers(sock, 1) == [b'{"number":4}']


def test_both_ways_take_turns_on_one_connection(sock: socket.socket) -> None:
    health = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    sock.sendall(post("{}") + health + post('{"a":1}') + health + health + post('{"b":2}'))
    alive = b'{"status":"ok"}'
    assert answers(sock, 6) == [b"{}", alive, b'{"a":1}', alive, alive, b'{"b":2}']


def test_a_slow_request_holds_back_those_behind_it(sock: socket.socket) -> None:
    slow = post('{"seconds":0.3}', head=HEAD.replace(".Echo", ".Sleep"))
    sock.sendall(slow + post('{"a":1}'))
    assert answers(sock, 2)[1] == b'{"a":1}'


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_bodies_in_pieces(sock: socket.socket, size: int) -> None:
    body = '{"text":"' + "x" * 5000 + '"}'
    request = post(body)
    for start in range(0, len(request), size * 100):
        sock.sendall(request[start : start + size * 100])
    assert answers(sock, 1) == [body.encode()]


def test_a_chunked_body_too_large(sock: socket.socket) -> None:
    sock.sendall(f"{HEAD}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    for _ in range(17):
        sock.sendall(chunk)
    assert sock.recv(1000).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("version", "line", "stays"),
    [
        ("1.1", "Connection: close", False),
        ("1.0", "X-Nothing: 1", False),
        ("1.1", "X-Nothing: 1", True),
    ],
)
def test_who_wants_to_close_is_closed(
    sock: socket.socket, version: str, line: str, stays: bool
) -> None:
    request = post("{}", line).replace(b"HTTP/1.1", f"HTTP/{version}".encode(), 1)
    sock.sendall(request)
    received = b""
    while not received.endswith(b"{}"):
        received += sock.recv(1000)
    assert (b"connection: close" in received) is not stays
    if stays:
        sock.sendall(post("{}"))
        assert answers(sock, 1) == [b"{}"]
    else:
        assert sock.recv(1000) == b""


@pytest.mark.parametrize("target", ["/?a=b", "//", "/x", "http://a/"])
def test_other_targets_go_to_the_application(sock: socket.socket, target: str) -> None:
    sock.sendall(post("{}").replace(b"POST / ", f"POST {target} ".encode(), 1))
    received = sock.recv(65536)
    assert received.startswith(b"HTTP/1.1 ")
    assert not received.startswith(b"HTTP/1.1 500")
