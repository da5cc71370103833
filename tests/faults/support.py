"""A table with every kind of index, requests at random, and what they must have led to."""

from __future__ import annotations

import random
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from app.clock import SystemClock
from app.config import load_settings
from app.jobs.verification import Report, Verification
from app.metrics import Metrics
from app.store.keyqueue import KeyQueue
from app.store.open import open_store
from tools.loopback import own_address
from tools.process import Process
from tools.server import ROOT, inherited_environment

ABSENT = "absent"


class Servers:
    """`killable` ones, each given as (step, nth, offset of its clock)."""

    def __init__(self, url: str, servers: Iterable[tuple[str, int, float]], log_path: Path) -> None:
        self.urls: list[str] = []
        arguments = []
        for step, nth, offset in servers:
            host, (port,) = own_address()
            self.urls.append(f"http://{host}:{port}")
            arguments.append(f"{host}|{port}|{step}|{nth}|{offset}")
        self.process = Process(
            [sys.executable, "-m", "tests.faults.killable", url, *arguments],
            log_path=log_path,
            cwd=ROOT,
            env=inherited_environment(),
        )

    def __enter__(self) -> Servers:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()


class Busy(ABC):
    """Does `once` again and again in a thread of its own, from `start` to `stop`, which raises what
    has gone wrong meanwhile."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._fault: BaseException | None = None

    @abstractmethod
    def once(self) -> None: ...

    def pause(self) -> float:
        """Seconds before each time."""
        return 0.0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive()
        if self._fault is not None:
            raise self._fault

    def _run(self) -> None:
        try:
            while not self._stop.wait(self.pause()):
                self.once()
        except BaseException as fault:
            self._fault = fault
            raise


def wait_until_ready(client: Any) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            client.list_tables()
        except (BotoCoreError, ClientError):
            assert time.monotonic() < end
            time.sleep(0.05)
        else:
            return


def make_indexed(client: Any, name: str, *, global_index: bool = True) -> None:
    types = {"pk": "S", "sk": "S", "l": "S"} | ({"g": "S"} if global_index else {})
    by_g = {
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by-g",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ]
    }
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t in types.items()],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        LocalSecondaryIndexes=[
            {
                "IndexName": "by-l",
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "l", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        **(by_g if global_index else {}),
        BillingMode="PAY_PER_REQUEST",
    )
    client.get_waiter("table_exists").wait(
        TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )


class Writer:
    """Writes keys of its own until its server is gone or it is told to stop.

    `may_be` is what each of them may hold: one value once a write of it was acknowledged, one more
    with each that was not answered. `failures`: error codes of answers. `longest`: seconds.
    """

    def __init__(
        self, client: Any, table: str, number: int, keys: int = 8, pause: float = 0.0
    ) -> None:
        self._client = client
        self._table = table
        self._chance = random.Random(number)
        self._keys = [({"S": f"w{number}"}, {"S": str(each)}) for each in range(keys)]
        self._pause = pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.may_be: dict[tuple[str, str], set[str]] = {}
        self.acked = 0
        self.failures: list[str] = []
        self.longest = 0.0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self.join()

    def join(self, timeout: float = 60.0) -> None:
        self._thread.join(timeout)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        turn = 0
        while not self._stop.wait(self._pause):
            turn += 1
            pk, sk = self._chance.choice(self._keys)
            begin = time.monotonic()
            value = str(turn)
            key = (pk["S"], sk["S"])
            before = self.may_be.get(key, {ABSENT})
            request, led_to = self._request({"pk": pk, "sk": sk}, value)
            self.may_be[key] = before | {led_to}
            try:
                request()
            except ClientError as fault:
                self.failures.append(fault.response["Error"]["Code"])
                if self.failures[-1] == "ThrottlingException":
                    # Nothing was applied.
                    self.may_be[key] = before
            except BotoCoreError:
                return
            else:
                self.may_be[key] = {led_to}
                self.acked += 1
            self.longest = max(self.longest, time.monotonic() - begin)

    def _request(self, key: dict[str, Any], value: str) -> tuple[Callable[[], Any], str]:
        groups = {"g": {"S": self._chance.choice("abc")}, "l": {"S": self._chance.choice("xy")}}
        # Epoch seconds of the next century.
        groups["expires"] = {"N": str(4_102_444_800 + self._chance.randrange(3) * 3600)}
        table, item = {"TableName": self._table}, {**key, **groups, "v": {"S": value}}
        kind = self._chance.randrange(5)
        if kind == 0:
            return lambda: self._client.delete_item(**table, Key=key), ABSENT
        if kind == 1:
            del item["g"], item["l"], item["expires"]
        if kind < 4:
            return lambda: self._client.put_item(**table, Item=item), value
        return (
            lambda: self._client.update_item(
                **table,
                Key=key,
                UpdateExpression="SET v = :v, g = :g REMOVE l",
                ExpressionAttributeValues={":v": {"S": value}, ":g": groups["g"]},
            ),
            value,
        )

    def check(self, client: Any) -> None:
        """Each key holds what it may."""
        for (pk, sk), values in self.may_be.items():
            answer = client.get_item(
                TableName=self._table, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True
            )
            found = answer["Item"]["v"]["S"] if "Item" in answer else ABSENT
            assert found in values, (pk, sk)


async def compared(url: str, table: str, *, patience: float = 0.0) -> Report:
    """As `dynaspan tables verify`, in this process."""
    clock, metrics = SystemClock(), Metrics()
    store = open_store(load_settings({"store": url}), clock, metrics)
    await store.open()
    try:
        found = await store.table(table)
        assert found is not None
        queue = KeyQueue(by_partition=store.capabilities.partition_contention)
        return await Verification(store, clock, metrics, queue, found, patience=patience).run()
    finally:
        await store.close()


async def clean_within(url: str, table: str, seconds: float) -> float:
    """Compares until nothing differs. The seconds that took."""
    begin = time.monotonic()
    while True:
        report = await compared(url, table)
        took = time.monotonic() - begin
        if report.clean:
            return took
        assert took < seconds, report
