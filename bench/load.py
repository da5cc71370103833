"""The load generator: one process, orders in and measurements out, a line of JSON each.

    python -m bench.load

It sends bytes that were signed before, and only counts: about 25 microseconds for a request.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from array import array
from collections.abc import Sequence
from dataclasses import asdict
from itertools import count, islice
from time import perf_counter

import orjson
import uvloop

from . import catalogue, scale
from .accounting import cpu_seconds, family, forget_peak, peak_bytes
from .client import Load
from .flat import CONTENTS as FLAT
from .flat import contents as flat_contents
from .measurement import Measurement, Order, percentile
from .signing import signed
from .workloads import Request, Workload, contents
from .worst import worst_contents

_CONTENTS = {"contents": contents, "worst contents": worst_contents, FLAT: flat_contents}

_ONCE_A_SECOND = 1_500
_SILENCE_SECONDS = 20.0
_ARRIVALS_AT_ONCE = 16


class Stopped(Exception):
    """The server does not answer any more."""


async def measured(order: Order, workload: Workload) -> Measurement:
    """Raises OSError, Stopped."""
    wanted = workload.different
    if workload.once:
        wanted = int(_ONCE_A_SECOND * (order.warm_up + order.seconds))
    made = (workload.request(order.table, number) for number in count())
    requests = signed(order.url, islice(made, wanted))
    server, storage = family(order.server), family(order.storage)
    forget_peak(server)
    load = await _begun(order, requests, once=workload.once)
    arrivals = asyncio.create_task(_arrivals(load, order.rate)) if order.rate else None
    await _pass(load, order.warm_up)
    load.latencies = array("d")
    answered, failed, cpu, storage_cpu = (
        *(load.answered, load.failed),
        *(cpu_seconds(server), cpu_seconds(storage)),
    )
    begin = perf_counter()
    await _pass(load, order.seconds)
    seconds = perf_counter() - begin
    cpu, storage_cpu = cpu_seconds(server) - cpu, cpu_seconds(storage) - storage_cpu
    operations, failed = load.answered - answered, load.failed - failed
    latencies = sorted(load.latencies)
    load.running = False
    if arrivals is not None:
        arrivals.cancel()
    await drained(load)
    each = 1e6 / operations if operations else 0.0
    return Measurement(
        operations=operations,
        seconds=seconds,
        failed=failed,
        sent=load.sent,
        cpu=cpu * each,
        storage_cpu=storage_cpu * each,
        peak_bytes=peak_bytes(server),
        p50=percentile(latencies, 0.5) * 1e3,
        p99=percentile(latencies, 0.99) * 1e3,
        p999=percentile(latencies, 0.999) * 1e3,
        failure=load.failure,
    )


async def filled(order: Order, requests: Sequence[Request]) -> Measurement:
    """Each request once, unmeasured."""
    load = await _begun(order, signed(order.url, requests), once=True)
    await drained(load)
    if load.answered < len(requests):
        raise Stopped(f"{len(requests) - load.answered} of {len(requests)} have no answer")
    return Measurement(load.answered, 0.0, load.failed, load.sent, failure=load.failure)


async def _begun(order: Order, requests: list[bytes], *, once: bool) -> Load:
    load = Load(order.url, requests, once=once, rate=order.rate)
    for _ in range(order.connections):
        await load.connect()
    if load.open_loop:
        load.free.extend(load.connections)
    else:
        for connection in tuple(load.connections):
            connection.send(perf_counter())
    return load


async def _pass(load: Load, seconds: float) -> None:
    try:
        await asyncio.wait_for(load.exhausted.wait(), seconds)
    except TimeoutError:
        return


async def _arrivals(load: Load, rate: float) -> None:
    begin = perf_counter()
    number = 0
    while True:
        due = begin + number / rate
        if (wait := due - perf_counter()) > 0:
            await asyncio.sleep(wait)
            continue
        load.arrive(due)
        number += 1
        if not number % _ARRIVALS_AT_ONCE:
            # Also a generator that has fallen behind lets answers in.
            await asyncio.sleep(0)


async def drained(load: Load) -> None:
    """Until every request has its answer, so that nothing of this run is in the next."""
    answered, end = -1, 0.0
    try:
        while load.unanswered:
            if load.answered > answered:
                answered, end = load.answered, perf_counter() + _SILENCE_SECONDS
            elif perf_counter() > end:
                raise Stopped(f"no answer for {_SILENCE_SECONDS:.0f} s")
            await asyncio.sleep(0.005)
    finally:
        for connection in tuple(load.connections):
            connection.close()


async def obey(line: bytes) -> Measurement:
    told = orjson.loads(line)
    order = Order(**{**told, "server": tuple(told["server"]), "storage": tuple(told["storage"])})
    fill = _CONTENTS.get(order.workload) or scale.filling(order.workload)
    if fill is not None:
        return await filled(order, list(fill(order.table)))
    return await measured(order, catalogue.find(order.workload))


def main() -> None:
    for line in sys.stdin.buffer:
        gc.collect()
        try:
            answer = asdict(uvloop.run(obey(line)))
        except (OSError, Stopped) as exc:
            answer = {"error": f"{type(exc).__name__}: {exc}"}
        sys.stdout.buffer.write(orjson.dumps(answer) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
