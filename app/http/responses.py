"""Status, headers and body of an answer, as the service sends them."""

from __future__ import annotations

import asyncio
import random
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import orjson

from ..errors import ApiError
from .asgi import Headers, Send

_GZIP_WBITS = 31
# Level 1 is several times faster than the default for a tenth more bytes.
_GZIP_LEVEL = 1
_GZIP_FROM_BYTES = 8 * 1024
_THREAD_BYTES = 256 * 1024

_SERVER = (b"server", b"Server")
_GZIPPED = (b"content-encoding", b"gzip")
_XML = (b"content-type", b"application/xml")
_PLAIN = (b"content-type", b"text/plain; charset=utf-8")
ALLOW_ORIGIN = (b"access-control-allow-origin", b"*")
CORS_HEADERS = (
    ALLOW_ORIGIN,
    (
        b"access-control-expose-headers",
        b"x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,"
        b"x-amz-crc32,Date",
    ),
)

# Of these versions of the protocol the answer has the one that was asked in.
_JSON_TYPES = {
    name: (b"content-type", name)
    for name in (
        b"application/x-amz-json-1.0",
        b"application/x-amz-json-1.1",
        b"application/json",
    )
}


class Response(NamedTuple):
    """`chunks` together are the body."""

    status: int
    headers: Headers
    chunks: Sequence[bytes]


def new_request_id() -> bytes:
    """52 characters of the service's alphabet (0-9, A-V), unique but not secret."""
    return b"%052X" % random.getrandbits(208)


@lru_cache(maxsize=64)
def json_type(content_type: bytes) -> tuple[bytes, bytes] | None:
    """The Content-Type header of the answer to a request of `content_type`; None: not JSON."""
    return _JSON_TYPES.get(content_type.partition(b";")[0].strip().lower())


@lru_cache(maxsize=64)
def accepts_gzip(accept_encoding: bytes) -> bool:
    for coding in accept_encoding.lower().split(b","):
        name, _, weight = coding.partition(b";")
        if name.strip() == b"gzip":
            return weight.replace(b" ", b"").rstrip(b"0.") not in (b"q=", b"q")
    return False


def response(
    status: int,
    content_type: tuple[bytes, bytes],
    chunks: Sequence[bytes],
    request_id: bytes,
) -> Response:
    """x-amz-crc32 is that of the bytes on the wire: botocore compares it with what it read."""
    size = crc = 0
    for chunk in chunks:
        size += len(chunk)
        crc = zlib.crc32(chunk, crc)
    headers = [
        _SERVER,
        content_type,
        (b"content-length", b"%d" % size),
        (b"x-amzn-requestid", request_id),
        (b"x-amz-crc32", b"%d" % crc),
    ]
    return Response(status, headers, chunks)


async def compressed(
    content_type: tuple[bytes, bytes], chunks: Sequence[bytes], request_id: bytes
) -> Response:
    """An answer 200 with its body gzipped."""
    if sum(map(len, chunks)) < _THREAD_BYTES:
        chunks = _gzip(chunks)
    else:
        chunks = await asyncio.to_thread(_gzip, chunks)
    answer = response(200, content_type, chunks, request_id)
    answer.headers.append(_GZIPPED)
    return answer


def worth_compressing(chunks: Sequence[bytes]) -> bool:
    return sum(map(len, chunks)) >= _GZIP_FROM_BYTES


def error_body(error: ApiError) -> bytes:
    body: dict[str, object] = {"__type": error.type}
    if error.message is not None:
        body[error.message_key] = error.message
    if error.fields is not None:
        body.update(error.fields)
    return orjson.dumps(body)


def healthy(host: str) -> Response:
    """What the service answers to GET /, which some health checks look for."""
    return response(200, _PLAIN, (f"healthy: {host} ".encode(),), new_request_id())


def not_found() -> Response:
    """What the service says to anything that is not POST / with JSON."""
    return response(404, _XML, (b"<UnknownOperationException/>\n",), new_request_id())


def too_large() -> Response:
    """The service sends no body: SDKs show the status."""
    return response(413, _XML, (b"",), new_request_id())


async def send_response(answer: Response, send: Send) -> None:
    status, headers, chunks = answer
    await send({"type": "http.response.start", "status": status, "headers": headers})
    last = len(chunks) - 1
    for number, chunk in enumerate(chunks):
        await send({"type": "http.response.body", "body": chunk, "more_body": number < last})


def _gzip(chunks: Sequence[bytes]) -> list[bytes]:
    deflater = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WBITS)
    parts = [deflater.compress(chunk) for chunk in chunks]
    return [part for part in (*parts, deflater.flush()) if part]
