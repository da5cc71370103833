"""Metrics as lines of the log, from which CloudWatch makes numbers of its own.

A process that Amazon ECS runs needs neither an agent nor a right for that: what it writes to
stdout goes to CloudWatch Logs, which sees the embedded metric format by itself.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Generation_PutLogEvents.html
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TextIO

import orjson

from ..clock import Clock
from ..metrics import Emf, Metrics

NAMESPACE = "dynaspan"


@asynccontextmanager
async def reporting(
    metrics: Metrics, clock: Clock, seconds: float, out: TextIO | None = None
) -> AsyncIterator[None]:
    """Every so many seconds until the end of the block, and then once more; 0: never.

    Of several workers each writes what it has counted itself.
    """
    if not seconds:
        yield
        return
    emf = Emf(metrics, NAMESPACE)

    def write() -> None:
        for blob in emf.blobs(clock.time()):
            # Each by one call, so that lines of several workers do not mix.
            (out or sys.stdout).write(orjson.dumps(blob).decode() + "\n")
            (out or sys.stdout).flush()

    async def run() -> None:
        while True:
            await asyncio.sleep(seconds)
            write()

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        write()
