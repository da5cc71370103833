"""What tests of this store share."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.clock import Clock, SystemClock
from app.store.sqlite import SqliteStore


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


@asynccontextmanager
async def opened(
    url: str, *, clock: Clock | None = None, busy_seconds: float = 5.0
) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(url, clock=clock or SystemClock(), busy_seconds=busy_seconds)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


def raw(path: Path) -> sqlite3.Connection:
    """Somebody else's connection to the file."""
    return sqlite3.connect(path, timeout=0, isolation_level=None)


@dataclass
class SetClock:
    """Stands at `now` until it is set."""

    now: float

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now
