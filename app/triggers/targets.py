"""What a trigger calls: a Python function, an HTTP endpoint or a Lambda function.

All are given an event in the form that Lambda gives to functions, and may answer with
`batchItemFailures`.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import uuid4

from ..config import ConfigError

_MODULE, _LAMBDA = ":", "lambda:"


class InvocationFailed(Exception):
    """The function raised, did not answer in time, or could not be reached."""


class Target(Protocol):
    @property
    def name(self) -> str: ...

    async def invoke(self, event: dict[str, Any]) -> Any:
        """The function's answer, decoded. Raises InvocationFailed."""
        ...


@dataclass(frozen=True, slots=True)
class InvocationContext:
    """What a handler is given as its second argument, as far as there is one outside Lambda."""

    function_name: str
    deadline: float
    aws_request_id: str = field(default_factory=lambda: str(uuid4()))
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 0
    invoked_function_arn: str = ""

    def get_remaining_time_in_millis(self) -> int:
        return max(int((self.deadline - time.monotonic()) * 1000), 0)


class FunctionTarget:
    """A function of this process. Calls wait for each other, as in one execution environment."""

    def __init__(self, name: str, function: Callable[[Any, Any], Any], timeout: float) -> None:
        self.name = name
        self._function = function
        self._timeout = timeout
        self._thread = ThreadPoolExecutor(1)

    async def invoke(self, event: dict[str, Any]) -> Any:
        context = InvocationContext(self.name, time.monotonic() + self._timeout)
        # Through JSON, as nothing else goes to a function.
        copy = json.loads(json.dumps(event))
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._thread, self._function, copy, context)
        await asyncio.wait([work])
        fault = work.exception()
        if fault is not None:
            raise InvocationFailed(f"{type(fault).__name__}: {fault}") from fault
        return work.result()


@dataclass(frozen=True, slots=True)
class HttpTarget:
    """POST of the event as JSON; 2xx is success, and its body the answer."""

    name: str
    timeout: float

    async def invoke(self, event: dict[str, Any]) -> Any:
        return await asyncio.to_thread(self._post, json.dumps(event).encode())

    def _post(self, body: bytes) -> Any:
        request = urllib.request.Request(self.name, body, {"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as answer:
                return _decoded(answer.read())
        except urllib.error.HTTPError as fault:
            with fault:
                raise InvocationFailed(f"{self.name} answered {fault.code}") from fault
        except OSError as fault:
            raise InvocationFailed(f"{self.name}: {fault}") from fault


@dataclass(frozen=True, slots=True)
class LambdaTarget:
    """A function in AWS, or at the endpoint that the SDK is configured with."""

    name: str
    client: Any

    async def invoke(self, event: dict[str, Any]) -> Any:
        return await asyncio.to_thread(self._invoke, json.dumps(event).encode())

    def _invoke(self, payload: bytes) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        function = self.name.removeprefix(_LAMBDA)
        try:
            answer = self.client.invoke(FunctionName=function, Payload=payload)
            body = answer["Payload"].read()
        except (BotoCoreError, ClientError) as fault:
            raise InvocationFailed(str(fault)) from fault
        if answer.get("FunctionError"):
            raise InvocationFailed(body.decode(errors="replace")[:1000])
        return _decoded(body)


def open_target(to: str, timeout: float) -> Target:
    """From `module:handler`, `http://...`, `https://...` or `lambda:NAME`. Raises ConfigError."""
    if urlsplit(to).scheme in ("http", "https"):
        return HttpTarget(to, timeout)
    if to.startswith(_LAMBDA) and to != _LAMBDA:
        import boto3
        from botocore.config import Config

        # An attempt is repeated by the rules of the mapping, not by the SDK.
        config = Config(read_timeout=timeout, retries={"total_max_attempts": 1})
        return LambdaTarget(to, boto3.client("lambda", config=config))
    module, colon, name = to.partition(_MODULE)
    if not colon or not module or not name:
        raise ConfigError(f"to: {to!r} is none of MODULE:HANDLER, an http URL and lambda:NAME")
    # As Python does for a script: what is written here can be named.
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        function = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as fault:
        raise ConfigError(f"to: {to} cannot be loaded: {fault}") from fault
    if not callable(function):
        raise ConfigError(f"to: {to} is no function")
    return FunctionTarget(to, function, timeout)


def _decoded(body: bytes) -> Any:
    """None where there is none, or where it is no JSON: it then names no failures."""
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None
