"""One execution environment: events in, answers out, nothing in between.

Lambda stops the process after each answer and may let it go on minutes or hours later: connections
are looked at before they are trusted, and what an answer has promised is done before it is given.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from aws_lambda_powertools import Logger
from mangum import Mangum
from mangum.protocols import HTTPCycle
from mangum.types import LambdaHandler

from ..auth import key_ring
from ..clock import Clock, SystemClock
from ..config import ConfigError, Settings, load_settings, may_trace, sampled, starts_ahead
from ..errors import StoreError
from ..http.front import Front
from ..main import OPERATION_NAMES, create_front
from ..metrics import Emf, Metrics
from ..store.base import Store
from ..store.keyqueue import KeyQueue
from ..store.open import open_store
from ..tracing import Tracing

# An answer of another type would be encoded in base64.
TEXT_TYPES = [
    *("application/x-amz-json-1.0", "application/x-amz-json-1.1", "application/json"),
    *("application/xml", "text/"),
]
# What a load balancer (1 MB) and an invocation (6 MB) take of a body, with room for the rest.
_BALANCER_BYTES = 950_000
_INVOKE_BYTES = 5_950_000
# After so long the network between may have forgotten the connections.
_IDLE_SECONDS = 20.0
_PROBE_SECONDS = 0.25
_FAREWELL_SECONDS = 0.5
_KEYS_SECONDS = 300.0
# What a round of jobs needs to end well before Lambda ends it.
_RESERVE_SECONDS = 5.0

T = TypeVar("T")


def settings_here() -> Settings:
    """From the environment. Whoever is not this machine must sign, unless it is set otherwise."""
    return load_settings({"host": "0.0.0.0"})


class Function:
    """Answers HTTP events of a load balancer, an API Gateway or a function URL."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        self._log = Logger(service="dynaspan", level=settings.log_level.upper())
        self._metrics = Metrics(OPERATION_NAMES)
        self._emf = Emf(self._metrics, "dynaspan")
        self._tracing = Tracing(sampled)
        self._cold = True
        self._opened = False
        self._used = 0.0
        self._keys = key_ring(settings)
        self._keys_read = self._clock.monotonic()
        self._build()
        if starts_ahead():
            self._app.prepare()
            self._small_app.prepare()
            if may_trace():
                self._tracing.prepare()

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """The answer in the form of the event's front door; 400 to an event of another kind."""
        started = self._clock.monotonic()
        # Mangum runs requests on the loop it finds.
        asyncio.set_event_loop(self._loop)
        front = self._front(event, context)
        if front is None:
            return _refusal(400, "this function answers HTTP requests only")
        with self._tracing.invocation("request", lambda: self._annotations(front)):
            answer = self._answer(event, front, started)
        self._report(started)
        return answer

    def _answer(
        self, event: dict[str, Any], front: LambdaHandler, started: float
    ) -> dict[str, Any]:
        try:
            self._run(self._ready(started))
        except StoreError as fault:
            # The request meets the same store, and is told so in DynamoDB's words.
            self._log.warning("the store cannot be opened: %s", fault)
        app = self._small_app if "elb" in event["requestContext"] else self._app
        answer: dict[str, Any] = front(HTTPCycle(front.scope, front.body)(app))
        self._run(self._store.idle())
        self._used = self._clock.monotonic()
        return answer

    def close(self) -> None:
        """For those who make several in one process; Lambda ends its processes unasked."""
        if self._opened:
            self._run(self._store.close())
        asyncio.set_event_loop(None)
        self._loop.close()

    # -- the application --------------------------------------------------------------------

    def _build(self) -> None:
        self._store: Store = open_store(self._settings, self._clock, self._metrics)
        self._app: Front = create_front(
            self._settings,
            store=self._store,
            clock=self._clock,
            metrics=self._metrics,
            keys=self._keys,
            answer_bytes=_INVOKE_BYTES,
        )
        self._small_app: Front = create_front(
            self._settings,
            store=self._store,
            clock=self._clock,
            metrics=self._metrics,
            keys=self._keys,
            answer_bytes=_BALANCER_BYTES,
        )
        self._mangum = Mangum(self._app, lifespan="off", text_mime_types=TEXT_TYPES)
        self._opened = False

    async def _ready(self, now: float) -> None:
        """Raises StoreError."""
        if now - self._keys_read > _KEYS_SECONDS:
            self._keys_read = now
            if self._has_other_keys():
                await self._anew()
        if self._opened and now - self._used > _IDLE_SECONDS and not await self._answers():
            await self._anew()
        if not self._opened:
            await self._store.open()
            self._opened = True

    def _has_other_keys(self) -> bool:
        try:
            keys = key_ring(self._settings)
        except ConfigError as fault:
            # Whoever could sign still can, until it is known who may.
            self._log.error("the access keys stay as they were: %s", fault)
            return False
        self._keys, before = keys, self._keys
        return keys != before

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                await self._store.ping()
        except (StoreError, TimeoutError):
            return False
        return True

    async def _anew(self) -> None:
        """Another store with connections of its own; the old one is not waited for."""
        if self._opened:
            with suppress(TimeoutError, StoreError):
                async with asyncio.timeout(_FAREWELL_SECONDS):
                    await self._store.close()
        self._build()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    # -- events -----------------------------------------------------------------------------

    def _front(self, event: dict[str, Any], context: Any) -> LambdaHandler | None:
        """What reads and answers this event; None if nothing does. Its shape is logged then."""
        try:
            front = self._mangum.infer(event, context)
            assert front.scope["method"]
            assert front.body is not None
        except (RuntimeError, KeyError, TypeError, ValueError, AttributeError, AssertionError):
            self._log.error("an event of an unknown kind", extra={"shape": shape(event)})
            return None
        return front

    def _annotations(self, front: LambdaHandler) -> dict[str, str | bool]:
        """By which a trace is found. What a client may write at will is none of them."""
        target = dict(front.scope["headers"]).get(b"x-amz-target", b"").decode("latin-1")
        operation = target.rpartition(".")[2]
        known = {"Operation": operation} if operation in OPERATION_NAMES else {}
        return {"ColdStart": self._cold, **known}

    def _report(self, started: float) -> None:
        """Metrics as log lines, from which CloudWatch makes them."""
        now = self._clock.time()
        for blob in self._emf.blobs(now):
            _emit(blob | {"cold_start": self._cold})
        self._log.debug(
            "answered",
            extra={
                "cold_start": self._cold,
                "milliseconds": round((self._clock.monotonic() - started) * 1000, 1),
            },
        )
        self._cold = False


class Jobs:
    """Does the jobs of a store for as long as the function may run: for a schedule."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._tracing = Tracing(sampled)
        self._cold = True

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, float]:
        seconds = context.get_remaining_time_in_millis() / 1000 - _RESERVE_SECONDS
        with self._tracing.invocation("jobs", lambda: {"ColdStart": self._cold}):
            worked = asyncio.run(self._work(max(seconds, 1.0)))
        self._cold = False
        return {"seconds": worked}

    async def _work(self, seconds: float) -> float:
        # Imported here: the function that answers requests does no jobs.
        from ..jobs.overdue import new_overdue
        from ..jobs.running import running

        begun = self._clock.monotonic()
        metrics = Metrics()
        emf = Emf(metrics, "dynaspan")
        store = open_store(self._settings, self._clock, metrics)
        queue = KeyQueue(by_partition=store.capabilities.partition_contention)
        await store.open()
        try:
            async with running(store, self._settings, self._clock, metrics, queue, new_overdue()):
                await asyncio.sleep(seconds)
        finally:
            await store.close()
        for blob in emf.blobs(self._clock.time()):
            _emit(blob)
        return round(self._clock.monotonic() - begun, 1)


def shape(event: Any, depth: int = 2) -> Any:
    """Names and types of what is in an event, and none of its content."""
    if isinstance(event, dict) and depth:
        return {str(name): shape(value, depth - 1) for name, value in event.items()}
    return type(event).__name__


def _emit(blob: dict[str, Any]) -> None:
    """One line of the log: CloudWatch makes metrics of those in the embedded metric format."""
    sys.stdout.write(json.dumps(blob) + "\n")
    sys.stdout.flush()


def _refusal(status: int, message: str) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"message": message}),
        "isBase64Encoded": False,
    }
