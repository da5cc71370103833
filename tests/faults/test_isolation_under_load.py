"""The write isolation changes to and fro while two servers write whose clocks differ by 5 s."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import LONG
from tests.faults.support import ABSENT, Servers, Writer, clean_within, wait_until_ready
from tests.faults.test_changes_under_load import BY_G, index_status, time_to_live

WRITERS = 4
TABLE = "isolated"
ROUNDS = 6 if LONG else 1
TAG = "system:write_isolation"
_IN_2096 = {"N": "4000000000"}


class BlindWriter(Writer):
    """What every policy allows."""

    def _request(self, key: dict[str, Any], value: str) -> tuple[Callable[[], Any], str]:
        client, table = self._client, self._table
        if self._chance.randrange(4) == 0:
            return (lambda: client.delete_item(TableName=table, Key=key)), ABSENT
        item = {**key, "v": {"S": value}, "g": {"S": f"g{value[-1]}"}, "expires": _IN_2096}
        return (lambda: client.put_item(TableName=table, Item=item)), value


@pytest.mark.timeout(600)
async def test_nothing_is_lost_when_the_isolation_changes_under_load(
    durable_store_url: str,
    connect: Callable[..., Any],
    tmp_path: Path,
    store_kind: str,
    tell: Callable[[str], None],
) -> None:
    if store_kind != "cassandra":
        pytest.skip("SQLite writes in one way")
    offsets = [("-", 0, 0.0), ("-", 0, 5.0)]
    with Servers(durable_store_url, offsets, tmp_path / "log") as servers:
        clients = [connect(servers.urls[number % 2]) for number in range(WRITERS)]
        for client in clients[:2]:
            wait_until_ready(client)
        one, other = clients[:2]
        one.create_table(
            TableName=TABLE,
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            BillingMode="PAY_PER_REQUEST",
            Tags=[{"Key": TAG, "Value": "forbid"}],
        )
        arn = one.describe_table(TableName=TABLE)["Table"]["TableArn"]
        writers = [
            BlindWriter(client, TABLE, number, keys=30) for number, client in enumerate(clients)
        ]
        for writer in writers:
            writer.start()
        try:
            await asyncio.sleep(0.5)
            # Until now all writes are plain, and from here on each has an entry by its time.
            await time_to_live(one, True, TABLE)
            await asyncio.sleep(0.3)
            await clean_within(durable_store_url, TABLE, 30.0)
            await time_to_live(other, False, TABLE)
            for number in range(ROUNDS):
                for client, policy in ((one, "always"), (other, "forbid")):
                    await asyncio.sleep(0.5)
                    tags = [{"Key": TAG, "Value": policy}]
                    await asyncio.to_thread(client.tag_resource, ResourceArn=arn, Tags=tags)
                if number % 2:
                    continue
                # What needs to know what was there ends the plain writes by itself.
                stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
                await asyncio.to_thread(
                    other.update_table, TableName=TABLE, StreamSpecification=stream
                )
                await asyncio.sleep(0.5)
                await asyncio.to_thread(
                    one.update_table, TableName=TABLE, StreamSpecification={"StreamEnabled": False}
                )
            await asyncio.to_thread(
                other.update_table,
                TableName=TABLE,
                AttributeDefinitions=[{"AttributeName": "g", "AttributeType": "S"}],
                GlobalSecondaryIndexUpdates=[{"Create": BY_G}],
            )
            await index_status(one, "ACTIVE", TABLE)
        finally:
            for writer in writers:
                writer.stop()
        await clean_within(durable_store_url, TABLE, 15.0)
        tell(f"longest request: {max(writer.longest for writer in writers):.1f} s")
        for writer in writers:
            writer.check(one)
        # The first server's clock is right.
        for writer in writers[::2]:
            assert writer.acked > 20
            assert set(writer.failures) <= {"ThrottlingException", "InternalServerError"}
        assert all(writer.acked for writer in writers)
