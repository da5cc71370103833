"""One thread that writes: what arrives while it syncs one transaction shares the next one.

So a lone writer never waits, and many share the cost of one fsync (group commit).
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from ...errors import StoreUnavailable
from .errors import store_errors, translated

Work = Callable[[sqlite3.Connection], Any]
"""Runs within a transaction; what it returns is delivered when that is durable."""

# A transaction longer than this keeps other processes waiting for the file.
_MOST_TOGETHER = 256


class Writer:
    """`connect` is called in the thread itself, which owns the connection from then on."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._queue: SimpleQueue[tuple[Work, asyncio.Future[Any]] | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._thread.start()

    async def run(self, work: Work) -> Any:
        """The result of `work`, committed. Raises its exception, or StoreUnavailable."""
        done = self._loop.create_future()
        self._queue.put((work, done))
        # A request that is given up must not leave its write's outcome to nobody.
        return await asyncio.shield(done)

    async def close(self) -> None:
        """Ends the thread after everything that was put before."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        connection = self._connect()
        open_ = True
        while open_:
            together: list[tuple[Work, asyncio.Future[Any]]] = []
            entry = self._queue.get()
            while entry is not None:
                together.append(entry)
                if len(together) == _MOST_TOGETHER or self._queue.empty():
                    break
                entry = self._queue.get()
            else:
                open_ = False
            if together:
                self._deliver(together, self._transact(connection, [work for work, _ in together]))
        connection.close()

    def _transact(self, connection: sqlite3.Connection, works: list[Work]) -> list[Any]:
        """Results in order, exceptions among them."""
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as fault:
            # Another process kept the file for all of the busy timeout.
            return [translated(fault) or fault] * len(works)
        try:
            return _committed(connection, works)
        except sqlite3.Error as fault:
            if len(works) == 1:
                return [translated(fault) or fault]
        # One of them met an error and undid all: each on its own now.
        return [result for work in works for result in self._transact(connection, [work])]

    def _deliver(
        self, together: list[tuple[Work, asyncio.Future[Any]]], results: list[Any]
    ) -> None:
        def set_all() -> None:
            for (_, done), result in zip(together, results, strict=True):
                if done.cancelled():
                    continue
                if isinstance(result, Exception):
                    done.set_exception(result)
                else:
                    done.set_result(result)

        try:
            self._loop.call_soon_threadsafe(set_all)
        except RuntimeError as closed:
            # The loop is gone, and with it everybody who waited.
            raise StoreUnavailable("the event loop has ended") from closed


class InlineWriter:
    """For data in memory: there is nothing to sync, so that a thread would only cost."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def run(self, work: Work) -> Any:
        with store_errors():
            self._connection.execute("BEGIN")
            return _committed(self._connection, [work])[0]

    async def close(self) -> None:
        """The connection belongs to the store."""


def _committed(connection: sqlite3.Connection, works: list[Work]) -> list[Any]:
    """Commits the transaction that was begun, or rolls it back."""
    try:
        results = [work(connection) for work in works]
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return results
