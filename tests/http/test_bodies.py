"""Request bodies: malformed, compressed, too large, slow, cut off."""

from __future__ import annotations

import gzip
import resource
import socket
import time
import zlib

import pytest

from .conftest import HEADERS, Client, Server, wait_until

MB = 1024 * 1024


def serialization(client: Client, body: bytes, **headers: str) -> bool:
    answer = client.post(body, **headers)
    return (answer.status, answer.json()) == (
        400,
        {"__type": "com.amazon.coral.service#SerializationException"},
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{}}",
        b"null",
        b"[]",
        b"1",
        b'"a"',
        b"{'a':1}",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":01}',
        b'{"a":"\xff"}',
        b'{"a":"\\ud800"}',
        b"\xef\xbb\xbf{}",
        b'{"a":1,}',
        b"\x00",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
    ],
    ids=lambda body: repr(body[:16]),
)
def test_what_is_not_a_json_object(body: bytes, client: Client) -> None:
    assert serialization(client, body)


@pytest.mark.parametrize(
    ("body", "meaning"),
    [
        (b'{"a":1,"a":2}', {"a": 2}),
        (b' {"a" :\t1}\r\n', {"a": 1}),
        (b'{"a":"\\u00fc\\ud83d\\ude00"}', {"a": "ü😀"}),
        (b'{"":{}}', {"": {}}),
    ],
)
def test_odd_json_is_read(body: bytes, meaning: object, client: Client) -> None:
    assert client.post(body).json() == meaning


def test_nesting_that_orjson_reads_is_answered(client: Client) -> None:
    body = b'{"a":' * 1000 + b"1" + b"}" * 1000
    # 1024 levels are read; what cannot be written again is a bug's answer, not a crash.
    assert client.post(body).status in (200, 400, 500)
    assert client.post({}).status == 200


def test_a_gzipped_body(client: Client) -> None:
    assert client.post(gzip.compress(b'{"a":1}'), Content_Encoding="gzip").json() == {"a": 1}
    assert client.post(gzip.compress(b'{"a":1}'), Content_Encoding=" GZIP").json() == {"a": 1}


def test_a_large_gzipped_body_is_inflated_in_a_thread(client: Client) -> None:
    # Incompressible, so that it is large on the wire as well.
    text = zlib.compress(bytes(range(256)) * 40_000).hex() * 20
    body = gzip.compress(b'{"a":"%b"}' % text.encode(), 0)
    assert len(body) > 64 * 1024
    assert client.post(body, Content_Encoding="gzip").json() == {"a": text}


def test_several_gzip_members_are_one_body(client: Client) -> None:
    body = gzip.compress(b'{"a"') + gzip.compress(b":1}")
    assert client.post(body, Content_Encoding="gzip").json() == {"a": 1}


def test_identity_is_no_encoding(client: Client) -> None:
    assert client.post(b'{"a":1}', Content_Encoding="identity").json() == {"a": 1}


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b'{"a":1}', "gzip"),
        # The time in a gzip header would be in the test's name, and differ between xdist's workers.
        (gzip.compress(b"{}", mtime=0)[:-4], "gzip"),
        (gzip.compress(b"{}", mtime=0) + b"tail", "gzip"),
        (b"", "gzip"),
        (b"{}", "br"),
        (gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0), "gzip, gzip"),
    ],
)
def test_a_broken_encoding(body: bytes, encoding: str, client: Client) -> None:
    assert serialization(client, body, Content_Encoding=encoding)


def test_sixteen_megabytes_are_read(client: Client) -> None:
    body = b'{"a":"' + b"x" * (16 * MB - 8) + b'"}'
    assert len(body) == 16 * MB
    answer = client.post(body)
    assert answer.status == 200
    assert len(answer.content) == 16 * MB


def test_one_byte_more_is_not(client: Client) -> None:
    answer = client.post(b"x" * (16 * MB + 1))
    assert (answer.status, answer.content) == (413, b"")
    assert answer.headers["transfer-encoding"] == "chunked"
    assert answer.headers["content-length"] is None
    # The rest of the body was read and dropped: the connection can be used again.
    assert client.post({"a": 1}).json() == {"a": 1}


def test_the_limit_holds_without_a_content_length(client: Client) -> None:
    chunk = b"x" * MB
    answer = client.send("POST", "/", iter([chunk] * 16 + [b"y"]), HEADERS)
    assert answer.status == 413


def test_a_chunked_body_is_read(client: Client) -> None:
    answer = client.send("POST", "/", iter([b'{"a"', b":", b"1}"]), HEADERS)
    assert answer.json() == {"a": 1}


def test_the_limit_holds_after_inflation(client: Client) -> None:
    fits = b'{"a":"' + b"x" * (16 * MB - 8) + b'"}'
    assert client.post(gzip.compress(fits), Content_Encoding="gzip").status == 200
    assert client.post(gzip.compress(fits + b" "), Content_Encoding="gzip").status == 413


def test_a_bomb_is_not_inflated(client: Client) -> None:
    # 256 MB of zeros in 256 KB, of which at most 16 MB may ever be in memory.
    deflater = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b"\0" * (64 * MB)
    bomb = b"".join(deflater.compress(block) for _ in range(4)) + deflater.flush()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert client.post(bomb, Content_Encoding="gzip").status == 413
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def raw_head(length: int, *more: str) -> bytes:
    lines = [
        "POST / HTTP/1.1",
        "Host: localhost",
        *(f"{name}: {value}" for name, value in HEADERS.items()),
        f"Content-Length: {length}",
        *more,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def raw_answer(sock: socket.socket) -> bytes:
    """Until the end of one JSON answer."""
    received = b""
    while not received.endswith(b"}"):
        part = sock.recv(65536)
        if not part:
            break
        received += part
    return received


def test_a_slow_body_is_waited_for(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sock:
        body = b'{"a":1}'
        for byte in raw_head(len(body)) + body:
            sock.sendall(bytes([byte]))
            if byte in b"}\n":
                time.sleep(0.01)
        assert raw_answer(sock).endswith(b'\r\n\r\n{"a":1}')


def test_a_client_that_leaves_within_a_body_leaves_nothing_behind(server: Server) -> None:
    counted = server.metrics.value("UserErrors")
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sock:
        sock.sendall(raw_head(100) + b"{")
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sock:
        sock.sendall(raw_head(2) + b"{}")
        assert raw_answer(sock).endswith(b"{}")
    # It asked nothing, so nothing is counted.
    assert server.metrics.value("UserErrors") == counted


def test_a_client_that_leaves_before_the_answer(server: Server) -> None:
    answered = server.metrics.value("SuccessfulRequests", "Sleep")
    body = b'{"seconds":0.1}'
    head = raw_head(len(body)).replace(b".Echo", b".Sleep")
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sock:
        sock.sendall(head + body)
        time.sleep(0.02)
    # What was begun is ended.
    wait_until(lambda: server.metrics.value("SuccessfulRequests", "Sleep") == answered + 1)


def test_a_client_may_ask_before_it_sends(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sock:
        sock.sendall(raw_head(2, "Expect: 100-continue"))
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"{}")
        assert raw_answer(sock).endswith(b"{}")


def test_a_client_that_asks_with_too_much_is_told_before_it_sends(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sock:
        sock.sendall(raw_head(16 * MB + 1, "Expect: 100-continue"))
        assert sock.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    requests = b""
    for number in range(20):
        body = b'{"n":%d}' % number
        requests += raw_head(len(body)) + body
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sock:
        sock.sendall(requests)
        received = b""
        while received.count(b'{"n":') < 20 or not received.endswith(b"}"):
            received += sock.recv(65536)
    numbers = [int(part.partition(b"}")[0]) for part in received.split(b'{"n":')[1:]]
    assert numbers == list(range(20))
