"""A transaction over several partitions: prepare, decide, apply."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from itertools import groupby

import orjson

from ...errors import StoreUnavailable, StoreUnknown
from ..base import Committed, Conflict, Locked, Outcome, Token
from .attempt import Step, Tools, press
from .entries import MARK_SECONDS
from .marks import MICROSECONDS, Mark
from .outbox import Outbox
from .patience import Deadline
from .prepared import encode as encode_prepared
from .resolution import Written, transaction_mark
from .session import DriverFault, OutcomeUnknown
from .statements import row_of
from .transaction_statements import (
    ABORTED,
    COMMITTED,
    FINISHED,
    PENDING,
)


class Apart:
    """Prepare, decide, apply: rows of several partitions."""

    def __init__(
        self, tools: Tools, id: bytes, token: Token | None, steps: list[Step], deadline: Deadline
    ) -> None:
        self._tools = tools
        self._id = id
        self._token = token
        self._steps = steps
        self._deadline = deadline
        self._mark = transaction_mark(id, int(tools.clock.time() * MICROSECONDS))
        self._until = tools.clock.monotonic() + MARK_SECONDS
        self._entries_written = False
        self._taken = self._begun = self._stopped = False
        self._touched: list[Step] = []
        self._records: list[tuple[Outbox, Mark]] = []

    async def run(self) -> Outcome:
        try:
            outcome = await self._begin()
            if outcome is None:
                outcome = await self._prepare()
            if outcome is None:
                await self._tools.faults.at("txn:prepared")
                if await self._decide():
                    await self._tools.faults.at("txn:committed")
                    await self._apply()
                    await self._tell()
                    await self._write_entries()
                    return Committed()
        except (StoreUnavailable, DriverFault):
            await self._give_up()
            raise
        await self._give_up()
        if isinstance(outcome, Locked):
            held = [step for step in self._steps if step.key in outcome.keys]
            await press(self._tools.resolver, held)
        return outcome or Conflict()

    async def end(self) -> None:
        """What the caller of a committed transaction need not wait for, in this order."""
        tools = self._tools
        if not self._entries_written:
            return
        if self._token is not None:
            await tools.tokens.spend(self._token.text, self._id)
        await tools.faults.at("txn:spent")
        await tools.patient.execute(tools.statements.end, (self._id, COMMITTED))
        await tools.marks.remove(self._mark)

    async def _begin(self) -> Outcome | None:
        """The token, the mark and the record, each durable before a row is prepared."""
        results = await asyncio.gather(
            self._take_token(),
            self._tools.marks.write(self._mark, self._deadline),
            self._write_record(),
            self._announce(),
            return_exceptions=True,
        )
        for fault in results:
            if isinstance(fault, BaseException):
                raise fault
        await self._tools.faults.at("txn:begun")
        spent, _, begun, _ = results
        if spent is not None:
            return spent  # type: ignore[return-value]
        return None if begun else Conflict()

    async def _take_token(self) -> Outcome | None:
        if self._token is None:
            return None
        spent = await self._tools.tokens.take(self._token, self._id, None, self._deadline)
        self._taken = spent is None
        return spent

    async def _write_record(self) -> bool:
        writes = orjson.dumps(
            [
                tuple(Written.of(step.table, step.key, step.version, step.places))
                for step in self._steps
            ]
        )
        text = None if self._token is None else self._token.text
        values = (text, writes, self._id)
        with suppress(OutcomeUnknown):
            result = await self._tools.once(self._tools.statements.begin, values, self._deadline)
            self._begun = bool(result.rows[0][0])
        return self._begun

    async def _prepare(self) -> Conflict | Locked | None:
        """Partitions at once, the rows of one after each other. None: all of them are prepared."""
        groups = [list(steps) for _, steps in groupby(self._steps, lambda step: step.partition)]
        results = await asyncio.gather(
            *[self._prepare_rows(steps) for steps in groups], return_exceptions=True
        )
        for fault in results:
            if isinstance(fault, BaseException):
                raise fault
        found = [result for result in results if isinstance(result, Conflict | Locked)]
        keys = [key for each in found if isinstance(each, Locked) for key in each.keys]
        if keys:
            return Locked(tuple(keys))
        return Conflict() if found else None

    async def _prepare_rows(self, steps: Sequence[Step]) -> Conflict | Locked | None:
        for step in steps:
            if self._stopped:
                return Conflict()
            part = step.part
            expected = (part.expected,) if "?" in part.condition else ()
            values = (self._id, encode_prepared(part.prepared), *row_of(step.key), *expected)
            self._touched.append(step)
            try:
                result = await self._tools.once(
                    step.items.locks.prepare(part.condition), values, self._deadline
                )
            except OutcomeUnknown:
                self._stopped = True
                return Conflict()
            if not result.rows[0][0]:
                self._stopped = True
                self._touched.remove(step)
                holder = result.records()[0].get("txid")
                return Conflict() if holder is None else Locked((step.key,))
        return None

    async def _decide(self) -> bool:
        """Raises StoreUnknown."""
        tools = self._tools
        if self._deadline.left() <= 0:
            return False
        try:
            result = await tools.once(tools.statements.commit, (self._id,), self._deadline)
        except OutcomeUnknown as fault:
            try:
                state = await tools.resolver.abort(self._id)
            except StoreUnavailable:
                raise StoreUnknown(
                    f"whether a transaction was committed is not known: {fault}"
                ) from None
            return state in (COMMITTED, FINISHED)
        if result.rows[0][0]:
            return True
        # Nobody else commits: should it be so it was this very statement, executed twice.
        return result.records()[0].get("state") in (COMMITTED, FINISHED)

    async def _apply(self) -> None:
        """Raises StoreUnknown: it is committed, but not every reader sees it yet."""
        patient = self._tools.patient
        results = await asyncio.gather(
            *[
                patient.execute(*step.items.locks.apply(step.key, self._id, step.part.prepared))
                for step in self._steps
            ],
            return_exceptions=True,
        )
        await self._tools.faults.at("txn:applied")
        for fault in results:
            if isinstance(fault, StoreUnavailable | DriverFault):
                raise StoreUnknown(f"a transaction is committed but not finished: {fault}")
            if isinstance(fault, BaseException):
                raise fault

    async def _announce(self) -> None:
        """Marks of the records, for the relay to look for."""

        async def announce(outbox: Outbox, version: int) -> None:
            self._records.append((outbox, await outbox.announce(version, self._deadline)))

        await asyncio.gather(
            *[announce(step.outbox, step.version) for step in self._steps if step.outbox]
        )

    async def _tell(self) -> None:
        for outbox, mark in self._records:
            await outbox.follow(mark, self._deadline)

    async def _write_entries(self) -> None:
        if self._tools.clock.monotonic() > self._until:
            # Held up, as in GlobalChanges.follow: they are the sweeper's then.
            return
        sent = [
            sent
            for step in self._steps
            if step.entries is not None
            for sent in step.entries.at(step.version)
        ]
        self._entries_written = await self._tools.entries.write(sent)
        await self._tools.faults.at("txn:entries")

    async def _give_up(self) -> None:
        """Nothing of it will be applied. What cannot be done now is left to whoever meets it."""
        tools = self._tools
        for outbox, mark in self._records:
            outbox.withdraw(mark)
        with suppress(StoreUnavailable, DriverFault):
            if not self._begun:
                # The record may be there, or still come: now it cannot become one to be committed.
                self._begun = await tools.resolver.forbid(self._id) == PENDING
            if self._begun:
                await tools.resolver.abort(self._id)
            await asyncio.gather(
                *[tools.resolver.unlock(step.items, step.key, self._id) for step in self._touched]
            )
            if self._taken and self._token is not None:
                await tools.tokens.release(self._token.text, self._id)
            if self._begun:
                await tools.patient.execute(tools.statements.end, (self._id, ABORTED))
            await tools.marks.remove(self._mark)
