"""Applies records of streams to tables: each at most once, and those of an item in their order.

Whatever is delivered twice, late, in another order or to two processes at once: an item's mark says
what it has been told, and changes with the item or not at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import errors
from ..config import ConfigError
from ..errors import ApiError, StoreError
from ..faults import NO_FAULTS, Faults
from ..model.plans import WritePlan
from ..model.table import Table
from ..operations.context import Context
from ..operations.item_plans import delete_plan, put_plan, too_large
from ..operations.tables import usable_table
from ..operations.transactions import Action, run_transaction
from ..triggers.destinations import Destination, KeepFailed
from ..values import item_size
from .marks import mark_plan, marks_table
from .records import Change, Poison, change_of, grouped

# What the service says of a request that will be as wrong when it is sent again.
_HOPELESS = frozenset(("ValidationException", "ItemCollectionSizeLimitExceededException"))
_HOPELESS_REASONS = frozenset(("ValidationError", "ItemCollectionSizeLimitExceeded"))


@dataclass(frozen=True, slots=True)
class Applied:
    """The item is as the record says."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """The item has been told of this record, or of a later one, or is by one of the same batch."""


@dataclass(frozen=True, slots=True)
class Kept:
    """It can never be applied; the on-failure destination has it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing was done, or it is not known: to be delivered again."""

    reason: str


Outcome = Applied | Skipped | Kept | Failed


class Replicator:
    """`targets`: names of tables by those of their sources; others have the name of theirs.

    Without a destination a record that cannot be applied fails, for the caller's own destination.
    Raises ConfigError for a store that cannot write an item and its mark together.
    """

    def __init__(
        self,
        ctx: Context,
        *,
        targets: Mapping[str, str],
        destination: Destination | None,
        concurrency: int,
        mark_seconds: float,
        faults: Faults = NO_FAULTS,
    ) -> None:
        if not ctx.store.capabilities.transactions:
            raise ConfigError("store: replication needs one with transactions, as items have marks")
        self._ctx = ctx
        self._targets = targets
        self._destination = destination
        self._turns = asyncio.Semaphore(concurrency)
        self._mark_seconds = mark_seconds
        self._faults = faults
        self._marks: Table | None = None
        self._making = asyncio.Lock()

    async def apply(self, records: Sequence[Any]) -> list[Outcome]:
        """What became of each, in order. Those of different items are applied at once."""
        outcomes: dict[int, Outcome] = {}
        changes = []
        for place, record in enumerate(records):
            try:
                changes.append(change_of(place, record))
            except Poison as poison:
                outcomes[place] = await self._kept(record, str(poison))
        groups = grouped(changes)
        for done in await asyncio.gather(*[self._apply_group(group, records) for group in groups]):
            outcomes |= done
        self._count(outcomes.values(), changes)
        return [outcomes[place] for place in range(len(records))]

    async def _apply_group(self, group: list[Change], records: Sequence[Any]) -> dict[int, Outcome]:
        """The last image wins; one that cannot be applied leaves it to the one before."""
        outcomes: dict[int, Outcome] = {}
        async with self._turns:
            for number, change in enumerate(group):
                try:
                    outcome = await self._apply(change)
                except Poison as poison:
                    outcomes[change.place] = await self._kept(records[change.place], str(poison))
                    continue
                outcomes[change.place] = outcome
                # If it failed, those before are for its sake delivered again, too.
                rest = outcome if isinstance(outcome, Failed) else Skipped()
                outcomes |= {earlier.place: rest for earlier in group[number + 1 :]}
                break
        return outcomes

    async def _apply(self, change: Change) -> Outcome:
        """Raises Poison."""
        try:
            actions = await self._actions(change)
            await self._faults.at("replicate:planned")
            await run_transaction(self._ctx, actions, None)
            await self._faults.at("replicate:applied")
        except ApiError as fault:
            return _outcome(fault)
        except StoreError as fault:
            # It may be the table of marks that is gone.
            self._marks = None
            return Failed(errors.of_store(fault).message or str(fault))
        return Applied()

    async def _actions(self, change: Change) -> list[Action]:
        ctx = self._ctx
        name = self._targets.get(change.table, change.table)
        try:
            target = await usable_table(ctx, name)
        except ApiError as fault:
            if fault.code != "ResourceNotFoundException":
                raise
            raise Poison(f"The target table {name} does not exist") from None
        async with self._making:
            marks = self._marks = self._marks or await marks_table(ctx)
        if set(change.keys) != set(target.key_names):
            raise Poison(
                f"The key of the record is ({', '.join(sorted(change.keys))}), "
                f"that of the target table {name} is ({', '.join(target.key_names)})"
            )
        until = ctx.clock.time() + self._mark_seconds
        mark = mark_plan(marks, target, change, until)
        return [Action(mark), Action(_item_plan(target, change))]

    async def _kept(self, record: Any, reason: str) -> Outcome:
        if self._destination is None:
            return Failed(f"{reason}; there is no on-failure destination")
        try:
            await self._destination.keep({"reason": reason, "record": record})
        except KeepFailed as fault:
            return Failed(f"{reason}; the on-failure destination did not take it: {fault}")
        await self._faults.at("replicate:kept")
        return Kept(reason)

    def _count(self, outcomes: Any, changes: Sequence[Change]) -> None:
        metrics = self._ctx.metrics
        for outcome in outcomes:
            metrics.add(f"Replication{type(outcome).__name__}")
        created = [change.created for change in changes if change.created]
        if created:
            metrics.set("ReplicationLag", max(self._ctx.clock.time() - min(created), 0.0))


def _item_plan(target: Table, change: Change) -> WritePlan:
    """Raises ApiError."""
    if change.image is None:
        # Who reads the target's stream must see, too, that nobody asked for it.
        return delete_plan(target, change.keys, by_service=change.by_service)
    if item_size(change.image) > target.limits.item:
        raise too_large()
    return put_plan(target, change.image)


def _outcome(fault: ApiError) -> Outcome:
    """Of a refused transaction: its first action is the mark, its second the item."""
    if fault.code in _HOPELESS:
        raise Poison(fault.message or fault.code)
    reasons = (fault.fields or {}).get("CancellationReasons")
    if reasons is not None:
        mark, item = reasons
        if mark["Code"] == "ConditionalCheckFailed":
            return Skipped()
        if item["Code"] in _HOPELESS_REASONS:
            raise Poison(item["Message"])
    return Failed(fault.message or fault.code)
