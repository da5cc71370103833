"""A gate in front of a real Cassandra that takes only what Amazon Keyspaces documents.

TLS, protocol v4, a SigV4 challenge, and every statement through `subset`: what is outside is
answered with an error and kept in `broken`. What Cassandra itself needs is rewritten: replication
of keyspaces, custom properties (left out), `system_schema_mcs`. A new table is CREATING for a
while; the status is kept in its comment. It runs in a thread of its own.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import re
import ssl
import struct
import threading
from collections.abc import Callable
from urllib.parse import quote

from tests.keyspaces import subset

ACCESS_KEY, SECRET_KEY = "AKIDGATE", "secret of the gate"
CREATING_SECONDS = 0.2
_HEADER = struct.Struct(">BBhBi")
_ERROR, _STARTUP, _AUTHENTICATE, _QUERY, _RESULT, _PREPARE, _EXECUTE = 0, 1, 3, 7, 8, 9, 10
_BATCH, _CHALLENGE, _AUTH_RESPONSE, _AUTH_SUCCESS = 13, 14, 15, 16
_PREPARED = 4
_UNPREPARED = 0x2500
_INVALID, _WRITE_TIMEOUT, _BAD_CREDENTIALS = 0x2200, 0x1100, 0x0100
_LEVELS = {
    1: "ONE",
    4: "QUORUM",
    6: "LOCAL_QUORUM",
    8: "SERIAL",
    9: "LOCAL_SERIAL",
    10: "LOCAL_ONE",
}
_OWN_STREAM = 32767
# The driver asks for it first and does without it when it is refused.
_PROBES = ("system.peers_v2",)


class Gate:
    """`contact` is the node's host:port. Use as a context manager; `port` is where it listens."""

    def __init__(self, contact: str, context: ssl.SSLContext, region: str) -> None:
        host, _, port = contact.rpartition(":")
        self.upstream = (host, int(port))
        self.region = region
        self.broken: list[tuple[str, subset.Broken]] = []
        self.seen: set[str] = set()
        self.tables: dict[str, subset.TableDef] = {}
        self.prepared: dict[bytes, str] = {}
        self.connections: set[_Connection] = set()
        self.signed_in = 0
        self.fault: Callable[[str], str | None] = lambda cql: None
        """For each statement: None, "lost" (not done), "late" (done), both answered by a write
        timeout, or "cut" (done, and the connection breaks off)."""
        self._context = context
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self.port = 0

    def __enter__(self) -> Gate:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        self._server.close()
        for connection in tuple(self.connections):
            connection.cut()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        node_reader, node_writer = await asyncio.open_connection(*self.upstream)
        connection = _Connection(self, writer, node_writer)
        self.connections.add(connection)
        try:
            await asyncio.gather(
                _frames(reader, connection.asked), _frames(node_reader, connection.answered)
            )
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.connections.discard(connection)
            connection.cut()


async def _frames(reader: asyncio.StreamReader, take: Callable[..., None]) -> None:
    while True:
        head = await reader.readexactly(_HEADER.size)
        version, flags, stream, opcode, length = _HEADER.unpack(head)
        take(version, flags, stream, opcode, await reader.readexactly(length))


class _Connection:
    def __init__(
        self, gate: Gate, client: asyncio.StreamWriter, node: asyncio.StreamWriter
    ) -> None:
        self._gate = gate
        self._client = client
        self._node = node
        self._nonce = os.urandom(16).hex().encode()
        self._startup = b""
        self._waiting: dict[int, Callable[[int, bytes], None]] = {}

    def cut(self) -> None:
        self._client.transport.abort()
        self._node.transport.abort()

    # -- from the client

    def asked(self, version: int, flags: int, stream: int, opcode: int, body: bytes) -> None:
        if version != subset.PROTOCOL:
            # As a node answers to a driver that begins with a later version.
            self._error(stream, 0x000A, f"Invalid or unsupported protocol version ({version})")
        elif opcode == _STARTUP:
            self._startup = body
            self._answer(stream, _AUTHENTICATE, _string("com.amazon.SigV4Authenticator"))
        elif opcode == _AUTH_RESPONSE:
            self._sign_in(stream, body[4:])
        elif opcode in (_QUERY, _PREPARE):
            (length,) = struct.unpack_from(">i", body)
            cql, rest = body[4 : 4 + length].decode(), body[4 + length :]
            self._statement(stream, flags, opcode, cql, rest)
        elif opcode == _EXECUTE:
            (length,) = struct.unpack_from(">h", body)
            cql = self._gate.prepared.get(body[2 : 2 + length])
            if cql is None:
                self._error(stream, _UNPREPARED, "prepared elsewhere", body[: 2 + length])
            else:
                self._statement(stream, flags, opcode, cql, body[2 + length :], body[: 2 + length])
        elif opcode == _BATCH:
            self._refuse(stream, "", subset.Broken("a batch message", "batchStatements.html"))
        else:
            self._forward(stream, flags, opcode, body)

    def _sign_in(self, stream: int, token: bytes) -> None:
        if token == b"SigV4\0\0":
            self._answer(stream, _CHALLENGE, _bytes(b"nonce=" + self._nonce))
            return
        said = dict(part.split("=", 1) for part in token.decode().split(","))
        if said.get("signature") != signature(self._nonce, said["amzdate"], self._gate.region):
            self._error(stream, _BAD_CREDENTIALS, "the signature does not match")
            return
        self._gate.signed_in += 1
        self._waiting[stream] = lambda opcode, body: self._answer(
            stream, _AUTH_SUCCESS, _bytes(None)
        )
        self._forward(stream, 0, _STARTUP, self._startup)

    def _statement(
        self, stream: int, flags: int, opcode: int, cql: str, rest: bytes, id: bytes = b""
    ) -> None:
        gate = self._gate
        if any(probe in cql for probe in _PROBES):
            self._error(stream, _INVALID, "unconfigured table")
            return
        level = serial = None
        values: list[bytes | None] | None = None
        timestamp = False
        if opcode != _PREPARE:
            level, serial, values, timestamp = _parameters(rest)
        broken = subset.check(
            cql,
            level=level,
            serial=serial,
            prepared=opcode == _PREPARE,
            tables=gate.tables,
            values=values,
            driver_timestamp=timestamp,
        )
        if broken:
            self._refuse(stream, cql, broken[0])
            return
        parsed = subset.parse(cql)
        gate.seen.add(cql)
        if opcode == _PREPARE:
            self._waiting[stream] = lambda opcode, body: self._prepared(stream, cql, opcode, body)
        fault = None if opcode == _PREPARE else gate.fault(cql)
        if fault == "lost":
            self._timeout(stream)
            return
        if fault is not None or parsed.created is not None:
            self._waiting[stream] = lambda opcode, body: self._done(
                stream, parsed.created, fault, opcode, body
            )
        text = cql if opcode == _EXECUTE else rewritten(cql)
        encoded = text.encode()
        body = id + rest if opcode == _EXECUTE else struct.pack(">i", len(encoded)) + encoded + rest
        self._forward(stream, flags, opcode, body)

    def _done(
        self,
        stream: int,
        created: subset.TableDef | None,
        fault: str | None,
        opcode: int,
        body: bytes,
    ) -> None:
        """Behind the node's answer: a busy one may take what is sent earlier out of turn."""
        if created is not None and opcode != _ERROR:
            self._created(created)
        if fault is None:
            self._answer(stream, opcode, body)
        elif fault == "late":
            self._timeout(stream)
        else:
            self.cut()

    def _created(self, table: subset.TableDef) -> None:
        self._gate.tables[table.name] = table
        cql = f"ALTER TABLE {table.name} WITH comment = 'ACTIVE'".encode()
        body = struct.pack(">i", len(cql)) + cql + struct.pack(">hB", 6, 0)
        asyncio.get_running_loop().call_later(
            CREATING_SECONDS, self._forward, _OWN_STREAM, 0, _QUERY, body
        )

    def _prepared(self, stream: int, cql: str, opcode: int, body: bytes) -> None:
        if opcode == _RESULT and struct.unpack_from(">i", body)[0] == _PREPARED:
            (length,) = struct.unpack_from(">h", body, 4)
            self._gate.prepared[body[6 : 6 + length]] = cql
        self._answer(stream, opcode, body)

    def _forward(self, stream: int, flags: int, opcode: int, body: bytes) -> None:
        head = _HEADER.pack(subset.PROTOCOL, flags, stream, opcode, len(body))
        self._node.write(head + body)

    # -- to the client

    def answered(self, version: int, flags: int, stream: int, opcode: int, body: bytes) -> None:
        waiting = self._waiting.pop(stream, None)
        if waiting is not None:
            waiting(opcode, body)
        elif stream != _OWN_STREAM:
            self._answer(stream, opcode, body, flags)

    def _answer(self, stream: int, opcode: int, body: bytes, flags: int = 0) -> None:
        head = _HEADER.pack(0x80 | subset.PROTOCOL, flags, stream, opcode, len(body))
        self._client.write(head + body)

    def _refuse(self, stream: int, cql: str, broken: subset.Broken) -> None:
        self._gate.broken.append((cql, broken))
        self._error(stream, _INVALID, f"{broken.rule}, see {subset.PAGES}{broken.page}")

    def _timeout(self, stream: int) -> None:
        """How the service tells that capacity is exceeded: https://docs.aws.amazon.com/keyspaces/
        latest/devguide/troubleshooting.serverless.html"""
        more = struct.pack(">hii", 6, 0, 2) + _string("SIMPLE")
        self._error(stream, _WRITE_TIMEOUT, "Operation timed out", more)

    def _error(self, stream: int, code: int, text: str, more: bytes = b"") -> None:
        self._answer(stream, _ERROR, struct.pack(">i", code) + _string(text) + more)


def rewritten(cql: str) -> str:
    """For Cassandra."""
    if cql.startswith("CREATE TABLE"):
        return cql.partition(" WITH CUSTOM_PROPERTIES")[0] + " WITH comment = 'CREATING'"
    cql = cql.replace(
        "{'class': 'SingleRegionStrategy'}", "{'class': 'SimpleStrategy', 'replication_factor': 1}"
    )
    if "system_schema_mcs" in cql:
        head, _, tail = cql.replace("system_schema_mcs", "system_schema").partition(" FROM ")
        cql = re.sub(r"\bstatus\b", "comment AS status", head) + " FROM " + tail
    return cql


def _parameters(rest: bytes) -> tuple[str, str | None, list[bytes | None] | None, bool]:
    """Level, serial level, values and whether the driver gives a timestamp."""
    level, flags = struct.unpack_from(">hB", rest)
    at = 3
    values: list[bytes | None] | None = None
    if flags & 0x01:
        (number,) = struct.unpack_from(">H", rest, at)
        at, values = at + 2, []
        for _ in range(number):
            (length,) = struct.unpack_from(">i", rest, at)
            at += 4
            values.append(None if length < 0 else rest[at : at + length])
            at += max(length, 0)
    at += 4 if flags & 0x04 else 0
    if flags & 0x08:
        at += 4 + int(struct.unpack_from(">i", rest, at)[0])
    serial = None
    if flags & 0x10:
        serial = _LEVELS.get(struct.unpack_from(">h", rest, at)[0], "?")
    return _LEVELS.get(level, str(level)), serial, values, bool(flags & 0x20)


def signature(nonce: bytes, moment: str, region: str) -> str:
    """What the owner of the gate's key answers to the challenge."""
    day = moment[:10].replace("-", "")
    scope = f"{day}/{region}/cassandra/aws4_request"
    query = "&".join(
        (
            "X-Amz-Algorithm=AWS4-HMAC-SHA256",
            f"X-Amz-Credential={ACCESS_KEY}%2F{quote(scope, safe='')}",
            f"X-Amz-Date={quote(moment, safe='')}",
            "X-Amz-Expires=900",
        )
    )
    hashed = hashlib.sha256(nonce).hexdigest()
    request = f"PUT\n/authenticate\n{query}\nhost:cassandra\n\nhost\n{hashed}"
    request_hash = hashlib.sha256(request.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{request_hash}"
    key = f"AWS4{SECRET_KEY}".encode()
    for part in (day, region, "cassandra", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def _string(text: str) -> bytes:
    return struct.pack(">H", len(text.encode())) + text.encode()


def _bytes(data: bytes | None) -> bytes:
    return struct.pack(">i", -1) if data is None else struct.pack(">i", len(data)) + data
