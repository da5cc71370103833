"""Where a GetItem and a PutItem of 300 bytes spend the server's CPU.

    python -m bench.profile sqlite:// cassandra://127.0.0.1:9042

Signed requests go to the data plane of an application in this process, sixteen at a time, without
HTTP. While they run the kernel interrupts for every few milliseconds of CPU, and the innermost
function of a known part of the program is counted: what a library takes belongs to who calls it,
but for those that have a line of their own. Unlike cProfile this makes no function dearer.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import cycle
from types import FrameType

import uvloop
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from app.config import Settings
from app.http.data_plane import DataPlane
from app.main import create_app

from .signing import ACCESS_KEY, SECRET_KEY, signed
from .workloads import Request, item_of, table_definition

_AT_ONCE = 16
_CPU_SECONDS = 5.0
_TICK_SECONDS = 0.001
_TABLE = f"profile-{uuid.uuid4().hex}"
_KEYS = 500
# The first that fits.
PARTS = {
    "/app/auth/": "signature",
    "/app/http/": "reading the request, writing the answer",
    "/app/operations/validate/": "validation",
    "/app/operations/": "the operation",
    "/app/expressions/": "the operation",
    "/app/values/": "sizes, numbers, keys",
    "/app/model/": "the operation",
    "/app/store/sqlite/": "the store, with SQLite",
    "/app/store/cassandra/exchange": "CQL over the connection",
    "/app/store/cassandra/frames": "CQL over the connection",
    "/app/store/cassandra/loop_connection": "CQL over the connection",
    "/app/store/cassandra/python_driver": "CQL over the connection",
    "/site-packages/cassandra/": "CQL over the connection",
    "/app/store/": "the store",
    "/app/metrics": "metrics",
    "/bench/": "event loop",
}

Headers = Mapping[bytes, bytes]


def _part(frame: FrameType | None) -> str:
    while frame is not None:
        name = frame.f_code.co_filename
        for path, part in PARTS.items():
            if path in name:
                return part
        frame = frame.f_back
    return "event loop"


@contextmanager
def _sampled(counts: Counter[str]) -> Iterator[None]:
    def count(_: int, frame: FrameType | None) -> None:
        counts[_part(frame)] += 1

    before = signal.signal(signal.SIGPROF, count)
    signal.setitimer(signal.ITIMER_PROF, _TICK_SECONDS, _TICK_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _requests(operation: str) -> Iterator[Request]:
    for number in range(_KEYS):
        item = item_of(f"p{number}", "s")
        key = {"pk": item["pk"], "sk": item["sk"]}
        what = {"Key": key} if operation == "GetItem" else {"Item": item}
        yield Request(operation, {"TableName": _TABLE, **what})


def _prepared(requests: Iterator[Request]) -> list[tuple[Headers, bytes]]:
    """Headers as a server hands them on, and the body."""
    found = []
    for message in signed("http://127.0.0.1:8000", requests):
        head, _, body = message.partition(b"\r\n\r\n")
        lines = [line.partition(b": ") for line in head.split(b"\r\n")[1:]]
        found.append(({name.lower(): value for name, _, value in lines}, body))
    return found


async def _ask(data_plane: DataPlane, headers: Headers, body: bytes) -> bytes:
    answer = await data_plane.respond(headers, b"", body)
    text = b"".join(answer.chunks)
    if answer.status != 200:
        raise RuntimeError(text.decode())
    return text


async def _run(data_plane: DataPlane, operation: str) -> tuple[float, Counter[str]]:
    """Seconds of CPU for each request, and what was counted."""
    requests = cycle(_prepared(_requests(operation)))
    done = 0

    async def ask_until(end: float) -> None:
        nonlocal done
        while time.process_time() < end:
            await _ask(data_plane, *next(requests))
            done += 1

    async def all_until(end: float) -> None:
        await asyncio.gather(*(ask_until(end) for _ in range(_AT_ONCE)))

    await all_until(time.process_time() + 1.0)
    done = 0
    begun = time.process_time()
    counts: Counter[str] = Counter()
    with _sampled(counts):
        await all_until(begun + _CPU_SECONDS)
    return (time.process_time() - begun) / done, counts


async def _profile(store: str) -> dict[str, tuple[float, Counter[str]]]:
    keys = SecretStr(f"{ACCESS_KEY}:{SECRET_KEY}")
    app = create_app(Settings(store=store, auth="enforce", access_keys=keys))
    async with app.router.lifespan_context(app):
        await _ask(
            app.data_plane, *_prepared(iter([Request("CreateTable", table_definition(_TABLE))]))[0]
        )
        describe = _prepared(iter([Request("DescribeTable", {"TableName": _TABLE})]))[0]
        for _ in range(300):
            if b'"ACTIVE"' in await _ask(app.data_plane, *describe):
                break
            await asyncio.sleep(0.1)
        # Written before it is read.
        found = {name: await _run(app.data_plane, name) for name in ("PutItem", "GetItem")}
        drop = _prepared(iter([Request("DeleteTable", {"TableName": _TABLE})]))[0]
        await _ask(app.data_plane, *drop)
        return found


def main(stores: list[str]) -> int:
    columns: dict[str, tuple[float, Counter[str]]] = {}
    for store in stores:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            found = runner.run(_profile(store))
        kind = store.partition(":")[0]
        columns |= {f"{name}, {kind}": result for name, result in found.items()}
    table = Table("", *columns)
    table.add_row("CPU of a request", *(f"{cpu * 1e6:.0f} µs" for cpu, _ in columns.values()))
    for part in dict.fromkeys([*PARTS.values(), "event loop"]):
        shares = [counts[part] / counts.total() for _, counts in columns.values()]
        if any(shares):
            table.add_row(part, *(f"{share:.0%}" for share in shares))
    table.add_row("samples", *(str(counts.total()) for _, counts in columns.values()))
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["sqlite://"]))
