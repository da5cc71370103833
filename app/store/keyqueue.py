"""One conditional write for each key in flight in a process; the others wait their turn.

Without it, writers of one hot key would mostly lose their races in the store, where a lost race
costs a round of consensus, or leaves an outcome that must be found out.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Hashable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType

from ..errors import Busy
from ..model.rows import Key

_Waiters = deque[asyncio.Future[None]]

MOST_FOR_A_KEY = 1_000
MOST_IN_ALL = 10_000


class KeyQueue:
    """First come, first served for each key. For one event loop; a cancelled waiter just leaves.

    by_partition: all keys of a partition are one, for a store where they contend with each other.
    `waiting` is the number of those who wait now, over all keys.
    """

    __slots__ = ("_by_partition", "_held", "_most_for_a_key", "_most_in_all", "waiting")

    def __init__(
        self,
        *,
        by_partition: bool = False,
        most_for_a_key: int = MOST_FOR_A_KEY,
        most_in_all: int = MOST_IN_ALL,
    ) -> None:
        self._by_partition = by_partition
        # None while nobody waits: the common slot costs one entry made and removed.
        self._held: dict[Hashable, _Waiters | None] = {}
        self._most_for_a_key = most_for_a_key
        self._most_in_all = most_in_all
        self.waiting = 0

    def __len__(self) -> int:
        """How many keys are held now."""
        return len(self._held)

    def slot(self, table_id: str, key: Key) -> Slot:
        """`async with queue.slot(table.id, key):` holds the key. Raises Busy when too many wait."""
        return Slot(self, self._name(table_id, key))

    @asynccontextmanager
    async def slots(self, keys: Iterable[tuple[str, Key]]) -> AsyncIterator[None]:
        """Holds all of these keys, each with the id of its table. Raises Busy."""
        names = {self._name(table_id, key) for table_id, key in keys}
        async with AsyncExitStack() as held:
            # In one order, so that no two wait for each other.
            for name in sorted(names, key=repr):
                await held.enter_async_context(Slot(self, name))
            yield

    def _name(self, table_id: str, key: Key) -> Hashable:
        return table_id, key.partition if self._by_partition else key

    def take(self, key: Hashable) -> asyncio.Future[None] | None:
        """None when the key is now held; else what to wait for. Raises Busy."""
        if key not in self._held:
            self._held[key] = None
            return None
        waiters = self._held[key]
        if waiters is None:
            waiters = self._held[key] = deque()
        if self.waiting >= self._most_in_all or len(waiters) >= self._most_for_a_key:
            raise Busy("too many writes wait for their turn")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiters.append(turn)
        self.waiting += 1
        return turn

    def release(self, key: Hashable) -> None:
        """Hands the key to the next who still waits."""
        waiters = self._held[key]
        while waiters:
            turn = waiters.popleft()
            self.waiting -= 1
            if not turn.done():
                turn.set_result(None)
                return
        del self._held[key]

    def leave(self, key: Hashable, turn: asyncio.Future[None]) -> None:
        """For a waiter that ends without its turn, or just after it was given it."""
        if turn.done() and not turn.cancelled():
            self.release(key)
            return
        # `release` may have passed over it already.
        waiters = self._held.get(key)
        if waiters is not None and turn in waiters:
            waiters.remove(turn)
            self.waiting -= 1


class Slot:
    __slots__ = ("_key", "_queue")

    def __init__(self, queue: KeyQueue, key: Hashable) -> None:
        self._queue = queue
        self._key = key

    async def __aenter__(self) -> None:
        turn = self._queue.take(self._key)
        if turn is None:
            return
        try:
            await turn
        except BaseException:
            # Cancelled, or thrown away with its loop.
            self._queue.leave(self._key, turn)
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._queue.release(self._key)
