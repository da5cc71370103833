"""Stores to replicate into, and records as streams tell them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from app.clock import SystemClock
from app.config import load_settings
from app.metrics import Metrics
from app.operations import create_table
from app.operations.context import Context
from app.replication.replicator import Replicator
from app.store.keyqueue import KeyQueue
from app.store.open import open_store
from app.triggers.destinations import FileDestination

Record = dict[str, Any]
LABEL = "2026-01-31T10:00:00.000"


@pytest.fixture(scope="module")
async def ctx(new_store_url: Callable[[], str]) -> AsyncIterator[Context]:
    settings = load_settings({"store": new_store_url()})
    metrics, clock = Metrics(), SystemClock()
    store = open_store(settings, clock, metrics)
    await store.open()
    queue = KeyQueue(by_partition=store.capabilities.partition_contention)
    yield Context(store, settings, clock, metrics, queue)
    await store.close()


@pytest.fixture
async def table(ctx: Context) -> str:
    return await make_table(ctx)


async def make_table(ctx: Context, **more: Any) -> str:
    """Keys pk (S) and sk (N)."""
    name = f"t{uuid.uuid4().hex[:12]}"
    names = [{"AttributeName": "pk", "AttributeType": "S"}]
    names.append({"AttributeName": "sk", "AttributeType": "N"})
    schema = [{"AttributeName": "pk", "KeyType": "HASH"}]
    schema.append({"AttributeName": "sk", "KeyType": "RANGE"})
    request = {"TableName": name, "AttributeDefinitions": names, "KeySchema": schema}
    request |= {"BillingMode": "PAY_PER_REQUEST"}
    for member, value in more.items():
        request[member] = [*request.get(member, []), *value] if isinstance(value, list) else value
    await create_table.run(ctx, request)
    await usable(ctx, name)
    return name


async def usable(ctx: Context, name: str) -> None:
    """CreateTable does not wait for a store that is slow."""
    for _ in range(600):
        table = await ctx.store.table(name)
        if table is not None and table.status == "ACTIVE":
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"{name} is still not there")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept.jsonl"


@pytest.fixture
def replicator(ctx: Context, kept: Path) -> Replicator:
    return new_replicator(ctx, kept)


def new_replicator(ctx: Context, kept: Path | None, **targets: str) -> Replicator:
    destination = None if kept is None else FileDestination(kept)
    return Replicator(
        ctx, targets=targets, destination=destination, concurrency=8, mark_seconds=172_800.0
    )


def record(
    table: str, sequence: int, pk: str, value: str | None, *, sk: str = "1", label: str = LABEL
) -> Record:
    """A put of `value`, or a delete for None."""
    keys = {"pk": {"S": pk}, "sk": {"N": sk}}
    told: dict[str, Any] = {
        "ApproximateCreationDateTime": 1_769_853_600,
        "Keys": keys,
        "SequenceNumber": f"{sequence:021}",
        "SizeBytes": 20,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    if value is not None:
        told["NewImage"] = keys | {"value": {"S": value}}
    return {
        "eventID": uuid.uuid4().hex,
        "eventName": "REMOVE" if value is None else "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "dynamodb": told,
        "eventSourceARN": f"arn:aws:dynamodb:eu-central-1:1234:table/{table}/stream/{label}",
    }
