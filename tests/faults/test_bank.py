"""A bank on two servers, one of which is killed every few seconds: no money comes or goes."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.faults.support import Busy

ACCOUNTS = 50
CLIENTS = 8
BALANCE = 100
TOTAL = ACCOUNTS * BALANCE
_KEYS = [{"pk": {"S": f"account-{number}"}} for number in range(ACCOUNTS)]
_UNDECIDED = ("InternalServerError", "ThrottlingException", "TransactionInProgressException")


class Bank:
    """Its servers, any of which a request may go to."""

    def __init__(self, connect: Callable[..., Any], start: Callable[[], Any]) -> None:
        self._connect = connect
        self._start = start
        self._servers: list[tuple[Any, Any]] = []
        self.table = ""

    def open_server(self) -> None:
        server = self._start()
        self._servers.append((server, self._connect(server.url)))

    def kill_server(self) -> None:
        """Requests go to the others before it is dead, and while the next one starts."""
        server, _ = self._servers.pop(0)
        server.kill()

    @property
    def client(self) -> Any:
        return random.choice(self._servers)[1]

    def balances(self) -> list[int] | None:
        """As they all are at one moment; None when they change all the while."""
        reads = [{"Get": {"TableName": self.table, "Key": key}} for key in _KEYS]
        try:
            found = self.client.transact_get_items(TransactItems=reads)["Responses"]
        except (ClientError, BotoCoreError):
            return None
        return [int(each["Item"]["n"]["N"]) for each in found]


class Customer(Busy):
    """Transfers at random, each with a receipt, and each asked for until the answer says what has
    become of it. `done` and `refused` are receipts with what they say."""

    def __init__(self, bank: Bank, number: int) -> None:
        super().__init__()
        self._bank = bank
        self._chance = random.Random(number)
        self.done: dict[str, tuple[int, int, int]] = {}
        self.refused: list[str] = []
        self.start()

    def pause(self) -> float:
        return self._chance.uniform(0.05, 0.2)

    def once(self) -> None:
        source, target = self._chance.sample(range(ACCOUNTS), 2)
        amount = self._chance.randint(1, 40)
        receipt = uuid.uuid4().hex
        table = {"TableName": self._bank.table}
        values = {":a": {"N": str(amount)}}
        actions = [
            {
                "Update": {
                    **table,
                    "Key": _KEYS[source],
                    "UpdateExpression": "SET n = n - :a",
                    "ConditionExpression": "n >= :a",
                    "ExpressionAttributeValues": values,
                }
            },
            {
                "Update": {
                    **table,
                    "Key": _KEYS[target],
                    "UpdateExpression": "SET n = n + :a",
                    "ExpressionAttributeValues": values,
                }
            },
            {"Put": {**table, "Item": {"pk": {"S": receipt}}}},
        ]
        while True:
            try:
                self._bank.client.transact_write_items(
                    TransactItems=actions, ClientRequestToken=receipt
                )
            except BotoCoreError:
                continue
            except ClientError as fault:
                code = fault.response["Error"]["Code"]
                if code in _UNDECIDED:
                    time.sleep(0.02)
                    continue
                if code != "TransactionCanceledException":
                    raise
                self.refused.append(receipt)
            else:
                self.done[receipt] = (source, target, amount)
            return


@contextmanager
def customers(bank: Bank) -> Iterator[list[Customer]]:
    all_of_them = [Customer(bank, number) for number in range(CLIENTS)]
    try:
        yield all_of_them
    finally:
        for customer in all_of_them:
            customer.stop()


def _run(bank: Bank, seconds: float, between_kills: float) -> None:
    bank.open_server()
    for key in _KEYS:
        bank.client.put_item(TableName=bank.table, Item={**key, "n": {"N": str(BALANCE)}})
    looks = kills = 0
    end = time.monotonic() + seconds
    with customers(bank) as all_of_them:
        next_kill = time.monotonic() + between_kills
        while time.monotonic() < end:
            balances = bank.balances()
            if balances is not None:
                assert sum(balances) == TOTAL
                assert min(balances) >= 0
                looks += 1
            if time.monotonic() >= next_kill:
                bank.kill_server()
                bank.open_server()
                kills += 1
                next_kill = time.monotonic() + between_kills
    done = {receipt: each for customer in all_of_them for receipt, each in customer.done.items()}
    expected = [BALANCE] * ACCOUNTS
    for source, target, amount in done.values():
        expected[source] -= amount
        expected[target] += amount
    assert bank.balances() == expected
    pages = bank.client.get_paginator("scan").paginate(TableName=bank.table, ConsistentRead=True)
    found = {item["pk"]["S"]: item for page in pages for item in page["Items"]}
    assert sum(int(item["n"]["N"]) for item in found.values() if "n" in item) == TOTAL
    # Every transfer that was acknowledged, and no other one.
    assert {name for name in found if not name.startswith("account")} == set(done)
    # Fewer would mean that there was hardly any load.
    assert len(done) > seconds * 3
    assert looks
    assert kills


@pytest.fixture
def bank(
    start_server: Callable[..., Any],
    durable_store_url: str,
    connect: Callable[..., Any],
    make_table: Callable[..., str],
) -> Bank:
    bank = Bank(connect, lambda: start_server("--store", durable_store_url))
    bank.open_server()
    bank.table = make_table(bank.client)
    return bank


def test_the_sum_of_all_accounts_stays(bank: Bank, store_kind: str) -> None:
    _run(bank, 20.0 if store_kind == "cassandra" else 5.0, between_kills=2.0)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_the_sum_of_all_accounts_stays_for_minutes(bank: Bank) -> None:
    _run(bank, 150.0, between_kills=4.0)
