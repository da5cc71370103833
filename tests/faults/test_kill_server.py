"""SIGKILL under load: what was acknowledged is there, what is there is what was sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

WRITERS = 4
SECONDS_OF_LOAD = 1.5


def _write_until_dead(client: Any, table: str, writer: int, acked: dict[str, int]) -> None:
    """Puts, updates and deletes keys of its own until the server goes; records what was acked.

    The value -1 stands for an acknowledged delete. The last, unanswered request of each writer is
    recorded as well, since it may or may not have been applied.
    """
    number = 0
    try:
        while True:
            key = f"{writer}-{number % 50}"
            value = number
            acked[f"{key}?"] = -1 if number % 7 == 6 else value
            if number % 7 == 6:
                client.delete_item(TableName=table, Key={"pk": {"S": key}})
                acked[key] = -1
            elif number % 7 == 5:
                client.update_item(
                    TableName=table,
                    Key={"pk": {"S": key}},
                    UpdateExpression="SET v = :v",
                    ExpressionAttributeValues={":v": {"N": str(value)}},
                )
                acked[key] = value
            else:
                client.put_item(TableName=table, Item={"pk": {"S": key}, "v": {"N": str(value)}})
                acked[key] = value
            del acked[f"{key}?"]
            number += 1
    except (BotoCoreError, ClientError):
        return


def test_acknowledged_writes_survive_sigkill(
    start_server: Callable[..., Any],
    durable_store_url: str,
    connect: Callable[..., Any],
    make_table: Callable[..., str],
) -> None:
    first = start_server("--store", durable_store_url)
    table = make_table(connect(first.url))
    acked: list[dict[str, int]] = [{} for _ in range(WRITERS)]
    threads = [
        threading.Thread(
            target=_write_until_dead, args=(connect(first.url), table, number, acked[number])
        )
        for number in range(WRITERS)
    ]
    for thread in threads:
        thread.start()
    time.sleep(SECONDS_OF_LOAD)
    first.kill()
    for thread in threads:
        thread.join(timeout=30)
        assert not thread.is_alive()

    second = start_server("--store", durable_store_url)
    client = connect(second.url, attempts=5)
    checked = 0
    for part in acked:
        for key, value in part.items():
            if key.endswith("?"):
                continue
            allowed = {value}
            if f"{key}?" in part:
                allowed.add(part[f"{key}?"])
            answer = client.get_item(TableName=table, Key={"pk": {"S": key}}, ConsistentRead=True)
            found = int(answer["Item"]["v"]["N"]) if "Item" in answer else -1
            assert found in allowed, key
            checked += 1
    # Fewer would mean that there was hardly any load when the server was killed.
    assert checked > WRITERS * 10
