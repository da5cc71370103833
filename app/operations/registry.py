"""One operation of the API, as `http` sees it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from .context import Context

Request = dict[str, Any]
Answer = dict[str, Any] | bytes | list[bytes]
"""A dict still to be encoded, finished JSON, or chunks of finished JSON."""

Run = Callable[[Context, Request], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Operation:
    """`check` raises what can be told from the request alone; `run` does the work.

    `run` may change the request: it belongs to this call.
    """

    name: str
    check: Callable[[Request], None]
    run: Run
