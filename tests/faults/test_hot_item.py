"""Eight writers in two processes whose clocks differ by 5 s, and one item."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError

from tests.conftest import LONG
from tests.faults.support import Servers, clean_within, make_indexed, wait_until_ready

WRITERS = 8
INCREMENTS = 2000 if LONG else 400
ROUNDS = 100 if LONG else 20
KEY = {"pk": {"S": "hot"}, "sk": {"S": "item"}}


class Pair(NamedTuple):
    clients: list[Any]
    """One for each writer, half of them on each server."""
    url: str
    table: str


@pytest.fixture(params=["indexed", "plain"])
def pair(
    request: pytest.FixtureRequest,
    durable_store_url: str,
    connect: Callable[..., Any],
    tmp_path: Path,
    store_kind: str,
) -> Iterator[Pair]:
    if store_kind != "cassandra":
        pytest.skip("in SQLite one transaction reads and writes: see its own tests")
    with Servers(durable_store_url, [("-", 0, 0.0), ("-", 0, 5.0)], tmp_path / "log") as servers:
        clients = [connect(servers.urls[n % 2], attempts=1) for n in range(WRITERS)]
        for client in clients[:2]:
            wait_until_ready(client)
        if request.param == "indexed":
            make_indexed(clients[0], "hot")
        else:
            clients[0].create_table(
                TableName="hot",
                AttributeDefinitions=[
                    {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")
                ],
                KeySchema=[
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                BillingMode="PAY_PER_REQUEST",
            )
            clients[0].get_waiter("table_exists").wait(TableName="hot")
        yield Pair(clients, durable_store_url, "hot")


def in_threads(work: Callable[[int], None]) -> None:
    faults: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(number)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def until_done(request: Callable[[], Any]) -> Any:
    """Sent again when it is said that nothing was applied."""
    while True:
        try:
            return request()
        except ClientError as fault:
            if fault.response["Error"]["Code"] != "ThrottlingException":
                raise


# Every increment moves the entry of the index as well.
@pytest.mark.timeout(300)
async def test_increments_add_up(pair: Pair) -> None:
    seen: list[list[int]] = [[] for _ in range(WRITERS)]

    def increment(number: int) -> None:
        for turn in range(INCREMENTS // WRITERS):
            answer = until_done(
                lambda turn=turn: pair.clients[number].update_item(
                    TableName=pair.table,
                    Key=KEY,
                    UpdateExpression="ADD n :one SET g = :g",
                    ExpressionAttributeValues={
                        ":one": {"N": "1"},
                        ":g": {"S": "abc"[(turn + number) % 3]},
                    },
                    ReturnValues="UPDATED_NEW",
                )
            )
            seen[number].append(int(answer["Attributes"]["n"]["N"]))

    in_threads(increment)
    item = pair.clients[0].get_item(TableName=pair.table, Key=KEY, ConsistentRead=True)["Item"]
    assert item["n"]["N"] == str(INCREMENTS)
    # Each was told another sum, and each process sums that grow.
    assert sorted(n for each in seen for n in each) == list(range(1, INCREMENTS + 1))
    assert all(each == sorted(each) for each in seen)
    await clean_within(pair.url, pair.table, 15.0)


@pytest.mark.timeout(300)
async def test_one_of_many_conditional_puts_wins(pair: Pair) -> None:
    won: list[list[int]] = [[] for _ in range(ROUNDS)]
    together = threading.Barrier(WRITERS)

    def put(number: int) -> None:
        for turn in range(ROUNDS):
            together.wait()
            try:
                until_done(
                    lambda turn=turn: pair.clients[number].put_item(
                        TableName=pair.table,
                        Item={
                            **KEY,
                            "turn": {"N": str(turn)},
                            "by": {"N": str(number)},
                            "g": {"S": str(turn)},
                        },
                        ConditionExpression="attribute_not_exists(pk) OR turn = :before",
                        ExpressionAttributeValues={":before": {"N": str(turn - 1)}},
                    )
                )
            except pair.clients[number].exceptions.ConditionalCheckFailedException:
                continue
            won[turn].append(number)

    in_threads(put)
    assert [len(each) for each in won] == [1] * ROUNDS
    item = pair.clients[0].get_item(TableName=pair.table, Key=KEY, ConsistentRead=True)["Item"]
    assert item["by"]["N"] == str(won[-1][0])
    await clean_within(pair.url, pair.table, 15.0)
