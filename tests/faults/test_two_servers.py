"""Two servers on one store: tables made, dropped and made again through either."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def pair(
    start_server: Callable[..., Any], durable_store_url: str, connect: Callable[..., Any]
) -> tuple[Any, Any]:
    one = start_server("--store", durable_store_url)
    two = start_server("--store", durable_store_url)
    return connect(one.url), connect(two.url)


def test_a_new_table_is_usable_through_the_other_server_at_once(
    pair: tuple[Any, Any], make_table: Callable[..., str]
) -> None:
    one, two = pair
    # Asked for before it exists: a server must not remember that it was missing.
    with pytest.raises(ClientError):
        two.get_item(TableName="at-once", Key={"pk": {"S": "a"}})
    table = make_table(one, "at-once")
    two.put_item(TableName=table, Item={"pk": {"S": "a"}})
    assert "Item" in one.get_item(TableName=table, Key={"pk": {"S": "a"}}, ConsistentRead=True)
    one.delete_table(TableName=table)


def test_a_deleted_table_is_refused_by_both(
    pair: tuple[Any, Any], make_table: Callable[..., str]
) -> None:
    one, two = pair
    table = make_table(one)
    two.put_item(TableName=table, Item={"pk": {"S": "a"}})
    started = time.monotonic()
    one.delete_table(TableName=table)
    one.get_waiter("table_not_exists").wait(
        TableName=table, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    took = time.monotonic() - started
    for client in pair:
        with pytest.raises(ClientError) as caught:
            client.put_item(TableName=table, Item={"pk": {"S": "b"}})
        assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    # Both servers answer, so nobody has to be waited out (13 s); the waiter polls each second.
    assert took < 5


def test_no_write_reaches_the_successor_of_a_dropped_table(
    pair: tuple[Any, Any], make_table: Callable[..., str]
) -> None:
    """Writers hammer one name through both servers while the table is dropped and made again.

    Each generation is marked by its writers; a mark of an older generation in a newer table is a
    write that was acknowledged to the old table's client and landed in the new one.
    """
    one, two = pair
    table = make_table(one)
    generation = [0]
    stop = threading.Event()
    surprises: list[BaseException] = []

    def hammer(client: Any, name: str) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            mine = generation[0]
            try:
                client.put_item(
                    TableName=table,
                    Item={"pk": {"S": f"{name}-{number % 20}"}, "generation": {"N": str(mine)}},
                )
            except ClientError as fault:
                if fault.response["Error"]["Code"] != "ResourceNotFoundException":
                    surprises.append(fault)
                    return

    threads = [
        threading.Thread(target=hammer, args=(client, f"{number}-{client_number}"))
        for client_number, client in enumerate(pair)
        for number in range(2)
    ]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            time.sleep(0.3)
            one.delete_table(TableName=table)
            one.get_waiter("table_not_exists").wait(
                TableName=table, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
            )
            generation[0] += 1
            # Every writer's request of the old generation is answered before the name is free.
            time.sleep(1)
            make_table(two, table)
            items = two.scan(TableName=table, ConsistentRead=True)["Items"]
            old = [item for item in items if int(item["generation"]["N"]) < generation[0]]
            assert not old
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=30)
    assert not surprises
