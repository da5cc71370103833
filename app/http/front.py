"""POST / without FastAPI, and everything else by it once it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from .asgi import Receive, Scope, Send
from .data_plane import DataPlane

if TYPE_CHECKING:
    from .application import Application


class Front:
    """An ASGI application that answers as the one that `make` makes.

    For processes that are started to answer one POST /: FastAPI takes as long to import as all
    that such a request needs.
    """

    def __init__(self, data_plane: DataPlane, make: Callable[[], Application]) -> None:
        self._data_plane = data_plane
        self._make = make

    def prepare(self) -> None:
        """Imports and makes now what is otherwise imported and made when first used."""
        self._data_plane.prepare()
        _ = self._application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] == "/":
            await self._data_plane(scope, receive, send)
        else:
            await self._application(scope, receive, send)

    @cached_property
    def _application(self) -> Application:
        return self._make()
