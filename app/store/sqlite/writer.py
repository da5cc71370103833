"""Where transactions run: a thread with group commit for a file, the event loop for memory."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import Any, Protocol

from ...errors import StoreError, StoreUnavailable
from .errors import FAULTS, store_error

Work = Callable[[sqlite3.Connection], Any]
"""Runs in a transaction that others share: does all it means to, or raises and changed nothing.
What it returns is delivered when that is durable."""

_Entry = tuple[Work, asyncio.Future[Any]]
_ENDED = "SQLite: the writer has ended"

# A transaction longer than this keeps other processes waiting for the file.
_MOST_TOGETHER = 256
# Between two tries to begin while another process writes. SQLite's own waiting reaches 100 ms, and
# then the same process may get the file a hundred times before another does.
_PAUSE_SECONDS = (0.0005, 0.003)


class Writer(Protocol):
    async def run(self, work: Work) -> Any:
        """The result of `work`, committed. Raises what it raised, or a StoreError.

        Who is cancelled here gives up the answer, not the write.
        """
        ...

    def check(self) -> None:
        """Raises StoreUnavailable when it has ended."""
        ...

    async def close(self) -> None:
        """Ends after all that was put before, and closes the connection it was given."""
        ...


class ThreadWriter:
    """One thread: what arrives while it syncs one transaction shares the next one.

    So a lone writer never waits, and many share the cost of one sync. Other processes are waited
    for up to `busy_seconds`.
    """

    def __init__(self, connection: sqlite3.Connection, busy_seconds: float) -> None:
        connection.execute("PRAGMA busy_timeout = 0")
        self._connection = connection
        self._busy_seconds = busy_seconds
        self._queue: SimpleQueue[_Entry | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._thread.start()

    def check(self) -> None:
        if self._ended:
            raise StoreUnavailable(_ENDED)

    async def run(self, work: Work) -> Any:
        self.check()
        done: asyncio.Future[Any] = self._loop.create_future()
        self._queue.put((work, done))
        return await done

    async def close(self) -> None:
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        self._connection.close()

    def _run(self) -> None:
        group: list[_Entry] = []
        try:
            while group := self._next_group():
                works = [work for work, _ in group]
                results = transact(self._connection, works, self._busy_seconds)
                self._on_loop(_resolve, group, results)
        finally:
            # After a bug it may be in a transaction, which would keep the file from all others.
            _rollback(self._connection)
            self._on_loop(self._end, group)

    def _next_group(self) -> list[_Entry]:
        """What waits now, at least one; empty at the end."""
        group: list[_Entry] = []
        while not group or not self._queue.empty():
            entry = self._queue.get()
            if entry is None:
                # Nothing comes behind it: the next call finds it again.
                self._queue.put(None)
                break
            group.append(entry)
            if len(group) == _MOST_TOGETHER:
                break
        return group

    def _end(self, left: list[_Entry]) -> None:
        # On the loop, as `run`, so that none slips in between. After a bug in the thread `left` is
        # the group it was at; nobody may wait for ever.
        self._ended = True
        while not self._queue.empty():
            left += filter(None, [self._queue.get()])
        _resolve(left, [StoreUnavailable(_ENDED) for _ in left])

    def _on_loop(self, call: Callable[..., None], *arguments: Any) -> None:
        # A loop that was closed has nobody left who waits.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *arguments)


class LoopWriter:
    """For memory: there is nothing to sync, so that a thread would only cost."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def run(self, work: Work) -> Any:
        (result,) = transact(self._connection, [work])
        if isinstance(result, Exception):
            raise result
        return result

    def check(self) -> None:
        """It ends with the store."""

    async def close(self) -> None:
        self._connection.close()


def transact(
    connection: sqlite3.Connection, works: Sequence[Work], busy_seconds: float = 0.0
) -> list[Any]:
    """All of `works` in one transaction. Their results in order; what failed has its exception."""
    try:
        _begin(connection, busy_seconds)
        results = [_attempt(connection, work) for work in works]
    except FAULTS as fault:
        _rollback(connection)
        return [store_error(fault) for _ in works]
    try:
        connection.execute("COMMIT")
    except FAULTS as fault:
        _rollback(connection)
        return [store_error(fault, committing=True) for _ in works]
    return results


def _begin(connection: sqlite3.Connection, busy_seconds: float) -> None:
    end = time.monotonic() + busy_seconds
    while True:
        try:
            # IMMEDIATE: one that begins by reading may find later that it must not write.
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
        else:
            return
        time.sleep(random.uniform(*_PAUSE_SECONDS))


def _attempt(connection: sqlite3.Connection, work: Work) -> Any:
    try:
        return work(connection)
    except FAULTS as fault:
        # After some faults, such as a full disk, SQLite has undone the whole transaction.
        if not connection.in_transaction:
            raise
        return store_error(fault)
    except (StoreError, ValueError, OverflowError) as refusal:
        # ValueError and OverflowError: a value that SQLite cannot hold.
        return refusal


def _rollback(connection: sqlite3.Connection) -> None:
    # Where even that fails the next transaction cannot begin, and tries it again.
    with suppress(*FAULTS):
        if connection.in_transaction:
            connection.execute("ROLLBACK")


@contextmanager
def savepoint(connection: sqlite3.Connection) -> Iterator[Callable[[], None]]:
    """What is done within is undone when it raises, or by a call of what is given; the others of
    the transaction stay."""

    def undo() -> None:
        connection.execute("ROLLBACK TO work")

    connection.execute("SAVEPOINT work")
    try:
        yield undo
    except BaseException:
        if connection.in_transaction:
            undo()
        raise
    finally:
        if connection.in_transaction:
            connection.execute("RELEASE work")


def _resolve(group: Sequence[_Entry], results: Sequence[Any]) -> None:
    for (_, done), result in zip(group, results, strict=True):
        if done.cancelled():
            continue
        if isinstance(result, Exception):
            done.set_exception(result)
        else:
            done.set_result(result)
