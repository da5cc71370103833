"""Catalog copies: when one may be used, and how a process learns that it may not.

The version of the catalog is read every 100 ms. A copy may be used for `bounds.copy` seconds from
the start of the read that fetched it, or of the latest version read that found nothing changed, and
only while this process is registered. When the version has changed, what changed is dropped, and
once every write that may have begun with the old copy has ended the process acknowledges.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ...clock import Clock
from ...errors import StoreUnavailable, TableChanged, TableGone
from ...model.table import Table, UnknownFormat, decode
from .members import Membership
from .patience import Patient
from .session import DriverFault, Session
from .statements import CatalogStatements
from .underway import Underway
from .url import Bounds

POLL_SECONDS = 0.1
_POLL_TIMEOUT = 1.0


@dataclass(frozen=True, slots=True)
class CatalogRow:
    """`version` is the whole catalog's when the row was read, `at` when the row was changed last
    in a way that copies must follow; `change` is the random id of that change."""

    id: str
    revision: int
    status: str
    at: int | None
    change: bytes
    spec: bytes
    version: int


@dataclass(frozen=True, slots=True)
class _Copy:
    table: Table
    until: float


class Catalog:
    """Methods raise StoreUnavailable."""

    def __init__(
        self,
        session: Session,
        patient: Patient,
        statements: CatalogStatements,
        members: Membership,
        underway: Underway,
        clock: Clock,
        bounds: Bounds,
    ) -> None:
        self._session = session
        self._patient = patient
        self._statements = statements
        self._members = members
        self._underway = underway
        self._clock = clock
        self._copy_seconds = bounds.copy
        self._copies: dict[str, _Copy] = {}
        self._version = 0
        self._validated_until = 0.0
        self._acknowledging: set[asyncio.Task[None]] = set()

    @property
    def version(self) -> int:
        """The latest that this process has seen."""
        return self._version

    # -- reading ----------------------------------------------------------------------------

    def cached(self, name: str) -> Table | None:
        copy = self._copies.get(name)
        if copy is None:
            return None
        now = self._clock.monotonic()
        if now >= self._members.current_until:
            return None
        if now < self._validated_until or now < copy.until:
            return copy.table
        return None

    async def read(self, name: str, *, decided: bool = False) -> CatalogRow | None:
        """decided: also what a process that died had not finished writing."""
        statement = self._statements.row_decided if decided else self._statements.row
        records = (await self._patient.execute(statement, (name,))).records()
        return CatalogRow(**records[0]) if records else None

    async def table(self, name: str) -> Table | None:
        start = self._clock.monotonic()
        row = await self.read(name)
        if row is None:
            return None
        table = decoded(name, row)
        # Only ACTIVE rows are kept, so that only a change of such a row concerns other processes.
        # A row read before a change this process knows of must not come back after it.
        if row.status == "ACTIVE" and row.version >= self._version:
            self._copies[name] = _Copy(table, start + self._copy_seconds)
        return table

    async def of_id(self, name: str, id: str) -> Table | None:
        """The table of this name if it is this one, maybe from an old copy."""
        table = self.cached(name)
        if table is None or table.id != id:
            table = await self.table(name)
        return table if table is not None and table.id == id else None

    async def all(self) -> list[Table]:
        """Every table there is, in any status."""
        rows = (await self._patient.execute(self._statements.specs)).rows
        return [decode(spec) for (spec,) in rows if spec is not None]

    async def names(self, after: str | None, limit: int) -> list[str]:
        result = await self._patient.execute(self._statements.names, (after or "\0", limit))
        return [name for (name,) in result.rows]

    async def confirm(self, table: Table) -> None:
        """Returns if a write to `table` may be sent now. Raises TableGone and TableChanged.

        For a caller that has entered `underway`: what it sends from here on is waited for.
        """
        current = self.cached(table.name)
        if current is None or (current.id, current.version) != (table.id, table.version):
            if self._clock.monotonic() >= self._members.current_until:
                await self._register()
            current = await self.table(table.name)
        if current is None or current.id != table.id or current.status == "DELETING":
            self.forget(table.name)
            raise TableGone(f"table {table.name} was deleted")
        if current.version != table.version:
            raise TableChanged(f"table {table.name} has changed")

    def forget(self, name: str) -> None:
        self._copies.pop(name, None)

    async def _register(self) -> None:
        try:
            await self._members.beat()
        except DriverFault as fault:
            raise StoreUnavailable(
                f"this process cannot register in the catalog: {fault}"
            ) from fault

    # -- following --------------------------------------------------------------------------

    async def follow(self) -> None:
        """Reads the version once and does what follows from it. Raises DriverFault."""
        start = self._clock.monotonic()
        result = await self._session.execute(self._statements.version, (), _POLL_TIMEOUT)
        _, version, changed = result.rows[0]
        if version == self._version + 1:
            self.forget(changed)
        elif version != self._version:
            self._copies.clear()
        moved = version != self._version
        self._version = version
        self._validated_until = start + self._copy_seconds
        if moved:
            task = asyncio.create_task(self._acknowledge(version))
            self._acknowledging.add(task)
            task.add_done_callback(self._acknowledging.discard)
        elif self._members.beat_due:
            await self._members.beat()

    async def _acknowledge(self, version: int) -> None:
        await self._underway.drained()
        # If it fails the next beat says it.
        with suppress(DriverFault):
            await self._members.beat(version)

    async def close(self) -> None:
        for task in tuple(self._acknowledging):
            await task


def decoded(name: str, row: CatalogRow) -> Table:
    """Raises StoreUnavailable for a row that only a newer dynaspan can read."""
    try:
        return decode(row.spec)
    except UnknownFormat as fault:
        raise StoreUnavailable(
            f"table {name} was changed by a newer dynaspan ({fault}): upgrade this process"
        ) from fault


def applied(records: list[dict[str, Any]]) -> bool:
    """Whether a conditional statement was."""
    return bool(records[0]["[applied]"])
