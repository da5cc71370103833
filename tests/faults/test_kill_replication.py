"""SIGKILL at each step of applying a record: what comes again ends in equal tables."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.clock import SystemClock
from app.config import load_settings
from app.metrics import Metrics
from app.operations import scan
from app.operations.context import Context
from app.replication.marks import TABLE as MARKS
from app.replication.replicator import Applied, Failed, Kept, Replicator, Skipped
from app.store.keyqueue import KeyQueue
from app.store.open import open_store
from tests.replication.conftest import Record, make_table, new_replicator, record
from tools.server import ROOT, inherited_environment

# Each at the first item, which is put, and at the second, which is deleted.
STEPS = (
    *("replicate:kept|1", "replicate:planned|1", "replicate:planned|2"),
    *("replicate:applied|1", "replicate:applied|2"),
)
# An item and its mark are in two partitions.
STEPS_ON_CASSANDRA = (
    *("txn:begun|1", "txn:prepared|1", "txn:prepared|2", "txn:committed|1", "txn:committed|2"),
    *("txn:applied|1", "txn:spent|1"),
)
WITHIN_SECONDS = 60.0


def event_of(table: str, step: str, number: int) -> dict[str, Any]:
    """A put, a delete of what is there, an item told twice, and a record that is none."""
    first = 10 * (number + 1)
    return {
        "Records": [
            record(table, first, f"{step} put", "new"),
            record(table, first + 1, f"{step} deleted", None),
            record(table, first + 2, f"{step} twice", "older"),
            record(table, first + 3, f"{step} twice", "newer"),
            record("nowhere", first + 4, step, "x"),
        ]
    }


async def die_at_each(url: str, kept: Path, events: Path, steps: Sequence[str]) -> None:
    command = (sys.executable, "-m", "tests.faults.killable_replicator", url, str(kept))
    process = await asyncio.create_subprocess_exec(
        *command,
        str(events),
        *steps,
        cwd=ROOT,
        env=inherited_environment(),
        stdout=subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert (process.returncode, said.decode().split()) == (0, [])


async def deliver_again(replicator: Replicator, records: list[Record]) -> None:
    """As Lambda does, until nothing fails: who died may hold items for a while."""
    end = time.monotonic() + WITHIN_SECONDS
    outcomes = await replicator.apply(records)
    while any(isinstance(each, Failed) for each in outcomes):
        assert time.monotonic() < end, outcomes
        outcomes = await replicator.apply(records)


async def scanned(ctx: Context, table: str) -> list[dict[str, Any]]:
    found: Any = await scan.run(ctx, {"TableName": table, "ConsistentRead": True})
    page = found if isinstance(found, dict) else json.loads(b"".join(found))
    assert "LastEvaluatedKey" not in page
    items: list[dict[str, Any]] = page["Items"]
    return items


async def values_of(ctx: Context, table: str) -> dict[str, str]:
    return {item["pk"]["S"]: item["value"]["S"] for item in await scanned(ctx, table)}


async def marked(ctx: Context) -> list[int]:
    return sorted(int(mark["sequence"]["S"]) for mark in await scanned(ctx, MARKS))


async def test_the_function_dies_at_each_step(
    durable_store_url: str, store_kind: str, tmp_path: Path
) -> None:
    steps = STEPS if store_kind == "sqlite" else (*STEPS, *STEPS_ON_CASSANDRA)
    settings = load_settings({"store": durable_store_url})
    store = open_store(settings, SystemClock(), Metrics())
    await store.open()
    try:
        ctx = Context(store, settings, SystemClock(), Metrics(), KeyQueue())
        table, kept = await make_table(ctx), tmp_path / "kept.jsonl"
        replicator = new_replicator(ctx, kept)
        before = [record(table, 1, f"{step} deleted", "old") for step in steps]
        assert await replicator.apply(before) == [Applied()] * len(steps)
        events = [event_of(table, step, number) for number, step in enumerate(steps)]
        (tmp_path / "events.json").write_text(json.dumps(events))
        await die_at_each(durable_store_url, kept, tmp_path / "events.json", steps)
        await asyncio.gather(*[deliver_again(replicator, each["Records"]) for each in events])
        values = {f"{step} put": "new" for step in steps}
        values |= {f"{step} twice": "newer" for step in steps}
        assert await values_of(ctx, table) == values
        # Of each item the last record.
        marks = sorted(10 * (n + 1) + last for n in range(len(steps)) for last in (0, 1, 3))
        assert await marked(ctx) == marks
        # Each record that cannot be applied is kept, by one who has died perhaps, or by two.
        reasons = [json.loads(line) for line in kept.read_text().splitlines()]
        assert {each["record"]["dynamodb"]["Keys"]["pk"]["S"] for each in reasons} == set(steps)
        # Once more, as a stream that is read from its beginning: nothing changes.
        for event in events:
            outcomes = await replicator.apply(event["Records"])
            assert [type(each) for each in outcomes] == [*[Skipped] * 4, Kept]
        assert await values_of(ctx, table) == values
        assert await marked(ctx) == marks
    finally:
        await store.close()
