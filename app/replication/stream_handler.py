"""The entry point on AWS Lambda: `dynaspan.replication.stream_handler.handler`.

Built when the runtime asks for it, which is once and before the first event; the store is opened
with the first event.
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

from ..clock import Clock, SystemClock
from ..config import ReplicationSettings, load_replication_settings, sampled
from ..errors import StoreError
from ..faults import NO_FAULTS, Faults
from ..metrics import Emf, Metrics
from ..operations.context import Context
from ..store.base import Store
from ..store.keyqueue import KeyQueue
from ..store.open import open_store
from ..tracing import Tracing
from ..triggers.destinations import open_destination
from .replicator import Failed, Kept, Outcome, Replicator

# After so long the network between may have forgotten the connections.
_IDLE_SECONDS = 20.0
_PROBE_SECONDS = 0.25
_FAREWELL_SECONDS = 0.5

_built: dict[str, StreamHandler] = {}
T = TypeVar("T")


def __getattr__(name: str) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    if name != "handler":
        raise AttributeError(name)
    if name not in _built:
        _built[name] = StreamHandler(load_replication_settings())
    return _built[name]


class BatchFailed(Exception):
    """Nothing of the batch may count as done: it is to be delivered again."""


class RecordFailed(Exception):
    """One record is to be delivered again."""


class StreamHandler:
    """Answers an event of DynamoDB Streams with `batchItemFailures`: what is to come again.

    `metrics` counts what became of the records.
    """

    def __init__(
        self,
        settings: ReplicationSettings,
        clock: Clock | None = None,
        faults: Faults = NO_FAULTS,
    ) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._faults = faults
        self._log = Logger(service="dynaspan", level=settings.log_level.upper())
        self.metrics = Metrics()
        self._emf = Emf(self.metrics, "dynaspan")
        self._tracing = Tracing(sampled)
        self._cold = True
        self._opened = False
        self._used = 0.0
        self._build()
        self._loop = asyncio.new_event_loop()

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Raises BatchFailed for what is no such event, and where the store cannot be reached."""
        records = event.get("Records") if isinstance(event, dict) else None
        if not isinstance(records, list):
            raise BatchFailed("the event is none of DynamoDB Streams: it has no Records")
        with self._tracing.invocation("records", lambda: {"ColdStart": self._cold}):
            outcomes = self._run(self._apply(records))
        self._cold = False
        self._used = self._clock.monotonic()
        self._report(records, outcomes)
        return _answer(records, outcomes)

    def close(self) -> None:
        """For those who make several in one process; Lambda ends its processes unasked."""
        if self._opened:
            self._run(self._store.close())
        self._loop.close()

    def _build(self) -> None:
        settings = self._settings
        self._store: Store = open_store(settings, self._clock, self.metrics, self._faults)
        queue = KeyQueue(by_partition=self._store.capabilities.partition_contention)
        ctx = Context(self._store, settings, self._clock, self.metrics, queue)
        self._replicator = Replicator(
            ctx,
            targets=settings.targets,
            destination=open_destination(settings.on_failure) if settings.on_failure else None,
            concurrency=settings.replication_concurrency,
            mark_seconds=settings.replication_mark_seconds,
            faults=self._faults,
        )
        self._opened = False

    async def _apply(self, records: list[Any]) -> list[Outcome]:
        try:
            idle = self._clock.monotonic() - self._used > _IDLE_SECONDS
            if self._opened and idle and not await self._answers():
                with suppress(TimeoutError, StoreError):
                    async with asyncio.timeout(_FAREWELL_SECONDS):
                        await self._store.close()
                self._build()
            if not self._opened:
                await self._store.open()
                self._opened = True
            outcomes = await self._replicator.apply(records)
            # Lambda stops the process after the answer.
            await self._store.idle()
        except StoreError as fault:
            raise BatchFailed(f"the store does not answer: {fault}") from fault
        return outcomes

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                await self._store.ping()
        except (StoreError, TimeoutError):
            return False
        return True

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        # Drivers look for the loop of the thread that they are called in.
        asyncio.set_event_loop(self._loop)
        try:
            return self._loop.run_until_complete(work)
        finally:
            asyncio.set_event_loop(None)

    def _report(self, records: list[Any], outcomes: list[Outcome]) -> None:
        """What was not applied, without its content, and metrics as lines of the log."""
        for record, outcome in zip(records, outcomes, strict=True):
            if isinstance(outcome, Kept | Failed):
                said = "kept" if isinstance(outcome, Kept) else "to be delivered again"
                number = _sequence_number(record)
                self._log.error("record %s %s: %s", number, said, outcome.reason)
        for blob in self._emf.blobs(self._clock.time()):
            sys.stdout.write(json.dumps(blob) + "\n")
        sys.stdout.flush()


def _answer(records: list[Any], outcomes: list[Outcome]) -> dict[str, Any]:
    """Raises BatchFailed when a record failed that has no number to name it by."""
    reasons: dict[str, str] = {}
    for record, outcome in zip(records, outcomes, strict=True):
        if isinstance(outcome, Failed):
            number = _sequence_number(record)
            if number is None:
                raise BatchFailed(outcome.reason)
            reasons[number] = outcome.reason

    def tell(record: DynamoDBRecord) -> None:
        number = _sequence_number(record.raw_event)
        if number in reasons:
            raise RecordFailed(reasons[number])

    processor = BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)
    with processor(records, tell):
        processor.process()
    return {"batchItemFailures": processor.response()["batchItemFailures"]}


def _sequence_number(record: Any) -> str | None:
    told = record.get("dynamodb") if isinstance(record, dict) else None
    number = told.get("SequenceNumber") if isinstance(told, dict) else None
    return number if isinstance(number, str) else None
