"""One conditional write of an item, and what became of it when nobody says.

An attempt is known by (writer, version). It is applied only `IF last[writer + version] = null`, and
when it is applied it sets `last[writer] = version`. After an unknown outcome the *fence*

    UPDATE … SET last[writer + version] = version IF last[writer] != version

decides: refused, the attempt had been applied; applied, the attempt never was and, from this moment
on, never can be, however late a node that hung wakes up and executes it. The fence may be sent
again and again. No clock and no timeout enters into it.

`last[writer]` answers for the latest write of this writer only. So one writer id has one write of a
key under way, and the id is given up when an attempt is left undecided: a later write under the
same id could not be told from the late effect of that one.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from ...clock import Clock
from ...errors import StoreUnavailable, StoreUnknown
from ...faults import Faults
from ...metrics import Metrics
from ...model.rows import Key
from ..base import Committed, Conflict, Locked, Outcome
from .marks import Mark
from .outbox import Outbox
from .patience import SHARE, Deadline
from .session import DriverFault, NotSent, OutcomeUnknown, Result, Session, Value
from .statements import Cas, ItemStatements, row_of

MakeVersion = Callable[[Hashable, int], int]


class Follower(Protocol):
    """What must come behind the write if it is applied, and is announced before each attempt."""

    async def announce(self, version: int, deadline: Deadline) -> Mark:
        """Returns when the mark is durable. Raises StoreUnavailable."""
        ...

    def in_time(self) -> bool:
        """Whether the write may still be sent under its mark."""
        ...

    def withdraw(self, mark: Mark) -> None:
        """The attempt was not applied and never will be."""
        ...

    async def follow(self, mark: Mark, deadline: Deadline) -> None:
        """The attempt was applied."""
        ...


class Intent(NamedTuple):
    """What to write. `item` holds the values of its columns, none for a delete; `expected` is the
    version that `cas` asks for, `identity` the key with its table.

    since_delete: `cas` asks for no item, and `expected` is the version of a delete's marker, which
    is not known before the row is seen. `tail`: values of `cas` behind its own, and before those of
    `outbox`, which is among `followers`.
    """

    statements: ItemStatements
    cas: Cas
    identity: Hashable
    key: Key
    item: tuple[Value, ...]
    expected: int | None
    since_delete: bool = False
    tail: tuple[Value, ...] = ()
    followers: tuple[Follower, ...] = ()
    outbox: Outbox | None = None


@dataclass(frozen=True, slots=True)
class Refused(Conflict):
    """`found`: the columns of the condition as they were; none where there was no row."""

    found: Mapping[str, Any]


class Writer:
    """Safe to call for one key several times at once, only slower."""

    def __init__(
        self,
        session: Session,
        clock: Clock,
        metrics: Metrics,
        faults: Faults,
        deadline: float,
        next_version: MakeVersion,
    ) -> None:
        self._session = session
        self._clock = clock
        self._metrics = metrics
        self._faults = faults
        self._seconds = deadline
        self._next_version = next_version
        self._id = _new_id()
        self._busy: set[Hashable] = set()

    async def write(self, intent: Intent) -> Outcome:
        """Raises StoreUnavailable (nothing applied), StoreUnknown and Unconfigured."""
        if intent.identity in self._busy:
            return await _Attempts(self, intent, _new_id()).run()
        attempts = _Attempts(self, intent, self._id)
        self._busy.add(intent.identity)
        try:
            return await attempts.run()
        finally:
            self._busy.discard(intent.identity)
            if attempts.undecided:
                self._id = _new_id()


class _Attempts:
    """All attempts at one write; each is decided before the next is sent."""

    def __init__(self, writer: Writer, intent: Intent, writer_id: bytes) -> None:
        self.undecided = False
        self._of = writer
        self._intent = intent
        self._id = writer_id
        self._row = row_of(intent.key)
        self._deadline = Deadline(writer._clock, writer._seconds)
        self._marks: list[Mark] = []

    async def run(self) -> Outcome:
        intent = self._intent
        expected = intent.expected
        fault: DriverFault
        while True:
            version = self._of._next_version(intent.identity, expected or 0)
            fence = self._id + version.to_bytes(8)
            values = intent.cas.values(self._row, version, intent.item, expected, self._id, fence)
            values += intent.tail
            if intent.outbox is not None:
                values += intent.outbox.values(version, expected)
            if intent.followers:
                await self._announce(version)
            await self._of._faults.at("cas:before")
            if intent.followers and not all(each.in_time() for each in intent.followers):
                self._withdraw()
                raise StoreUnavailable("this process was held up too long to send a write")
            try:
                self.undecided = True
                result = await self._of._session.execute(
                    intent.cas.statement, values, SHARE * self._deadline.left()
                )
            except NotSent as exc:
                self.undecided = False
                fault = exc
            except OutcomeUnknown as exc:
                fault = exc
                self._of._metrics.add("UnknownOutcomes")
                applied = await self._decide(version, fence, exc)
                self._of._metrics.add("UnknownOutcomesResolved")
                if applied:
                    return await self._applied(version)
            else:
                self.undecided = False
                await self._of._faults.at("cas:answered")
                if result.rows[0][0]:
                    return await self._applied(version)
                found = _Found.of(result)
                deleted = intent.since_delete and not found.live and found.ver != expected
                if found.txid is not None or not deleted:
                    self._withdraw()
                    if found.txid is not None:
                        return Locked((intent.key,))
                    return Refused(result.records()[0])
                # No item, as was expected, but another delete's marker, or none any more.
                expected = found.ver
                fault = NotSent("an item was deleted again and again")
                if self._deadline.left() > 0:
                    self._withdraw()
                    continue
            self._withdraw()
            if not await self._deadline.pause():
                raise StoreUnavailable(f"Cassandra did not take the write in time: {fault}")

    async def _announce(self, version: int) -> None:
        marks = [each.announce(version, self._deadline) for each in self._intent.followers]
        self._marks = await asyncio.gather(*marks)

    async def _applied(self, version: int) -> Outcome:
        for follower, mark in zip(self._intent.followers, self._marks, strict=True):
            await follower.follow(mark, self._deadline)
        return Committed((version,))

    def _withdraw(self) -> None:
        for follower, mark in zip(self._intent.followers, self._marks, strict=True):
            follower.withdraw(mark)

    async def _decide(self, version: int, fence: bytes, fault: DriverFault) -> bool:
        """Whether the attempt was applied; if not it never will be. Raises StoreUnknown."""
        statement = self._intent.statements.fence
        values = self._intent.statements.fence_values(self._row, version, self._id, fence)
        while True:
            try:
                result = await self._of._session.execute(
                    statement, values, max(SHARE * self._deadline.left(), 0.0)
                )
            except (NotSent, OutcomeUnknown) as exc:
                fault = exc
            else:
                self.undecided = False
                return self._intent.statements.was_applied(result)
            if not await self._deadline.pause():
                raise StoreUnknown(f"whether a write was applied is not known: {fault}")


class _Found(NamedTuple):
    """What a refused write found of the columns in its condition."""

    txid: bytes | None
    live: bool | None
    ver: int | None

    @staticmethod
    def of(result: Result) -> _Found:
        # Refused by a row that is not there, the answer has no columns of conditions.
        found = dict(zip(result.columns, result.rows[0], strict=True))
        return _Found(found.get("txid"), found.get("live"), found.get("ver"))


def _new_id() -> bytes:
    return os.urandom(8)
