"""From ASGI to the headers and the body of a request."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from .. import errors
from .asgi import Headers, Receive

BODY_BYTES = 16 * 1024 * 1024
"""The most a request may have, before and after inflation."""

_GZIP_WBITS = 31
# Shorter work is done before a thread would have been woken for it.
_THREAD_BYTES = 256 * 1024


class BodyTooLarge(Exception):
    """More than BODY_BYTES."""


class Disconnected(Exception):
    """The client went away before its request was complete."""


def header_map(headers: Headers) -> Mapping[bytes, bytes]:
    """Headers by lower-case name; values of equal names are joined by commas, in order."""
    found = dict(headers)
    if len(found) != len(headers):
        found = {}
        for name, value in headers:
            found[name] = found[name] + b"," + value if name in found else value
    return found


async def read_body(receive: Receive, headers: Mapping[bytes, bytes]) -> bytes:
    """The whole body as sent. Raises BodyTooLarge, without keeping it, or Disconnected."""
    declared = headers.get(b"content-length")
    if declared is not None and int(declared) > BODY_BYTES:
        raise BodyTooLarge
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        body: bytes = message.get("body", b"")
        if len(body) > BODY_BYTES:
            raise BodyTooLarge
        return body
    chunks: list[bytes] = []
    size = 0
    while message["type"] == "http.request":
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > BODY_BYTES:
            raise BodyTooLarge
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)
        message = await receive()
    raise Disconnected


async def decoded(body: bytes, encoding: bytes) -> bytes:
    """The body without its Content-Encoding. Raises BodyTooLarge or SerializationException."""
    name = encoding.strip().lower()
    if name == b"identity":
        return body
    if name != b"gzip":
        raise errors.serialization()
    if len(body) < _THREAD_BYTES // 8:
        return _gunzip(body)
    return await asyncio.to_thread(_gunzip, body)


def _gunzip(body: bytes) -> bytes:
    parts: list[bytes] = []
    room = BODY_BYTES
    while body:
        inflater = zlib.decompressobj(_GZIP_WBITS)
        try:
            # One byte more than there is room for shows that the limit is passed.
            part = inflater.decompress(body, room + 1)
        except zlib.error:
            raise errors.serialization() from None
        room -= len(part)
        if room < 0:
            raise BodyTooLarge
        if not inflater.eof:
            raise errors.serialization()
        parts.append(part)
        # A gzip file may have several members.
        body = inflater.unused_data
    return b"".join(parts)


def parse(body: bytes, loads: Callable[[bytes], Any] = orjson.loads) -> dict[str, Any]:
    """The JSON object of a body. Raises SerializationException, for too deep nesting as well."""
    try:
        request = loads(body)
    except ValueError:
        raise errors.serialization() from None
    if type(request) is not dict:
        raise errors.serialization()
    return request
