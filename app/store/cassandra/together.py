"""A transaction whose rows are one partition: one conditional batch, with its outcome beside it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from ...errors import StoreUnavailable, StoreUnknown
from ..base import Committed, Conflict, Locked, Outcome, Token
from .attempt import Step, Tools, press
from .cas import Follower
from .marks import Mark
from .patience import Deadline
from .session import DriverFault, OutcomeUnknown
from .tokens import Home


class Together:
    """One conditional batch: the rows of one partition, and the transaction's outcome."""

    def __init__(
        self, tools: Tools, id: bytes, token: Token | None, steps: list[Step], deadline: Deadline
    ) -> None:
        self._tools = tools
        self._id = id
        self._token = token
        self._steps = steps
        self._deadline = deadline
        self._marks: list[tuple[Follower, Mark]] = []

    async def run(self) -> Outcome:
        tools, first = self._tools, self._steps[0]
        if self._token is not None:
            home = Home(first.table, first.key)
            spent = await tools.tokens.take(self._token, self._id, home, self._deadline)
            if spent is not None:
                return spent
            await tools.faults.at("token:taken")
        try:
            outcome = await self._write()
        except StoreUnavailable:
            await self._undo()
            raise
        if not isinstance(outcome, Committed):
            await self._undo()
            return outcome
        await tools.faults.at("together:applied")
        await asyncio.gather(*[each.follow(mark, self._deadline) for each, mark in self._marks])
        return outcome

    async def end(self) -> None:
        if self._token is not None:
            await self._tools.tokens.spend(self._token.text, self._id)

    async def _write(self) -> Outcome:
        tools, locks = self._tools, self._steps[0].items.locks

        async def announce(follower: Follower, version: int) -> None:
            self._marks.append((follower, await follower.announce(version, self._deadline)))

        await asyncio.gather(
            *[
                announce(follower, step.version)
                for step in self._steps
                for follower in (step.entries, step.outbox)
                if follower is not None
            ]
        )
        statement, values = locks.together(self._id, [step.part for step in self._steps])
        await tools.faults.at("together:before")
        # A token that was taken, and marks, are given up when this much time has passed.
        if self._deadline.left() <= 0:
            raise StoreUnavailable("this process was held up too long to send a transaction")
        try:
            result = await tools.once(statement, values, self._deadline)
        except OutcomeUnknown as fault:
            return await self._decided(fault)
        await tools.faults.at("together:answered")
        if result.rows[0][0]:
            return Committed()
        held = [found for found in result.records() if found.get("txid") is not None]
        if not held:
            return Conflict()
        sorts = {found.get("sk") for found in held}
        steps = [step for step in self._steps if step.key.sort in sorts]
        await press(tools.resolver, steps)
        return Locked(tuple(step.key for step in steps))

    async def _decided(self, fault: DriverFault) -> Outcome:
        locks, key = self._steps[0].items.locks, self._steps[0].key
        values = locks.outcome(key, self._id)
        try:
            applied = await self._tools.tokens.forbid(locks, values, self._deadline)
        except StoreUnavailable:
            raise StoreUnknown(f"whether a transaction was applied is not known: {fault}") from None
        return Committed() if applied else Conflict()

    async def _undo(self) -> None:
        """It was not applied and never will be."""
        for follower, mark in self._marks:
            follower.withdraw(mark)
        if self._token is not None:
            with suppress(StoreUnavailable):
                await self._tools.tokens.release(self._token.text, self._id)
