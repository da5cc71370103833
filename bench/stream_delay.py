"""`make bench BENCH=streams`: how long after its acknowledgement a write is in the stream.

A PutItem, and then GetRecords every few milliseconds until its record is there: from the answer of
the one to the answer of the other. Writes begin at random times, so that no rhythm of the server
hides or adds up. Quiet: nothing else is asked. Busy: PutItems of other items of the table arrive at
a constant rate. On Cassandra also through a second server: only one of them relays.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

import boto3
import orjson
from botocore.config import Config
from rich.console import Console
from rich.table import Table as Grid

from . import servers
from .measurement import Order, percentile
from .servers import Running
from .signing import ACCESS_KEY, REGION, SECRET_KEY
from .worker import Worker
from .workloads import item_of, table_definition

WRITES = 200
_BUSY_RATE = 100
_BUSY_CONNECTIONS = 16
_POLL_SECONDS = 0.005
_LONGEST_PAUSE = 0.2
_GIVEN_UP_SECONDS = 60.0
# What streams promise of a quiet system.
_MEDIAN_MS = 1000.0
_QUIET, _BUSY = "nothing", f"{_BUSY_RATE} PutItem/s"


@dataclass(frozen=True, slots=True)
class Delay:
    """Milliseconds; `polls` is how often GetRecords was asked for a record, at the median."""

    written: str
    meanwhile: str
    writes: int
    p50: float
    p99: float
    most: float
    polls: float


def measure(home: Path, load: Worker, writes: int = WRITES) -> Iterator[Delay]:
    """Raises StartFailed, Unavailable where a server cannot be started."""
    with servers.dynaspan(_made(home / "sqlite"), f"sqlite:///{home}/sqlite/data.db") as running:
        yield from _both(running, "SQLite", load, writes)
    with ExitStack() as stack:
        node = stack.enter_context(servers.cassandra(_made(home / "cassandra")))
        store = f"cassandra://{node.contact_point}"
        first = stack.enter_context(servers.dynaspan(_made(home / "first"), store))
        yield from _both(first, "Cassandra", load, writes)
        # It does not relay: the first one has the lease.
        second = stack.enter_context(servers.dynaspan(_made(home / "second"), store))
        yield from _both(second, "Cassandra, a server that does not relay", load, writes)


def show(delays: list[Delay], console: Console) -> None:
    columns = ("written to", "meanwhile", "writes", "p50, ms", "p99, ms", "most, ms", "polls")
    grid = Grid(*columns, title="From acknowledged write to visible record")
    for delay in delays:
        figures = (delay.p50, delay.p99, delay.most, delay.polls)
        shown = (f"{figure:.0f}" for figure in figures)
        grid.add_row(delay.written, delay.meanwhile, str(delay.writes), *shown)
    console.print(grid)


def run(out: Path, console: Console) -> bool:
    """Whether the medians of quiet systems are what streams promise. Writes stream_delay.json."""
    with (
        tempfile.TemporaryDirectory(prefix="dynaspan-bench-") as home,
        Worker("bench.load") as load,
    ):
        delays = []
        for delay in measure(Path(home), load):
            delays.append(delay)
            console.print(
                f"[dim]{delay.written}, meanwhile {delay.meanwhile}: {delay.p50:.0f} ms[/dim]"
            )
    show(delays, console)
    out.mkdir(parents=True, exist_ok=True)
    path = out / "stream_delay.json"
    path.write_bytes(orjson.dumps([asdict(delay) for delay in delays], option=orjson.OPT_INDENT_2))
    return all(delay.p50 < _MEDIAN_MS for delay in delays if delay.meanwhile == _QUIET)


def _both(running: Running, written: str, load: Worker, writes: int) -> Iterator[Delay]:
    table = f"stream-{len(written)}"
    delays = Probe(running.url, table).delays()
    yield _delay(written, _QUIET, list(islice(delays, writes)))
    order = Order(
        *("PutItem", table, running.url, running.pids),
        connections=_BUSY_CONNECTIONS,
        seconds=writes * _LONGEST_PAUSE,
        rate=_BUSY_RATE,
    )
    with ThreadPoolExecutor(1) as threads:
        done = threads.submit(load.run, order)
        found = list(takewhile(lambda _: not done.done(), delays))
        done.result()
    yield _delay(written, _BUSY, found)


class Probe:
    """Writes items of one partition and reads the one shard that their records are in."""

    def __init__(self, url: str, table: str) -> None:
        self._database = _client("dynamodb", url)
        self._streams = _client("dynamodbstreams", url)
        self._table = table
        self._number = 0
        made = self._database.create_table(
            **table_definition(table),
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        self._database.get_waiter("table_exists").wait(
            TableName=table, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        self._place = self._shard_of(self._write(), made["TableDescription"]["LatestStreamArn"])

    def delays(self) -> Iterator[tuple[float, int]]:
        """Of one write after the other: milliseconds, and how often GetRecords was asked."""
        while True:
            time.sleep(random.random() * _LONGEST_PAUSE)
            sort_key = self._write()
            acknowledged = time.perf_counter()
            polls = self._until(sort_key)
            yield (time.perf_counter() - acknowledged) * 1e3, polls

    def _write(self) -> str:
        self._number += 1
        sort_key = f"{self._number:06}"
        self._database.put_item(TableName=self._table, Item=item_of("probe", sort_key))
        return sort_key

    def _shard_of(self, sort_key: str, arn: str) -> str:
        """A place behind the record, which may be in any shard."""
        end = time.perf_counter() + _GIVEN_UP_SECONDS
        shards = self._streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        places = [
            self._streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            for shard in shards
        ]
        while time.perf_counter() < end:
            for number, place in enumerate(places):
                places[number], found = self._read(place)
                if sort_key in found:
                    return places[number]
            time.sleep(_POLL_SECONDS)
        raise RuntimeError("no shard has shown the first record")

    def _until(self, sort_key: str) -> int:
        end = time.perf_counter() + _GIVEN_UP_SECONDS
        polls = 0
        while time.perf_counter() < end:
            polls += 1
            self._place, found = self._read(self._place)
            if sort_key in found:
                return polls
            time.sleep(_POLL_SECONDS)
        raise RuntimeError(f"no record has come in {_GIVEN_UP_SECONDS:.0f} s")

    def _read(self, place: str) -> tuple[str, set[str]]:
        """The next place, and the sort keys of what was written by this probe."""
        answer = self._streams.get_records(ShardIterator=place)
        following: str = answer["NextShardIterator"]
        keys = [record["dynamodb"]["Keys"] for record in answer["Records"]]
        return following, {key["sk"]["S"] for key in keys if key["pk"]["S"] == "probe"}


def _delay(written: str, meanwhile: str, found: list[tuple[float, int]]) -> Delay:
    delays = sorted(delay for delay, _ in found)
    return Delay(
        *(written, meanwhile, len(delays)),
        p50=percentile(delays, 0.5),
        p99=percentile(delays, 0.99),
        most=delays[-1],
        polls=percentile(sorted(polls for _, polls in found), 0.5),
    )


def _client(service: str, url: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(retries={"total_max_attempts": 5}, read_timeout=60),
    )


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


if __name__ == "__main__":
    sys.exit(0 if run(Path(".bench"), Console(highlight=False)) else 1)
