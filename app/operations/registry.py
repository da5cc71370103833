"""One operation of the API, as `http` sees it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .context import Context

Request = dict[str, Any]
Answer = dict[str, Any] | bytes | list[bytes]
"""A dict still to be encoded, finished JSON, or chunks of finished JSON."""

Check = Callable[[Request], None]
Run = Callable[["Context", Request], Awaitable[Answer]]


class Operation:
    """`check` raises what can be told from the request alone; `run` does the work.

    Both are looked up when first asked for, and are plain attributes from then on: a process
    imports the operations that it serves, and a request pays for none of it.

    `run` may change the request: it belongs to this call.
    """

    def __init__(self, name: str, find_check: Callable[[], Check], find_run: Callable[[], Run]):
        self.name = name
        self._find_check = find_check
        self._find_run = find_run

    def prepare(self) -> None:
        """Looks both up now."""
        _ = self.check, self.run

    @cached_property
    def check(self) -> Check:
        return self._find_check()

    @cached_property
    def run(self) -> Run:
        return self._find_run()
