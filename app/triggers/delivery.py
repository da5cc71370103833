"""What is done with one batch until all of its records are settled: delivered, or kept as failed.

The rules are those of Lambda's event source mapping:
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from ..clock import Clock
from .destinations import Destination, KeepFailed
from .targets import InvocationFailed, Target

_log = logging.getLogger("dynaspan")
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 30.0

Record = dict[str, Any]
EXHAUSTED = "RetryAttemptsExhausted"
TOO_OLD = "MaximumRecordAgeExceeded"


@dataclass(frozen=True, slots=True)
class Rules:
    """As the members of CreateEventSourceMapping. -1: no end. Ages are in seconds."""

    retries: int = -1
    most_age: float = -1
    bisect: bool = False
    reports_failures: bool = False


@dataclass(slots=True)
class Counts:
    """`kept`: records that were given up and are at the destination, or in the log."""

    delivered: int = 0
    filtered: int = 0
    kept: int = 0
    retries: int = 0
    lag: float = 0.0


def unsettled(records: Sequence[Record], answer: Any) -> Sequence[Record]:
    """Those from the first on that the function names in batchItemFailures; none if it names none.

    All of them where the answer is not as it must be.
    """
    if not isinstance(answer, Mapping) or not answer.get("batchItemFailures"):
        return ()
    failures = answer["batchItemFailures"]
    places = {number_of(record): place for place, record in enumerate(records)}
    try:
        return records[min(places[failure["itemIdentifier"]] for failure in failures) :]
    except (KeyError, TypeError):
        return records


def number_of(record: Record) -> str:
    number: str = record["dynamodb"]["SequenceNumber"]
    return number


def created_of(record: Record) -> float:
    """Epoch seconds."""
    return float(record["dynamodb"].get("ApproximateCreationDateTime", 0))


class Delivery:
    """Of the batches of one mapping."""

    def __init__(
        self,
        target: Target,
        rules: Rules,
        destination: Destination | None,
        *,
        clock: Clock,
        counts: Counts,
    ) -> None:
        self._target = target
        self._rules = rules
        self._destination = destination
        self._clock = clock
        self._counts = counts

    async def deliver(self, shard: str, records: Sequence[Record]) -> None:
        """Returns when all are settled. The order of records is kept, unless one is given up."""
        attempts = 0
        pause = _FIRST_PAUSE
        while records:
            records = await self._without_old(shard, records)
            if not records:
                return
            rest, said = await self._attempt(records)
            self._counts.delivered += len(records) - len(rest)
            if not rest:
                return
            self._counts.retries += 1
            progress = len(rest) < len(records)
            if self._rules.bisect and not progress and len(rest) > 1:
                # Each half is a batch of its own; splitting is no attempt.
                middle = len(rest) // 2
                await self.deliver(shard, rest[:middle])
                await self.deliver(shard, rest[middle:])
                return
            attempts = 1 if progress else attempts + 1
            if 0 <= self._rules.retries < attempts:
                await self._give_up(shard, rest, EXHAUSTED, attempts, said)
                return
            records = rest
            await asyncio.sleep(random.uniform(pause / 2, pause))
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _attempt(self, records: Sequence[Record]) -> tuple[Sequence[Record], str]:
        """What is to be delivered again, and why."""
        try:
            answer = await self._target.invoke({"Records": list(records)})
        except InvocationFailed as fault:
            _log.warning("a batch of %d records failed: %s", len(records), fault)
            return records, str(fault)
        if not self._rules.reports_failures:
            return (), ""
        return unsettled(records, answer), "the function named records in batchItemFailures"

    async def _without_old(self, shard: str, records: Sequence[Record]) -> Sequence[Record]:
        if self._rules.most_age < 0:
            return records
        oldest = self._clock.time() - self._rules.most_age
        old = [record for record in records if created_of(record) < oldest]
        if old:
            await self._give_up(shard, old, TOO_OLD, 0, "")
        return [record for record in records if created_of(record) >= oldest]

    async def _give_up(
        self, shard: str, records: Sequence[Record], condition: str, attempts: int, said: str
    ) -> None:
        document = self._document(shard, records, condition, attempts, said)
        numbers = f"{number_of(records[0])} to {number_of(records[-1])} of {shard}"
        _log.error("%d records given up (%s): %s", len(records), condition, numbers)
        await keep(self._destination, document)
        self._counts.kept += len(records)

    def _document(
        self, shard: str, records: Sequence[Record], condition: str, attempts: int, said: str
    ) -> dict[str, Any]:
        """As Lambda gives it to an S3 bucket, with the records themselves."""
        return {
            "version": "1.0",
            "timestamp": datetime.now(UTC).isoformat(),
            "requestContext": {
                "requestId": str(uuid4()),
                "functionArn": self._target.name,
                "condition": condition,
                "approximateInvokeCount": attempts,
            },
            "responseContext": {"functionError": said},
            "DDBStreamBatchInfo": {
                "shardId": shard,
                "startSequenceNumber": number_of(records[0]),
                "endSequenceNumber": number_of(records[-1]),
                "approximateArrivalOfFirstRecord": _iso(created_of(records[0])),
                "approximateArrivalOfLastRecord": _iso(created_of(records[-1])),
                "batchSize": len(records),
                "streamArn": records[0].get("eventSourceARN"),
            },
            "payload": {"Records": list(records)},
        }


async def keep(destination: Destination | None, document: dict[str, Any]) -> None:
    """Again and again until it is kept: a record is never passed over in silence. Without a
    destination the log must do, as for Lambda's own."""
    pause = _FIRST_PAUSE
    while destination is not None:
        try:
            await destination.keep(document)
            return
        except KeepFailed as fault:
            _log.error("the on-failure destination did not take a document: %s", fault)
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
