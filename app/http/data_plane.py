"""POST /: the service's order of checks, one operation, one answer.

size (413), content type (404), JSON, target, Authorization header's shape, signature, then the
operation's own checks. The method and the path have been looked at before.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Collection, Mapping
from dataclasses import replace
from time import perf_counter

import orjson

from .. import errors
from ..aside import LARGE_BYTES, loads
from ..auth import Authenticator
from ..errors import ApiError, Busy, StoreError
from ..operations.context import Context
from ..operations.registry import Operation
from . import budget
from .asgi import Receive, Scope, Send
from .requests import (
    BodyTooLarge,
    Disconnected,
    decoded,
    header_map,
    parse,
    read_body,
)
from .responses import (
    CORS_HEADERS,
    Response,
    accepts_gzip,
    compressed,
    error_body,
    json_type,
    new_request_id,
    not_found,
    response,
    send_response,
    too_large,
    worth_compressing,
)

_log = logging.getLogger("dynaspan.http")


class DataPlane:
    """An ASGI application for POST /. Built once; `operations` is keyed by X-Amz-Target."""

    def __init__(
        self,
        operations: Mapping[str, Operation],
        context: Context,
        authenticator: Authenticator,
    ) -> None:
        self._operations = {target.encode(): found for target, found in operations.items()}
        self._context = context
        self._context_of_large = replace(context, large=True)
        self._metrics = context.metrics
        self._authenticate = authenticator.authenticate
        self.receiving = budget.Budget(budget.RECEIVED_BYTES)
        self.working = budget.Budget(budget.WORKED_BYTES)

    def prepare(self, names: Collection[str] | None = None) -> None:
        """Imports what operations, those of these names or all, import with their first request."""
        for operation in self._operations.values():
            if names is None or operation.name in names:
                operation.prepare()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = header_map(scope["headers"])
        try:
            # Passed on without a name here, so that it can be freed as soon as it is parsed.
            answer = await self.respond(
                headers, scope["query_string"], await read_body(receive, headers)
            )
        except BodyTooLarge:
            self._metrics.request(None, 0.0, "RequestEntityTooLarge")
            answer = too_large()
        except Disconnected:
            return
        await send_response(answer, send)

    async def respond(self, headers: Mapping[bytes, bytes], query: bytes, body: bytes) -> Response:
        """What is sent for a request by its headers (names in lower case), query and body."""
        try:
            answer = await self.answer(headers, query, body)
        except BodyTooLarge:
            self._metrics.request(None, 0.0, "RequestEntityTooLarge")
            answer = too_large()
        if b"origin" in headers:
            answer.headers.extend(CORS_HEADERS)
        return answer

    async def answer(self, headers: Mapping[bytes, bytes], query: bytes, body: bytes) -> Response:
        """The answer to a request by its headers (names in lower case), query string and body.

        Raises BodyTooLarge, nothing else.
        """
        content_type = json_type(headers.get(b"content-type", b""))
        if content_type is None:
            self._metrics.request(None, 0.0, "UnknownOperationException")
            return not_found()
        started = perf_counter()
        request_id = new_request_id()
        operation: Operation | None = None
        held = 0
        try:
            encoding = headers.get(b"content-encoding")
            context = self._context
            if len(body) <= LARGE_BYTES and encoding is None:
                request = parse(body)
                operation = self._operation(headers)
                self._authenticate(headers, query, body)
            else:
                # JSON of nothing but brackets takes twenty times its size when parsed: who sends
                # this much says first who they are.
                await context.aside(self._authenticate, headers, query, body)
                if encoding is not None:
                    body = await decoded(body, encoding)
                if len(body) > LARGE_BYTES:
                    context = self._context_of_large
                    wanted = await context.aside(budget.weight, body)
                    await self.working.take(wanted)
                    held = wanted
                    request = await context.aside(parse, body, loads)
                else:
                    request = parse(body)
                operation = self._operation(headers)
            del body
            if context.large:
                await context.aside(operation.check, request)
            else:
                operation.check(request)
            answer = await operation.run(context, request)
            if isinstance(answer, dict):
                answer = orjson.dumps(answer)
            chunks = answer if isinstance(answer, list) else (answer,)
            if accepts_gzip(headers.get(b"accept-encoding", b"")) and worth_compressing(chunks):
                result = await compressed(content_type, chunks, request_id)
            else:
                result = response(200, content_type, chunks, request_id)
            code: str | None = None
        except BodyTooLarge:
            raise
        except Exception as fault:
            result, code = self._refusal(fault, content_type, request_id)
        finally:
            if held:
                self.working.give(held)
        name = None if operation is None else operation.name
        self._metrics.request(name, perf_counter() - started, code)
        return result

    def _refusal(
        self, fault: Exception, content_type: tuple[bytes, bytes], request_id: bytes
    ) -> tuple[Response, str]:
        # Apart from `answer`: an exception in a variable of a frame that it went through is a
        # cycle, which would keep the request until the next garbage collection.
        error = fault if isinstance(fault, ApiError) else _translated(fault, request_id)
        if isinstance(fault, Busy):
            self._metrics.add("QueueRefusals")
        return response(error.status, content_type, (error_body(error),), request_id), error.code

    def no_room(self, headers: Mapping[bytes, bytes]) -> Response:
        """The answer to a request whose body cannot be received for want of memory."""
        self._metrics.request(None, 0.0, "ThrottlingException")
        self._metrics.add("QueueRefusals")
        content_type = json_type(headers.get(b"content-type", b""))
        if content_type is None:
            return not_found()
        error = errors.of_store(Busy())
        return response(error.status, content_type, (error_body(error),), new_request_id())

    def _operation(self, headers: Mapping[bytes, bytes]) -> Operation:
        operation = self._operations.get(headers.get(b"x-amz-target", b""))
        if operation is None:
            raise errors.unknown_operation()
        return operation


def _translated(fault: Exception, request_id: bytes) -> ApiError:
    """The answer to what is no ApiError. Only a bug is logged, without any value of the request."""
    if isinstance(fault, StoreError):
        return errors.of_store(fault)
    # Not the exception's text: it may quote an item.
    frames = "".join(traceback.format_tb(fault.__traceback__))
    name = type(fault).__qualname__
    _log.error("request %s failed with %s\n%s", request_id.decode(), name, frames)
    return errors.internal()
