"""A server with a timer due each millisecond: what its loop does in one stretch makes that late.

    python -m bench.ticking STORE HOST PORT

Each line on standard input is answered by what was longest since the last one.
"""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
import threading
from dataclasses import asdict, dataclass
from time import perf_counter, process_time, thread_time

import orjson
import uvloop

from app.aside import start_turns
from app.config import load_settings
from app.http.server import Endpoint, serve
from app.main import create_app

_TICK = 0.001


@dataclass(slots=True)
class Longest:
    """Seconds: the timer's delay, and between two of its ticks the CPU of the loop's thread and of
    all threads. A machine that does nothing else has a delay between these two."""

    delay: float = 0.0
    loop_cpu: float = 0.0
    all_cpu: float = 0.0


async def _serve(store: str, host: str, port: int) -> None:
    app = create_app(load_settings({"store": store, "auth": "enforce", "log_level": "warning"}))
    longest = Longest()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def tell() -> None:
        sys.stdout.buffer.write(orjson.dumps(asdict(longest)) + b"\n")
        sys.stdout.buffer.flush()
        longest.delay = longest.loop_cpu = longest.all_cpu = 0.0

    def listen() -> None:
        for _ in sys.stdin.buffer:
            loop.call_soon_threadsafe(tell)
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=listen, daemon=True).start()
    ticking = asyncio.create_task(_tick(longest))
    await serve(app, [Endpoint(socket.create_server((host, port)))], stop, on_ready=_ready)
    ticking.cancel()


def _ready() -> None:
    """As a worker of `dynaspan serve` does."""
    gc.collect()
    gc.freeze()
    start_turns()


async def _tick(longest: Longest) -> None:
    while True:
        due, own, every = perf_counter() + _TICK, thread_time(), process_time()
        await asyncio.sleep(_TICK)
        longest.delay = max(longest.delay, perf_counter() - due)
        longest.loop_cpu = max(longest.loop_cpu, thread_time() - own)
        longest.all_cpu = max(longest.all_cpu, process_time() - every)


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1], sys.argv[2], int(sys.argv[3])))
