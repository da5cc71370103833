"""Every file of events/ that comes from a stream, through the handler, in the table's order."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.clock import SystemClock
from app.config import load_settings
from app.metrics import Metrics
from app.operations import create_table, scan
from app.operations.context import Context
from app.store.keyqueue import KeyQueue
from app.store.open import open_store

from .conftest import usable
from .test_stream_handler import running

EVENTS = Path(__file__).parents[2] / "events"
NAMES = re.findall(
    r"^\| `(\S+)\.json` \| .* \| `stream_handler` \|", (EVENTS / "README.md").read_text(), re.M
)
KEPT = {
    "stream-keys-only": "The stream's view is KEYS_ONLY, whose records have no new image: "
    "it must be NEW_IMAGE or NEW_AND_OLD_IMAGES",
    "stream-missing-table": "The target table nowhere does not exist",
    "stream-wrong-key": "The key of the record is (id), that of the target table orders is "
    "(customer, number)",
    "stream-malformed": "The record is malformed: it has no member dynamodb",
}
FIRST = {"customer": {"S": "anna"}, "number": {"N": "1"}, "text": {"S": "second"}}


async def test_each_event(new_store_url: Callable[[], str], tmp_path: Path) -> None:
    url, kept = new_store_url(), tmp_path / "kept"
    settings = load_settings({"store": url})
    store = open_store(settings, SystemClock(), Metrics())
    await store.open()
    ctx = Context(store, settings, SystemClock(), Metrics(), KeyQueue())
    names = [("customer", "S", "HASH"), ("number", "N", "RANGE")]
    await create_table.run(
        ctx,
        {
            "TableName": "orders",
            "AttributeDefinitions": [
                {"AttributeName": name, "AttributeType": kind} for name, kind, _ in names
            ],
            "KeySchema": [{"AttributeName": name, "KeyType": role} for name, _, role in names],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )
    await usable(ctx, "orders")

    def deliver() -> list[Any]:
        with running(store=url, on_failure=f"file://{kept}") as handler:
            return [handler(json.loads((EVENTS / f"{name}.json").read_text())) for name in NAMES]

    answers = await asyncio.to_thread(deliver)
    assert answers == [{"batchItemFailures": []}] * len(NAMES)
    reasons = [json.loads(line)["reason"] for line in kept.read_text().splitlines()]
    assert reasons == [KEPT[name] for name in NAMES if name in KEPT]
    page: Any = await scan.run(ctx, {"TableName": "orders", "ConsistentRead": True})
    page = page if isinstance(page, dict) else json.loads(b"".join(page))
    assert page["Items"] == [FIRST]
    await store.close()
