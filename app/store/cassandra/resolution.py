"""What anybody does who meets a row that a transaction holds, or a transaction left behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import orjson

from ...clock import Clock
from ...model.rows import Key
from ...model.table import Table
from . import outbox
from .catalog import Catalog
from .items import ItemTable
from .marks import Mark, Marks, slot_of
from .patience import Deadline, Patient
from .prepared import decode
from .ring import key_bytes
from .session import Result, Unconfigured
from .statements import row_of
from .transaction_statements import (
    ABORTED,
    COMMITTED,
    FINISHED,
    PENDING,
    TransactionStatements,
)

PATIENCE_SECONDS = 2.0
_MOST_SEEN = 10_000
_MARK_SECONDS = 5.0
_TRANSACTION = ""


def transaction_mark(id: bytes, version: int) -> Mark:
    """The mark by which the sweeper finds a transaction: one of no table."""
    return Mark(
        slot=slot_of(version),
        shard=id[0] % 4,
        id=id,
        version=version,
        table_name=_TRANSACTION,
        table_id=_TRANSACTION,
        partition=b"",
        sort=None,
        places=b"",
    )


def is_transaction(mark: Mark) -> bool:
    return mark.table_id == _TRANSACTION


class Written(NamedTuple):
    """One row of a transaction, as its record names it. `places` as those of a mark."""

    table_name: str
    table_id: str
    partition: str
    sort: str | None
    version: int
    places: list[object]

    @staticmethod
    def of(table: Table, key: Key, version: int, places: bytes) -> Written:
        sort = None if key.sort is None else key_bytes(key.sort).hex()
        partition = key_bytes(key.partition).hex()
        return Written(table.name, table.id, partition, sort, version, orjson.loads(places))

    def mark(self, id: bytes) -> Mark:
        return Mark(
            slot=slot_of(self.version),
            shard=0,
            id=id,
            version=self.version,
            table_name=self.table_name,
            table_id=self.table_id,
            partition=bytes.fromhex(self.partition),
            sort=None if self.sort is None else bytes.fromhex(self.sort),
            places=orjson.dumps(self.places),
        )


class Finished(NamedTuple):
    """A transaction all of whose rows have been applied or rolled back: its marks of global
    entries that are still to be settled, before `Resolver.close`."""

    state: str
    token: str | None
    marks: list[Mark]


class Resolver:
    """Nothing here is wrong when done twice, by several at once or late.

    Raises StoreUnavailable.
    """

    def __init__(
        self,
        patient: Patient,
        statements: TransactionStatements,
        catalog: Catalog,
        clock: Clock,
        tables: Callable[[Table], ItemTable],
        pending: Marks,
    ) -> None:
        self._patient = patient
        self._pending = pending
        self._statements = statements
        self._catalog = catalog
        self._clock = clock
        self._tables = tables
        self._seen: dict[bytes, float] = {}

    async def meet(self, items: ItemTable, key: Key, txid: bytes) -> bool:
        """For a reader: False if the transaction is not decided, and the row as it was holds."""
        state = await self.state(txid)
        if state == PENDING:
            return False
        await self._settle(items, key, txid, state)
        return True

    async def press(self, items: ItemTable, key: Key) -> None:
        """For a writer, whom a lock keeps from writing: ends a transaction that takes too long."""
        rows = (await self._patient.execute(items.locks.holder, row_of(key))).rows
        if not rows or rows[0][0] is None:
            return
        txid = rows[0][0]
        state = await self.state(txid)
        if state == PENDING:
            if not self.overdue(txid):
                return
            state = await self.abort(txid)
        await self._settle(items, key, txid, state)

    def overdue(self, id: bytes) -> bool:
        """Whether this process has known of the transaction for so long that it may be ended."""
        now = self._clock.monotonic()
        if len(self._seen) >= _MOST_SEEN:
            del self._seen[next(iter(self._seen))]
        return now - self._seen.setdefault(id, now) >= PATIENCE_SECONDS

    async def state(self, id: bytes) -> str | None:
        rows = (await self._patient.execute(self._statements.state, (id,))).rows
        return rows[0][0] if rows else None

    async def abort(self, id: bytes, deadline: Deadline | None = None) -> str | None:
        """The state from then on, which is not PENDING. May be sent again."""
        return _state_of(
            await self._patient.execute(self._statements.abort, (id,), deadline), ABORTED
        )

    async def forbid(self, id: bytes, deadline: Deadline | None = None) -> str | None:
        """A transaction that has no record will never have one; else the state it is in."""
        result = await self._patient.execute(self._statements.forbid, (id,), deadline)
        return _state_of(result, ABORTED)

    async def finish(self, id: bytes) -> Finished | None:
        """Brings a transaction to its end, whatever has become of it; None: it has no record."""
        rows = (await self._patient.execute(self._statements.record, (id,))).rows
        if not rows or rows[0][0] is None:
            return None
        state, token, writes = rows[0]
        if state == PENDING:
            state = await self.abort(id)
        if writes is None or state not in (COMMITTED, ABORTED):
            return Finished(FINISHED, token, [])
        marks = [Written(*each).mark(id) for each in orjson.loads(writes)]
        for mark in marks:
            table = await self._catalog.table(mark.table_name)
            if table is not None and table.id == mark.table_id:
                try:
                    await self._settle(self._tables(table), mark.key(table), id, state)
                except Unconfigured:
                    continue
        return Finished(state, token, marks if state == COMMITTED else [])

    async def finish_all(self, table: Table) -> None:
        """Brings all that have a row of `table` to their end, while nobody begins another one."""
        for id, writes in (await self._patient.execute(self._statements.all)).rows:
            named = [] if writes is None else [Written(*each) for each in orjson.loads(writes)]
            if any(each.table_id == table.id for each in named):
                await self.finish(id)

    async def close(self, id: bytes, state: str) -> None:
        """Of what another process began: its end can be seen for as long as that may ask."""
        if state == COMMITTED:
            await self._patient.execute(self._statements.close, (FINISHED, id, COMMITTED))
        elif state == ABORTED:
            await self._patient.execute(self._statements.close, (ABORTED, id, ABORTED))

    async def apply(self, items: ItemTable, key: Key, txid: bytes) -> None:
        rows = (await self._patient.execute(items.locks.locked, row_of(key))).rows
        if not rows or rows[0][0] != txid:
            return
        prepared = decode(rows[0][1] or b"")
        if prepared.record is not None:
            # Who prepared it wrote one, too, but it may be long ago (B4).
            mark = outbox.mark_of(items.table, key, prepared.version)
            await self._pending.write(mark, Deadline(self._clock, _MARK_SECONDS))
        await self._patient.execute(*items.locks.apply(key, txid, prepared))

    async def unlock(self, items: ItemTable, key: Key, txid: bytes) -> None:
        await self._patient.execute(items.locks.unlock, (*row_of(key), txid))

    async def _settle(self, items: ItemTable, key: Key, txid: bytes, state: str | None) -> None:
        if state == COMMITTED:
            await self.apply(items, key, txid)
        else:
            # Without a record all rows of it were settled: this one was prepared after that, for
            # nothing. If it was settled meanwhile, the condition of `unlock` does not hold.
            await self.unlock(items, key, txid)


def _state_of(result: Result, applied: str) -> str | None:
    found = result.records()[0]
    return applied if found["[applied]"] else found.get("state")
