"""What texts were parsed and compiled to. None of it is written to: every request may share it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class ProgramCache(Generic[T]):
    """Least recently used, in two generations: what was used since the last turn outlives the next.

    Two dicts make a hit one lookup, without moving entries, and bound the cache: at most
    2 * max_entries programs of 2 * max_chars characters of text, so that expressions which never
    repeat cost no memory. Refused texts are not kept.
    """

    __slots__ = (
        "_compile",
        "_max_chars",
        "_max_entries",
        "_new",
        "_new_chars",
        "_old",
        "hits",
        "misses",
    )

    def __init__(
        self, compile: Callable[[str], T], *, max_entries: int = 1000, max_chars: int = 32_000
    ) -> None:
        self._compile = compile
        self._max_entries = max_entries
        self._max_chars = max_chars
        self._new: dict[str, T] = {}
        self._old: dict[str, T] = {}
        self._new_chars = 0
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        return len(self._new) + len(self._old)

    def get(self, text: str) -> T:
        """The program of `text`. Raises Refused."""
        program = self._new.get(text)
        if program is not None:
            self.hits += 1
            return program
        program = self._old.pop(text, None)
        if program is not None:
            self.hits += 1
        else:
            self.misses += 1
            program = self._compile(text)
        if len(self._new) >= self._max_entries or self._new_chars >= self._max_chars:
            self._old = self._new
            self._new = {}
            self._new_chars = 0
        self._new[text] = program
        self._new_chars += len(text)
        return program
