"""Indexes and time to live come and go while two servers write whose clocks differ by 5 s."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import LONG
from tests.faults.support import Servers, Writer, clean_within, make_indexed, wait_until_ready

WRITERS = 4
TABLE = "changing"
ROUNDS = 5 if LONG else 1
BY_G = {
    "IndexName": "by-g",
    "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}


async def index_status(client: Any, wanted: str | None, table: str = TABLE) -> None:
    """Until the index is so; None: gone."""
    async with asyncio.timeout(60):
        while True:
            described = client.describe_table(TableName=table)["Table"]
            found = [each["IndexStatus"] for each in described.get("GlobalSecondaryIndexes", [])]
            if found == ([] if wanted is None else [wanted]):
                return
            await asyncio.sleep(0.05)


async def time_to_live(client: Any, enabled: bool, table: str = TABLE) -> None:
    client.update_time_to_live(
        TableName=table,
        TimeToLiveSpecification={"AttributeName": "expires", "Enabled": enabled},
    )
    wanted = "ENABLED" if enabled else "DISABLED"
    async with asyncio.timeout(60):
        while True:
            found = client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
            if found["TimeToLiveStatus"] == wanted:
                return
            await asyncio.sleep(0.05)


@pytest.mark.timeout(300)
async def test_nothing_is_lost_when_a_table_changes_under_load(
    durable_store_url: str, connect: Callable[..., Any], tmp_path: Path, store_kind: str
) -> None:
    if store_kind != "cassandra":
        pytest.skip("in SQLite each write looks at the catalog in its own transaction")
    offsets = [("-", 0, 0.0), ("-", 0, 5.0)]
    with Servers(durable_store_url, offsets, tmp_path / "log") as servers:
        clients = [connect(servers.urls[number % 2]) for number in range(WRITERS)]
        for client in clients[:2]:
            wait_until_ready(client)
        one, other = clients[:2]
        make_indexed(one, TABLE, global_index=False)
        writers = [Writer(client, TABLE, number, keys=30) for number, client in enumerate(clients)]
        for writer in writers:
            writer.start()
        try:
            for _ in range(ROUNDS):
                await asyncio.sleep(0.5)
                one.update_table(
                    TableName=TABLE,
                    AttributeDefinitions=[{"AttributeName": "g", "AttributeType": "S"}],
                    GlobalSecondaryIndexUpdates=[{"Create": BY_G}],
                )
                await index_status(other, "ACTIVE")
                await time_to_live(other, True)
                await asyncio.sleep(0.3)
                await clean_within(durable_store_url, TABLE, 60.0)
                other.update_table(
                    TableName=TABLE, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-g"}}]
                )
                await index_status(one, None)
                await time_to_live(one, False)
            one.update_table(
                TableName=TABLE,
                AttributeDefinitions=[{"AttributeName": "g", "AttributeType": "S"}],
                GlobalSecondaryIndexUpdates=[{"Create": BY_G}],
            )
            await index_status(other, "ACTIVE")
        finally:
            for writer in writers:
                writer.stop()
        await clean_within(durable_store_url, TABLE, 15.0)
        for writer in writers:
            assert writer.acked > 20
            assert set(writer.failures) <= {"ThrottlingException"}
            writer.check(one)
