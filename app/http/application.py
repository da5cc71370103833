"""The whole app: POST / goes to the data plane, everything else to FastAPI."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.responses import Response as HttpResponse

from ..metrics import Metrics
from .asgi import Receive, Scope, Send
from .data_plane import DataPlane
from .health import Readiness
from .responses import (
    ALLOW_ORIGIN,
    CORS_HEADERS,
    Response,
    healthy,
    new_request_id,
    not_found,
)

_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
_PREFLIGHT_SECONDS = "172800"

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class Application(FastAPI):
    """`draining` is set when the process has been told to stop: /readyz then fails."""

    def __init__(
        self, data_plane: DataPlane, readiness: Readiness, metrics: Metrics, lifespan: Lifespan
    ) -> None:
        super().__init__(
            title="dynaspan", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan
        )
        self.draining = False
        self.data_plane = data_plane
        self._readiness = readiness
        self._metrics = metrics
        self.get("/")(_healthy)
        self.get("/healthz")(_alive)
        self.get("/readyz")(self._ready)
        self.get("/metrics")(self._prometheus)
        self.options("/")(_preflight)
        for status in (404, 405):
            self.add_exception_handler(status, _not_found)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Before FastAPI's middleware and routing, which would cost more than everything else.
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] == "/":
            await self.data_plane(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def _ready(self) -> JSONResponse:
        if self.draining:
            return JSONResponse({"status": "draining"}, 503)
        if not await self._readiness.ready():
            return JSONResponse({"status": "the store does not answer"}, 503)
        return JSONResponse({"status": "ready"})

    async def _prometheus(self) -> HttpResponse:
        return HttpResponse(self._metrics.prometheus(), media_type=_PROMETHEUS)


async def _healthy(request: Request) -> HttpResponse:
    return _http(request, healthy(request.headers.get("host", "dynaspan")))


async def _alive() -> JSONResponse:
    return JSONResponse({"status": "ok"})


async def _preflight(request: Request) -> HttpResponse:
    if "origin" not in request.headers:
        return _http(request, not_found())
    headers = {
        ALLOW_ORIGIN[0].decode(): ALLOW_ORIGIN[1].decode(),
        "access-control-max-age": _PREFLIGHT_SECONDS,
        "x-amzn-requestid": new_request_id().decode(),
    }
    for what in ("headers", "method"):
        asked = request.headers.get(f"access-control-request-{what}")
        if asked is not None:
            plural = what if what == "headers" else "methods"
            headers[f"access-control-allow-{plural}"] = asked
    return HttpResponse(headers=headers)


async def _not_found(request: Request, fault: Exception) -> HttpResponse:
    return _http(request, not_found())


def _http(request: Request, answer: Response) -> HttpResponse:
    status, headers, chunks = answer
    if "origin" in request.headers:
        headers = [*headers, *CORS_HEADERS]
    names = {name.decode(): value.decode() for name, value in headers}
    return HttpResponse(b"".join(chunks), status, names)
