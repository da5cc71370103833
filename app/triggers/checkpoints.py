"""How far each shard has been delivered, and who delivers it: in a file or in a DynamoDB table."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, TextIO
from uuid import uuid4

from ..config import ConfigError
from .source import SourceFailed, asked, error_code

LEASE_SECONDS = 20.0
"""A shard whose owner has said nothing for so long goes to somebody else."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`sequence`: all up to this record is settled. `since`: what was there before that epoch
    second is not wanted, as the mapping began with what came later."""

    sequence: str | None = None
    since: float | None = None
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What is written down of a mapping: the `checkpoints` of all shards that anybody has begun
    with, those of them that are `held` by another process, and the processes that live: how many,
    and the `place` of this one among them, from 0."""

    checkpoints: dict[str, Checkpoint]
    held: frozenset[str] = frozenset()
    workers: int = 1
    place: int = 0


class LeaseLost(Exception):
    """Somebody else delivers the shard now."""


class Checkpoints(Protocol):
    """Methods may raise SourceFailed."""

    async def known(self) -> Known:
        """Tells the others that this process lives, for LEASE_SECONDS."""
        ...

    async def take(self, shard: str) -> Checkpoint | None:
        """The shard is this process's for LEASE_SECONDS; None if it is somebody else's."""
        ...

    async def renew(self, shard: str) -> None:
        """Raises LeaseLost."""
        ...

    async def save(self, shard: str, checkpoint: Checkpoint) -> None:
        """Raises LeaseLost."""
        ...

    async def release(self, shard: str) -> None: ...

    async def forget(self, shard: str) -> None:
        """One that is finished, and that the stream has no more."""
        ...

    async def leave(self) -> None:
        """This process delivers nothing any more."""
        ...


class FileCheckpoints:
    """For one process at a time, which holds the file."""

    def __init__(self, path: Path) -> None:
        """Raises ConfigError when another process holds it."""
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock: TextIO = path.with_name(path.name + ".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise ConfigError(f"checkpoints: {path} is used by another process") from None
        try:
            found = json.loads(path.read_text()) if path.exists() else {}
        except ValueError:
            self._lock.close()
            raise ConfigError(f"checkpoints: {path} holds none") from None
        self._all = {shard: Checkpoint(**told) for shard, told in found.items()}
        self._writing = asyncio.Lock()

    def close(self) -> None:
        self._lock.close()

    async def known(self) -> Known:
        return Known(dict(self._all))

    async def take(self, shard: str) -> Checkpoint | None:
        return self._all.get(shard, Checkpoint())

    async def renew(self, shard: str) -> None:
        return

    async def save(self, shard: str, checkpoint: Checkpoint) -> None:
        self._all[shard] = checkpoint
        await self._keep()

    async def release(self, shard: str) -> None:
        return

    async def forget(self, shard: str) -> None:
        self._all.pop(shard, None)
        await self._keep()

    async def leave(self) -> None:
        return

    async def _keep(self) -> None:
        # One after the other: an older text must not come behind a newer one.
        async with self._writing:
            text = json.dumps({name: asdict(each) for name, each in self._all.items()}, indent=1)
            try:
                await asyncio.to_thread(self._write, text)
            except OSError as fault:
                raise SourceFailed(f"{self._path}: {fault.strerror}") from fault

    def _write(self, text: str) -> None:
        new = self._path.with_name(f"{self._path.name}.{uuid4().hex}")
        with new.open("w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)


_WORKER = "worker:"
"""Begins the sort key of an item that says until when a process lives; no shard's does."""
_HOLD = "SET #owner = :me, #until = :until", "attribute_not_exists(#owner) OR #owner = :me"


class TableCheckpoints:
    """One item for each shard: whose it is, until when, and how far it has been delivered; and one
    for each process, as one that has no shard yet is to get its share, too.

    Owners tell their time by their own clocks: with one that is wrong a shard may be delivered by
    two for a while, which targets must bear anyway.
    """

    def __init__(
        self,
        client: Any,
        table: str,
        mapping: str,
        clock: Callable[[], float] = time.time,
        owner: str | None = None,
    ) -> None:
        self._client = client
        self._table = table
        self._mapping = mapping
        self._clock = clock
        self._owner = owner or uuid4().hex

    async def open(self) -> None:
        """Makes the table if there is none."""
        names = ("mapping", "HASH"), ("shard", "RANGE")
        try:
            await asked(
                self._client.create_table,
                TableName=self._table,
                AttributeDefinitions=[
                    {"AttributeName": name, "AttributeType": "S"} for name, _ in names
                ],
                KeySchema=[{"AttributeName": name, "KeyType": role} for name, role in names],
                BillingMode="PAY_PER_REQUEST",
            )
        except SourceFailed as fault:
            if error_code(fault) != "ResourceInUseException":
                raise
        waiter = self._client.get_waiter("table_exists")
        wait = {"Delay": 1, "MaxAttempts": 60}
        await asked(waiter.wait, TableName=self._table, WaiterConfig=wait)

    async def known(self) -> Known:
        until = {":until": {"N": str(self._clock() + LEASE_SECONDS)}}
        me = f"{_WORKER}{self._owner}"
        await self._update(me, *_HOLD, until, {"#until": "until"})
        now = self._clock()
        checkpoints: dict[str, Checkpoint] = {}
        held: set[str] = set()
        workers = {self._owner}
        for item in await self._items():
            name, owner = item["shard"]["S"], item.get("owner", {}).get("S")
            lives = owner is not None and float(item["until"]["N"]) >= now
            if not name.startswith(_WORKER):
                checkpoints[name] = _checkpoint(item)
                if lives and owner != self._owner:
                    held.add(name)
            elif lives:
                workers.add(owner)
            else:
                # Killed, or held up: then it will say again that it lives.
                await self._drop_worker(item)
        place = sorted(workers).index(self._owner)
        return Known(checkpoints, frozenset(held), len(workers), place)

    async def _items(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        more: dict[str, Any] = {}
        while True:
            page = await asked(
                self._client.query,
                TableName=self._table,
                KeyConditionExpression="mapping = :mapping",
                ExpressionAttributeValues={":mapping": {"S": self._mapping}},
                ConsistentRead=True,
                **more,
            )
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return found
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    async def take(self, shard: str) -> Checkpoint | None:
        now = self._clock()
        try:
            answer = await self._update(
                shard,
                _HOLD[0],
                f"{_HOLD[1]} OR #until < :now",
                {":until": {"N": str(now + LEASE_SECONDS)}, ":now": {"N": str(now)}},
                {"#until": "until"},
            )
        except LeaseLost:
            return None
        return _checkpoint(answer["Attributes"])

    async def renew(self, shard: str) -> None:
        until = {":until": {"N": str(self._clock() + LEASE_SECONDS)}}
        names = {"#until": "until"}
        await self._update(shard, "SET #until = :until", "#owner = :me", until, names)

    async def save(self, shard: str, checkpoint: Checkpoint) -> None:
        text = json.dumps(asdict(checkpoint))
        values = {":checkpoint": {"S": text}}
        names = {"#checkpoint": "checkpoint"}
        await self._update(shard, "SET #checkpoint = :checkpoint", "#owner = :me", values, names)

    async def release(self, shard: str) -> None:
        try:
            await self._update(shard, "REMOVE #owner", "#owner = :me", {}, {})
        except LeaseLost:
            return

    async def forget(self, shard: str) -> None:
        await asked(self._client.delete_item, TableName=self._table, Key=self._key(shard))

    async def leave(self) -> None:
        await self.forget(f"{_WORKER}{self._owner}")

    async def _update(
        self,
        shard: str,
        update: str,
        condition: str,
        values: dict[str, Any],
        names: dict[str, str],
    ) -> dict[str, Any]:
        """Raises LeaseLost when the condition does not hold."""
        try:
            answer: dict[str, Any] = await asked(
                self._client.update_item,
                TableName=self._table,
                Key=self._key(shard),
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeNames={"#owner": "owner", **names},
                ExpressionAttributeValues={":me": {"S": self._owner}, **values},
                ReturnValues="ALL_NEW",
            )
        except SourceFailed as fault:
            if error_code(fault) == "ConditionalCheckFailedException":
                raise LeaseLost(shard) from None
            raise
        return answer

    async def _drop_worker(self, item: dict[str, Any]) -> None:
        try:
            await asked(
                self._client.delete_item,
                TableName=self._table,
                Key=self._key(item["shard"]["S"]),
                ConditionExpression="#until = :until",
                ExpressionAttributeNames={"#until": "until"},
                ExpressionAttributeValues={":until": item["until"]},
            )
        except SourceFailed as fault:
            if error_code(fault) != "ConditionalCheckFailedException":
                raise

    def _key(self, shard: str) -> dict[str, Any]:
        return {"mapping": {"S": self._mapping}, "shard": {"S": shard}}


def _checkpoint(item: dict[str, Any]) -> Checkpoint:
    told = item.get("checkpoint")
    return Checkpoint() if told is None else Checkpoint(**json.loads(told["S"]))
