"""`make demo-hybrid`: writes go to DynamoDB Local, and arrive on Cassandra, while you look on.

DynamoDB Local, with real streams, plays AWS; dynaspan on Cassandra plays on-premises; a trigger
delivers the stream to the real replication handler, which is killed every few seconds.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table as Grid

from app.clock import SystemClock
from app.triggers.checkpoints import FileCheckpoints
from app.triggers.delivery import Counts, Delivery, Rules
from app.triggers.destinations import open_destination
from app.triggers.filters import Filters
from app.triggers.mapper import Batching, Mapper
from app.triggers.source import Source
from app.triggers.targets import HttpTarget

from ..cassandra import Node, StartFailed, Unavailable
from ..dynamodb_local import DynamoDBLocal
from ..loopback import free_port, own_address
from ..server import Server
from . import workload
from .function import Function

_ACCESS = {"aws_access_key_id": "demo", "aws_secret_access_key": "demo"}
_KILL_SECONDS = 8.0
_SETTLE_SECONDS = 120.0
console = Console()


class Totals:
    """What the function has told of each record, summed over its answers."""

    def __init__(self) -> None:
        self.applied = self.skipped = self.failed = self.kills = 0
        # Monotonic time of each write: records tell theirs to the minute only.
        self.times: list[float] = []
        self.lag = 0.0

    def add(self, told: dict[str, int]) -> None:
        self.applied += told.get("Applied", 0)
        self.skipped += told.get("Skipped", 0)
        self.failed += told.get("Failed", 0) + told.get("Kept", 0)

    def arrived(self, record: dict[str, Any]) -> None:
        number = record["dynamodb"].get("NewImage", {}).get("written")
        if number is not None and int(number["N"]) < len(self.times):
            self.lag = time.monotonic() - self.times[int(number["N"])]


class Telling:
    """The function, and what its log tells of the records."""

    name = "replication"

    def __init__(self, function: Function, totals: Totals) -> None:
        self._target = HttpTarget(function.url, 60)
        self._totals = totals

    async def invoke(self, event: dict[str, Any]) -> Any:
        answer = await self._target.invoke(event)
        self._totals.add(answer.get("outcomes", {}))
        self._totals.arrived(event["Records"][-1])
        return answer


@contextmanager
def both_sides(home: Path) -> Iterator[tuple[str, str, str]]:
    """URLs of DynamoDB Local and of dynaspan, and that of dynaspan's store."""
    address, (port, storage_port) = own_address(2)
    node = Node(home / "cassandra", address=address, port=port, storage_port=storage_port)
    node.start()
    with ExitStack() as stack:
        stack.callback(node.stop)
        local = stack.enter_context(DynamoDBLocal(home, port=free_port()))
        node.wait_ready()
        store = f"cassandra://{node.contact_point}/"
        server = Server("--store", store, log_path=home / "server.log")
        stack.callback(server.stop)
        server.wait_ready()
        yield local.url, server.url, store


def client(service: str, url: str) -> Any:
    return boto3.client(service, endpoint_url=url, region_name="us-east-1", **_ACCESS)


def shown(counts: Counts, totals: Totals, kept: Path, seconds: float) -> Grid:
    grid = Grid(title=f"DynamoDB Local -> dynaspan on Cassandra, {seconds:.0f} s")
    for name in ("written", "delivered", "applied", "skipped", "failed", "kept", "kills", "lag"):
        grid.add_column(name, justify="right")
    lines = len(kept.read_text().splitlines()) if kept.exists() else 0
    grid.add_row(
        *(str(len(totals.times)), str(counts.delivered), str(totals.applied), str(totals.skipped)),
        *(str(totals.failed), str(lines), str(totals.kills), f"{totals.lag:.1f} s"),
    )
    return grid


async def replicate(home: Path, urls: tuple[str, str, str], count: int, rate: float) -> bool:
    """Whether both tables are equal in the end."""
    local, dynaspan, store = urls
    source, target = client("dynamodb", local), client("dynamodb", dynaspan)
    arn = workload.create(source, streamed=True)
    workload.create(target, streamed=False)
    kept = home / "kept.jsonl"
    environment = {"DYNASPAN_STORE": store, "DYNASPAN_ON_FAILURE": f"file://{kept}"}
    function = Function(home / "function.log", environment)
    function.wait_ready()
    clock, counts, totals = SystemClock(), Counts(), Totals()
    destination = open_destination(f"file://{kept}")
    rules = Rules(reports_failures=True)
    mapper = Mapper(
        Source(client("dynamodbstreams", local), arn),
        Delivery(Telling(function, totals), rules, destination, clock=clock, counts=counts),
        FileCheckpoints(home / "checkpoints.json"),
        Filters([]),
        Batching(size=50, parallelization=4),
        destination,
        clock=clock,
        counts=counts,
    )
    ended, written = asyncio.Event(), threading.Event()

    def write() -> None:
        chance = random.Random(1)
        for number in range(count):
            workload.operate(source, chance, number)
            totals.times.append(time.monotonic())
            time.sleep(1 / rate)
        written.set()

    def kill() -> None:
        while not written.wait(_KILL_SECONDS):
            function.kill()
            totals.kills += 1

    begun = time.monotonic()
    mapping = asyncio.create_task(mapper.run(ended))
    equal = False
    try:
        with ThreadPoolExecutor(2) as threads, Live(console=console) as live:
            work = [threads.submit(write), threads.submit(kill)]
            settled = 0.0
            while not equal and settled < _SETTLE_SECONDS:
                await asyncio.sleep(0.5)
                live.update(shown(counts, totals, kept, time.monotonic() - begun))
                if all(each.done() for each in work):
                    settled += 0.5
                    wanted = await asyncio.to_thread(workload.items, source)
                    equal = wanted == await asyncio.to_thread(workload.items, target)
            for each in work:
                each.result()
    finally:
        ended.set()
        await mapping
        function.stop()
    console.print("both tables are equal, item by item" if equal else "the tables differ")
    return equal


def main(
    count: Annotated[int, typer.Option(help="Operations.")] = 2_000,
    rate: Annotated[float, typer.Option(help="Operations a second.")] = 100.0,
) -> None:
    """A table in "AWS" is replicated to Cassandra, by a function that is killed now and then."""
    with tempfile.TemporaryDirectory(prefix="dynaspan-hybrid-") as folder:
        home = Path(folder)
        console.print("starting DynamoDB Local, Cassandra and dynaspan")
        try:
            with both_sides(home) as urls:
                equal = asyncio.run(replicate(home, urls, count, rate))
        except (Unavailable, StartFailed) as fault:
            console.print(str(fault))
            sys.exit(1)
    sys.exit(0 if equal else 1)


if __name__ == "__main__":
    typer.run(main)
