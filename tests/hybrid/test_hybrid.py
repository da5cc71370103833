"""A table in DynamoDB Local and its replica on Cassandra are equal in the end, whatever happens."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from app.clock import SystemClock
from app.triggers.checkpoints import FileCheckpoints
from app.triggers.delivery import Counts, Delivery, Rules
from app.triggers.filters import Filters
from app.triggers.mapper import Batching, Mapper
from app.triggers.source import Source
from app.triggers.targets import HttpTarget
from tools.hybrid import workload

from .conftest import Hybrid

_WRITERS = 3


class Unruly:
    """Delivers as nobody should: records in any order, batches twice at once, old ones again."""

    name = "unruly"

    def __init__(self, hybrid: Hybrid, chance: random.Random) -> None:
        self._targets = [HttpTarget(function.url, 60) for function in hybrid.functions]
        self._chance = chance
        self._old: list[dict[str, Any]] = []
        self.twice = 0

    async def invoke(self, event: dict[str, Any]) -> Any:
        records = list(event["Records"])
        self._chance.shuffle(records)
        shuffled = {"Records": records}
        target, other = self._chance.sample(self._targets, 2)
        beside = [shuffled] if self._chance.random() < 0.3 else []
        if self._old and self._chance.random() < 0.2:
            beside.append(self._chance.choice(self._old))
        self._old = [*self._old[-50:], shuffled]
        self.twice += len(beside)
        answer, *_ = await asyncio.gather(
            target.invoke(shuffled),
            *[other.invoke(each) for each in beside],
            return_exceptions=True,
        )
        if isinstance(answer, BaseException):
            raise answer
        return answer


@asynccontextmanager
async def delivering(hybrid: Hybrid, target: Any, place: Path) -> AsyncIterator[Counts]:
    clock, counts = SystemClock(), Counts()
    checkpoints = FileCheckpoints(place)
    delivery = Delivery(target, Rules(reports_failures=True), None, clock=clock, counts=counts)
    mapper = Mapper(
        Source(hybrid.streams, hybrid.arn),
        delivery,
        checkpoints,
        Filters([]),
        Batching(size=50, parallelization=4),
        None,
        clock=clock,
        counts=counts,
    )
    ended = asyncio.Event()
    task = asyncio.create_task(mapper.run(ended))
    try:
        yield counts
    finally:
        ended.set()
        await task
        checkpoints.close()


def write(hybrid: Hybrid, count: int, seed: int) -> None:
    def some(writer: int) -> None:
        chance = random.Random(f"{seed}/{writer}")
        for number in range(writer, count, _WRITERS):
            workload.operate(hybrid.source, chance, number)

    with ThreadPoolExecutor(_WRITERS) as threads:
        list(threads.map(some, range(_WRITERS)))


async def become_equal(hybrid: Hybrid, seconds: float) -> int:
    """How many items there are. The source is not written to any more."""
    wanted = await asyncio.to_thread(workload.items, hybrid.source)
    deadline = time.monotonic() + seconds
    while True:
        found = await asyncio.to_thread(workload.items, hybrid.target)
        if found == wanted:
            return len(wanted)
        different = [key for key in wanted.keys() | found if wanted.get(key) != found.get(key)]
        assert time.monotonic() < deadline, f"{len(different)} differ: {different[:5]}"
        await asyncio.sleep(0.5)


async def kill_until(ended: asyncio.Event, hybrid: Hybrid, chance: random.Random) -> None:
    """One of the functions every few seconds, and another process in its place."""
    while not ended.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), chance.uniform(2, 4))
        await asyncio.to_thread(chance.choice(hybrid.functions).kill)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("count", [1_000, pytest.param(20_000, marks=pytest.mark.long)])
async def test_nothing_is_lost_doubled_or_set_back(
    hybrid: Hybrid, tmp_path: Path, count: int
) -> None:
    chance = random.Random(count)
    target = Unruly(hybrid, chance)
    async with delivering(hybrid, target, tmp_path / "checkpoints") as counts:
        written = asyncio.Event()
        killing = asyncio.create_task(kill_until(written, hybrid, chance))
        try:
            await asyncio.to_thread(write, hybrid, count, count)
        finally:
            written.set()
            await killing
        there = await become_equal(hybrid, 900)
    # All of it again, as to a mapping that has lost its checkpoints: nothing is set back.
    async with delivering(hybrid, target, tmp_path / "others") as again:
        async with asyncio.timeout(900):
            while again.delivered < counts.delivered:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        assert await become_equal(hybrid, 120) == there > 20
    assert target.twice
    assert not hybrid.kept.exists()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seconds", [6.0, pytest.param(60.0, marks=pytest.mark.long)])
async def test_cassandra_is_away_for_a_while(
    hybrid: Hybrid, tmp_path: Path, seconds: float
) -> None:
    target = HttpTarget(hybrid.functions[0].url, 60)
    async with delivering(hybrid, target, tmp_path / "checkpoints") as counts:
        await asyncio.to_thread(write, hybrid, 100, 1)
        await become_equal(hybrid, 120)
        with hybrid.cassandra_stopped():
            writing = asyncio.to_thread(write, hybrid, int(20 * seconds), 2)
            await asyncio.gather(writing, asyncio.sleep(seconds))
        await become_equal(hybrid, 240)
        assert counts.retries
    assert not hybrid.kept.exists()
