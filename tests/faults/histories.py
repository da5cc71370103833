"""Clients that read and write few items at random, and what they were answered when."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

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
from tests.faults.support import Busy

# Operations of one key: enough to meet, few enough to be searched.
OF_A_KEY = 40
# Nothing was applied, says the answer.
_NOT_APPLIED = (
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionCanceledException",
)


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

    def all(self) -> list[Operation]:
        with self._lock:
            return [operation for operations in self.of.values() for operation in operations]

    def check(self) -> list[Operation]:
        """All of it. Fails with the operations of a key for which there is no order."""
        for key, operations in self.of.items():
            texts = [f"{each.begun:.6f} {each.ended:.6f} {each.text}" for each in operations]
            assert is_linearizable(operations, None), "\n".join([key, *texts])
        return self.all()


class Client(Busy):
    """Reads, writes, replaces and deletes at random, through whichever server there is."""

    def __init__(self, number: int, servers: list[Any], history: History) -> None:
        super().__init__()
        self._chance = random.Random(number)
        self._servers = servers
        self._history = history
        self._seen: dict[str, str | None] = {}
        self.start()

    def once(self) -> None:
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
            if code in _NOT_APPLIED:
                return None
            raise
        return time.monotonic()
