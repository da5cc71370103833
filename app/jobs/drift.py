"""Compares tables with their indexes again and again, and tells of what differs."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from ..clock import Clock
from ..errors import StoreError
from ..metrics import Metrics
from ..store.base import LEASE_SECONDS, Store
from ..store.keyqueue import KeyQueue
from .verification import PATIENCE_SECONDS, Verification

_NAMES_AT_ONCE = 100

_log = logging.getLogger("dynaspan.drift")


@dataclass(frozen=True, slots=True)
class DriftWatch:
    """Any difference is a fault of dynaspan's or somebody else's write: it is counted and logged,
    and left to `dynaspan tables verify --repair`."""

    store: Store
    clock: Clock
    metrics: Metrics
    queue: KeyQueue
    interval: float
    patience: float = PATIENCE_SECONDS

    async def run(self) -> None:
        """For ever, in one process at a time: `interval` seconds of rest, then one round. Cancel it
        to stop."""
        due = self.clock.monotonic() + self.interval
        while True:
            await asyncio.sleep(min(self.interval, LEASE_SECONDS / 3))
            now = self.clock.monotonic()
            try:
                leads = await self.store.leads("drift")
            except StoreError:
                self.metrics.add("JobFailures")
                continue
            if leads and now >= due:
                await self.round()
            if not leads or now >= due:
                due = self.clock.monotonic() + self.interval

    async def round(self) -> int:
        """Visits every table that has indexes. Returns how many differences were found."""
        found = 0
        after: str | None = None
        try:
            while names := await self.store.table_names(after=after, limit=_NAMES_AT_ONCE):
                for name in names:
                    found += await self._compare(name)
                after = names[-1]
        except StoreError:
            self.metrics.add("JobFailures")
        return found

    async def _compare(self, name: str) -> int:
        table = await self.store.table(name)
        if table is None or table.status != "ACTIVE" or not table.kept_indexes:
            return 0
        try:
            report = await Verification(
                self.store, self.clock, self.metrics, self.queue, table, patience=self.patience
            ).run()
        except StoreError:
            # The table is gone or changed; the store is away for the next one too, if it is.
            self.metrics.add("JobFailures")
            return 0
        if report.differences:
            _log.error(
                "%d entries of the indexes of table %s are not what its items say: "
                "run dynaspan tables verify %s --repair",
                *(report.differences, name, name),
            )
        return report.differences
