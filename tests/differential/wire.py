"""Requests as no HTTP client sends them: heads, lengths and chunks changed at random."""

from __future__ import annotations

import gzip
import random
import re
import socket
from contextlib import suppress
from dataclasses import dataclass

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
_SIGNED = (
    b"AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, "
    b"SignedHeaders=host;x-amz-date, Signature=" + b"0" * 64
)
_NAMES = (
    *(b"Host", b"Accept-Encoding", b"Content-Encoding", b"Content-Type", b"Expect", b"Connection"),
    *(b"X-Amz-Target", b"X-Amz-Date", b"Authorization", b"Origin", b"Upgrade", b"TE", b"Trailer"),
    *(b"X-Amz-Content-Sha256", b"X-Amz-Security-Token", b"Access-Control-Request-Headers"),
    *(b"Cookie", b"Range", b"Forwarded", b"Content-Length", b"Transfer-Encoding", b"", b"a b"),
)
_VALUES = (
    *(b"", b" ", b"gzip", b"GZIP, identity", b"deflate", b"br", b"identity;q=0", b"*"),
    *(b"100-continue", b"close", b"keep-alive, upgrade", b"h2c", b"websocket", b"chunked"),
    *(b"application/json", b"application/x-amz-json-1.1", b"text/plain; charset=\xff", b"\xc3\xa9"),
    *(b"0", b"-1", b"+5", b"0x10", b"18446744073709551616", b"1e3", b"5, 5", b"\xff\x80", b"a=b"),
    *(b"DynamoDB_20120810.", b"DynamoDB_20120810.PutItem.", b".PutItem", b"AWS4-HMAC-SHA256"),
    *(b"AWS4-HMAC-SHA256 Credential=/////, SignedHeaders=;;, Signature=", b"x" * 9000, b"\t\x0b"),
)
_METHODS = (b"POST", b"GET", b"PUT", b"OPTIONS", b"HEAD", b"DELETE", b"PRI", b"post", b"M-SEARCH")
_PATHS = (b"/", b"//", b"/%00", b"/\xff", b"*", b"/?X-Amz-Signature=x", b"/healthz", b"/" * 3000)
_VERSIONS = (b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/9", b"")


@dataclass(frozen=True)
class Message:
    """whole: it can be answered, and the server then closes the connection."""

    data: bytes
    whole: bool


def message(operation: str, body: bytes, chance: random.Random) -> Message:
    """`body` sent to `operation`, with a few things about it wrong, or only odd."""
    start = b"POST / HTTP/1.1"
    headers = [
        (b"Host", b"localhost"),
        (b"X-Amz-Target", b"DynamoDB_20120810." + operation.encode()),
        (b"Content-Type", b"application/x-amz-json-1.0"),
        (b"X-Amz-Date", b"20260101T000000Z"),
        (b"Authorization", _SIGNED),
        (b"Connection", b"close"),
    ]
    whole = True
    if chance.random() < 0.2:
        body = gzip.compress(body)
        if chance.random() < 0.5:
            body = _cut(body, chance)
        headers.append((b"Content-Encoding", b"gzip"))
    if chance.random() < 0.4:
        headers.append((b"Transfer-Encoding", b"chunked"))
        body, whole = _chunked(body, chance)
    else:
        length = len(body)
        if chance.random() < 0.3:
            length = max(0, length + chance.choice((-length, -5, -1, 1, 5, 10**6, 10**9)))
            whole = False
        headers.append((b"Content-Length", str(length).encode()))
    for _ in range(chance.choice((0, 1, 1, 2, 40))):
        whole = False
        odd = chance.choice(_NAMES), chance.choice(_VALUES)
        if chance.random() < 0.5:
            headers.insert(chance.randrange(len(headers) + 1), odd)
        else:
            headers[chance.randrange(len(headers))] = odd
    if chance.random() < 0.1:
        whole = False
        parts = (chance.choice(some) for some in (_METHODS, _PATHS, _VERSIONS))
        start = b" ".join(parts)
    head = b"\r\n".join([start, *(b": ".join(header) for header in headers)])
    data = head + b"\r\n\r\n" + body
    if chance.random() < 0.2:
        whole = False
        data = _cut(data, chance)
    return Message(data, whole)


def statuses(address: tuple[str, int], sent: Message) -> list[int]:
    """Of all answers until the server closes; that of a whole message is waited for."""
    with socket.create_connection(address, timeout=60) as connection:
        answer = b""
        try:
            connection.sendall(sent.data)
            if not sent.whole:
                # It may have closed by now; what it answered is still to be read.
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                answer += part
        except ConnectionError:
            # It need not read on when it has seen enough.
            assert not sent.whole
    return [int(status) for status in _STATUS.findall(answer)]


def _cut(data: bytes, chance: random.Random) -> bytes:
    """Without its end, or with something else in its midst."""
    at = chance.randrange(len(data) + 1)
    if chance.random() < 0.5:
        return data[:at]
    odd = bytes(chance.randrange(256) for _ in range(chance.choice((1, 2, 8))))
    return data[:at] + odd + data[at + chance.choice((0, 1, 8)) :]


def _chunked(body: bytes, chance: random.Random) -> tuple[bytes, bool]:
    chunks = []
    while body:
        size = chance.choice((1, 7, 100, len(body)))
        part, body = body[:size], body[size:]
        extension = chance.choice((b"", b"", b";a=b", b';x="y"'))
        chunks.append(b"%x%s\r\n%s\r\n" % (len(part), extension, part))
    chunks.append(chance.choice((b"0\r\n\r\n", b"0\r\n\r\n", b"0\r\nX-Trailer: a\r\n\r\n")))
    if chance.random() < 0.3:
        chunks[chance.randrange(len(chunks))] = chance.choice(
            (b"zz\r\n", b"-1\r\n\r\n", b"ffffffffffffffffff\r\na\r\n", b"5\r\nab\r\n", b"\r\n", b"")
        )
        return b"".join(chunks), False
    return b"".join(chunks), True
