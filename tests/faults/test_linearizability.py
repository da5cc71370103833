"""Items through two servers, one of which is killed: all answers have their place in one order."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from tests.faults.linearizability import (
    NEVER,
    Operation,
    is_linearizable,
    read,
    refusal,
    swap,
    write,
)

CLIENTS = 6
# Operations of one key: enough to meet, few enough to be searched.
OF_A_KEY = 40
# Nothing was applied, says the answer.
_NOT_APPLIED = ("ThrottlingException", "TransactionConflictException")


# -- the checker ----------------------------------------------------------------------------


def test_one_after_another() -> None:
    assert is_linearizable([write(1, 0, 1), read(1, 2, 3), swap(1, 2, 4, 5), read(2, 6, 7)], None)
    assert not is_linearizable([write(1, 0, 1), read(None, 2, 3)], None)


def test_at_once_in_any_order() -> None:
    both = [write(1, 0, 10), write(2, 0, 10)]
    for last in (1, 2):
        assert is_linearizable([*both, read(last, 11, 12)], None)
    assert is_linearizable([*both, read(1, 2, 3), read(2, 4, 5)], None)
    assert not is_linearizable([*both, read(1, 11, 12), read(2, 13, 14)], None)


# A read that saw a write which is still under way binds every later one.
def test_no_way_back() -> None:
    assert not is_linearizable([write(1, 0, 10), read(1, 1, 2), read(None, 3, 4)], None)


def test_an_answer_that_never_came() -> None:
    lost = write(1, 0, NEVER)
    for seen in (None, 1):
        assert is_linearizable([lost, read(seen, 5, 6)], None)
    assert is_linearizable([lost, read(None, 1, 2), read(1, 3, 4)], None)
    assert not is_linearizable([lost, read(1, 1, 2), read(None, 3, 4)], None)
    assert not is_linearizable([write(1, 5, NEVER), read(1, 1, 2)], None)


# A lost update: both say that they replaced the same value.
def test_two_swaps_of_one_value() -> None:
    assert not is_linearizable([swap(None, 1, 0, 5), swap(None, 2, 0, 5)], None)
    assert is_linearizable([swap(None, 1, 0, 5), refusal(None, 0, 5)], None)


# -- the servers ----------------------------------------------------------------------------


class History:
    """What clients did to the keys, each of which is used for a while and then left."""

    def __init__(self, table: str) -> None:
        self.table = table
        self.of: dict[str, list[Operation]] = {}
        self._lock = threading.Lock()
        self._begun = 0
        self._values = 0

    def key(self, chance: random.Random) -> str:
        """One of two, so that operations of one and of several items meet."""
        with self._lock:
            self._begun += 1
            return f"{self._begun // (2 * OF_A_KEY)}-{chance.randrange(2)}"

    def value(self) -> str:
        with self._lock:
            self._values += 1
            return str(self._values)

    def add(self, key: str, operation: Operation) -> None:
        with self._lock:
            self.of.setdefault(key, []).append(operation)


class Client:
    """Reads, writes, replaces and deletes at random, through whichever server there is."""

    def __init__(self, number: int, servers: list[Any], history: History) -> None:
        self._chance = random.Random(number)
        self._servers = servers
        self._history = history
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._seen: dict[str, str | None] = {}
        self.faults: list[BaseException] = []
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive()
        if self.faults:
            raise self.faults[0]

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._one()
        except BaseException as fault:
            self.faults.append(fault)
            raise

    def _one(self) -> None:
        client, key = self._chance.choice(self._servers), self._history.key(self._chance)
        value = self._history.value()
        table, wire = {"TableName": self._history.table}, {"pk": {"S": key}}
        item = {**wire, "v": {"S": value}}
        kind = self._chance.randrange(6)
        if kind < 2:
            self._read(client, key)
        elif kind == 2:
            self._write({key: value}, lambda: client.put_item(**table, Item=item))
        elif kind == 3:
            self._write({key: None}, lambda: client.delete_item(**table, Key=wire))
        elif kind == 4:
            self._swap(client, key, value)
        else:
            other = f"{key[:-1]}{1 - int(key[-1])}"
            puts = [
                {"Put": {**table, "Item": {"pk": {"S": name}, "v": {"S": value}}}}
                for name in (key, other)
            ]
            self._write(
                {key: value, other: value},
                lambda: client.transact_write_items(TransactItems=puts),
            )

    def _read(self, client: Any, key: str) -> None:
        begun = time.monotonic()
        try:
            found = client.get_item(
                TableName=self._history.table, Key={"pk": {"S": key}}, ConsistentRead=True
            )
        except (ClientError, BotoCoreError):
            return
        value = found["Item"]["v"]["S"] if "Item" in found else None
        self._seen[key] = value
        self._history.add(key, read(value, begun, time.monotonic()))

    def _write(self, values: dict[str, str | None], request: Callable[[], Any]) -> None:
        begun = time.monotonic()
        ended = self._ended(request)
        if ended is not None:
            for key, value in values.items():
                self._history.add(key, write(value, begun, ended))

    def _swap(self, client: Any, key: str, value: str) -> None:
        old = self._seen.get(key)
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if old is not None:
            condition = {
                "ConditionExpression": "v = :old",
                "ExpressionAttributeValues": {":old": {"S": old}},
            }
        begun = time.monotonic()

        def request() -> None:
            client.put_item(
                TableName=self._history.table,
                Item={"pk": {"S": key}, "v": {"S": value}},
                **condition,
            )

        try:
            ended = self._ended(request)
        except ClientError as fault:
            if fault.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            self._history.add(key, refusal(old, begun, time.monotonic()))
            return
        if ended is not None:
            self._history.add(key, swap(old, value, begun, ended))

    def _ended(self, request: Callable[[], Any]) -> float | None:
        """When it was answered, if ever; None if nothing was done. Raises refusals."""
        try:
            request()
        except EndpointConnectionError:
            return None
        except BotoCoreError:
            return NEVER
        except ClientError as fault:
            code = fault.response["Error"]["Code"]
            if code == "InternalServerError":
                return NEVER
            if code in _NOT_APPLIED or code == "TransactionCanceledException":
                return None
            raise
        return time.monotonic()


def _run(
    start: Callable[[], Any],
    connect: Callable[..., Any],
    make_table: Callable[..., str],
    seconds: float,
) -> None:
    running = [start(), start()]
    servers = [connect(server.url) for server in running]
    history = History(make_table(servers[0]))
    clients = [Client(number, servers, history) for number in range(CLIENTS)]
    try:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(1.5)
            # Only what is under way meets its death.
            del servers[0]
            running.pop(0).kill()
            running.append(start())
            servers.append(connect(running[-1].url))
    finally:
        for client in clients:
            client.stop()
    for key, operations in history.of.items():
        texts = [f"{o.begun:.6f} {o.ended:.6f} {o.text}" for o in operations]
        assert is_linearizable(operations, None), "\n".join([key, *texts])
    whole = [operation for operations in history.of.values() for operation in operations]
    # Fewer would mean that there was hardly any load, or that none was hit.
    assert len(whole) > 50 * seconds
    assert any(operation.ended == NEVER for operation in whole)


def test_single_items_are_linearizable(
    start_server: Callable[..., Any],
    durable_store_url: str,
    connect: Callable[..., Any],
    make_table: Callable[..., str],
) -> None:
    _run(lambda: start_server("--store", durable_store_url), connect, make_table, 6.0)


@pytest.mark.long
def test_single_items_are_linearizable_for_minutes(
    start_server: Callable[..., Any],
    durable_store_url: str,
    connect: Callable[..., Any],
    make_table: Callable[..., str],
) -> None:
    _run(lambda: start_server("--store", durable_store_url), connect, make_table, 60.0)
