"""`dynaspan tables verify` as it is run, beside a server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

from app.clock import SystemClock
from app.config import load_settings
from app.metrics import Metrics
from app.model.index import EntryChange, place_of
from app.model.rows import Key
from app.store.base import Batch, Committed, Write
from app.store.open import open_store
from app.values.number import encode
from tools.server import ROOT, inherited_environment


def verify(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.cli", "tables", "verify", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env=inherited_environment(),
    )


async def spoil(url: str) -> None:
    """Takes the entry of one item away, behind the server's back."""
    store = open_store(load_settings({"store": url}), SystemClock(), Metrics())
    await store.open()
    table = await store.table("orders")
    assert table is not None
    (index,) = table.indexes
    key = Key(encode("3"), None)
    row = await store.get(table, key, consistent=True)
    assert row is not None
    change = EntryChange(index, place_of(index, row.item), None, None, None)
    write = Write(table, key, row.version, row.item, (change,))
    assert await store.commit(Batch((write,))) == Committed()
    await store.close()


async def test_a_table_is_compared_with_its_indexes(
    start_server: Callable[..., Any], durable_store_url: str, connect: Callable[..., Any]
) -> None:
    client = connect(start_server("--store", durable_store_url).url)
    client.create_table(
        TableName="orders",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "N"},
            {"AttributeName": "state", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-state",
                "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    for number in range(5):
        item = {"pk": {"N": str(number)}, "state": {"S": "open"}}
        client.put_item(TableName="orders", Item=item)
    done = verify("orders", "--url", durable_store_url)
    assert done.stderr == ""
    assert done.stdout == "table orders: 5 items\nindex by-state: 5 entries, as the items say\n"
    assert done.returncode == 0

    await spoil(durable_store_url)
    done = verify("orders", "--url", durable_store_url, "--patience", "0")
    assert done.returncode == 1
    assert "index by-state: 4 entries, 1 missing\n" in done.stdout
    assert '  missing in by-state: {"pk": {"N": "3"}}\n' in done.stdout
    done = verify("orders", "--url", durable_store_url, "--patience", "0", "--repair")
    assert done.returncode == 0
    assert done.stdout.endswith("1 of 1 mended\n")
    found = client.query(
        TableName="orders",
        IndexName="by-state",
        KeyConditionExpression="#s = :s",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":s": {"S": "open"}},
    )
    assert found["Count"] == 5


async def test_what_cannot_be_compared(durable_store_url: str) -> None:
    store = open_store(load_settings({"store": durable_store_url}), SystemClock(), Metrics())
    await store.open()
    await store.close()
    done = verify("nothing", "--store", durable_store_url)
    assert done.returncode == 2
    assert done.stderr.startswith("dynaspan: there is no table nothing in ")
