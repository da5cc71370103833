"""What takes long for the size of what it is about, done beside the event loop.

Python lets one thread run at a time, but takes turns between them: what other requests wait is a
turn, not the whole work. `start_turns` makes turns shorter than Python's 5 ms; a loop needs several
for one request.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from json import JSONDecoder
from typing import Any, TypeVar

import orjson

_Result = TypeVar("_Result")

LARGE_BYTES = 128 * 1024
"""JSON above this is worked on in a thread: of the smallest attributes it takes 15 ms to parse,
check and measure, where waking a thread takes a tenth of one."""

_TURN_SECONDS = 0.001
# More would only wait for each other, and the loop behind all of them; a second one so that a page
# need not wait for the largest of batches.
_THREADS = 2


class Aside:
    """`await aside(work, *arguments)`: its result, or what it raises."""

    def __init__(self) -> None:
        # Its threads start with the first work.
        self._pool = ThreadPoolExecutor(_THREADS, "aside")

    async def __call__(self, work: Callable[..., _Result], *arguments: Any) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)

    async def over(self, size: int, work: Callable[..., _Result], *arguments: Any) -> _Result:
        """As a call, if there are `size` bytes of JSON to work on; at once if those are few."""
        return await self(work, *arguments) if size > LARGE_BYTES else work(*arguments)


def start_turns() -> None:
    """Of the whole process."""
    sys.setswitchinterval(_TURN_SECONDS)


def loads(data: bytes) -> Any:
    """JSON as orjson reads it, for which it keeps all other threads waiting; this does not.

    It costs about half as much again for small attributes and less for large ones. Raises
    ValueError.
    """
    text = data.decode()
    try:
        found = _DECODE(text)
    except RecursionError:
        # Nested about as deep as orjson allows, which has the last word.
        return orjson.loads(data)
    if "\\ud" in text or "\\uD" in text:
        _check_surrogates(text)
    return found


def _turn(value: dict[str, Any]) -> dict[str, Any]:
    """At each call of a Python function another thread may have its turn."""
    return value


def _no_json(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


_DECODE = JSONDecoder(
    object_hook=_turn, parse_int=orjson.loads, parse_float=orjson.loads, parse_constant=_no_json
).decode


def _check_surrogates(text: str) -> None:
    """Raises ValueError for an escaped half of a character, which json takes and orjson does not.

    All backslashes of a text that was parsed are in strings.
    """
    at = text.find("\\")
    while at >= 0:
        width = 2
        if text[at + 1] == "u":
            width = 6
            high = int(text[at + 2 : at + 6], 16)
            if 0xD800 <= high < 0xE000:
                low = text[at + 8 : at + 12] if text[at + 6 : at + 8] == "\\u" else "0"
                if high >= 0xDC00 or not 0xDC00 <= int(low, 16) < 0xE000:
                    raise ValueError("half a surrogate pair")
                width = 12
        at = text.find("\\", at + width)
