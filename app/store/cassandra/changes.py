"""Making, changing and dropping tables, in steps that any process can take over.

    create   row CREATING -> CREATE KEYSPACE of its own, CREATE TABLE -> row ACTIVE
    change   CREATE TABLE of new indexes -> row replaced, version of the catalog moved
             -> DROP TABLE of indexes that went
    drop     row DELETING, version moved -> all members acknowledge -> DROP TABLE, KEYSPACE
             -> row gone

Whoever finds a row that has stood in CREATING or DELETING for a while goes on from there: every
step may be done twice. CREATE and DROP run one at a time in the cluster, under a lease.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from ...clock import Clock
from ...errors import StoreError, StoreUnavailable
from ...faults import Faults
from ...model.table import PER_TABLE, Index, Table, encode
from . import schema
from .catalog import Catalog, CatalogRow, decoded
from .dialect import Dialect
from .index_statements import (
    ALL_ENTRY_TABLES,
    drop_entry_table,
    entry_table,
    entry_table_name,
    entry_tables_of,
    id_and_number,
)
from .leases import Leases
from .members import Membership
from .patience import Deadline, Patient
from .session import DriverFault, NotSent, OutcomeUnknown, Session
from .statements import (
    CatalogStatements,
    drop_item_table,
    drop_keyspace,
    item_table,
    keyspace_of,
    own_prefix,
)
from .streams import Streams
from .translator import required
from .url import Address

# A caller waits so long; then the catalog says CREATING or DELETING and the work goes on. Nobody
# has to be waited for when a table is made, so that only nodes with much to do take longer.
_CREATE_SECONDS = 5.0
_DROP_SECONDS = 1.5
_CLOSE_SECONDS = 2.0
_LEASE = "schema"
_LEASE_SECONDS = 15
_ACK_POLL_SECONDS = 0.02
# Tables that were left over are looked for once in so many patiences.
_COLLECT_PATIENCES = 12


class Changes:
    """`patience`: seconds after which a row left in between is taken over. `poke` is called when
    the version has moved. Methods raise StoreUnavailable."""

    def __init__(
        self,
        session: Session,
        patient: Patient,
        statements: CatalogStatements,
        catalog: Catalog,
        members: Membership,
        leases: Leases,
        clock: Clock,
        faults: Faults,
        *,
        address: Address,
        dialect: Dialect,
        deadline: float,
        patience: float,
        poke: Callable[[], None],
        streams: Streams,
    ) -> None:
        self._session = session
        self._patient = patient
        self._statements = statements
        self._catalog = catalog
        self._members = members
        self._leases = leases
        self._clock = clock
        self._faults = faults
        self._address = address
        self._keyspace = address.keyspace
        self._dialect = dialect
        self._silence = address.bounds.silence
        self._seconds = deadline
        self._patience = patience
        self._poke = poke
        self._streams = streams
        self._work: dict[str, asyncio.Task[None]] = {}
        self._seen: dict[tuple[str, str], float] = {}
        self._collect_at = 0.0
        self._schema = asyncio.Lock()

    async def create(self, table: Table) -> bool:
        change = os.urandom(16)
        spec = encode(replace(table, status="CREATING"))
        values = (table.name, table.id, table.version, "CREATING", change, spec)
        answer = (await self._patient.execute(self._statements.insert, values)).records()[0]
        # Sent again after an unknown outcome, the statement may have met its own row.
        if not answer["[applied]"] and answer["change"] != change:
            return False
        await self._faults.at("create:row")
        await self._some_of(self._settle(table.name, table.id), _CREATE_SECONDS)
        return True

    async def change(self, table: Table) -> bool:
        before = await self._before(table)
        if before is None:
            return False
        had, has = _global(before), _global(table)
        if has.keys() - had:
            async with self._schema, self._leases.held(_LEASE, _LEASE_SECONDS):
                # Under the lease, so that nothing is made for a table that is being dropped.
                if await self._before(table) is None:
                    return False
                for number in has.keys() - had:
                    await self._patient.ddl(self._entry_table(table, has[number]))
        if before.stream != table.stream:
            await self._streams.begin(table)
            await self._streams.retire(before, table)
        await self._faults.at("change:made")
        if await self._replace(table.version - 1, table) is None:
            return False
        await self._faults.at("change:replaced")
        if before.stream != table.stream:
            self._streams.survey()
        if had.keys() - has:
            where = keyspace_of(self._keyspace, table)
            async with self._schema, self._leases.held(_LEASE, _LEASE_SECONDS):
                for number in had.keys() - has:
                    name = entry_table_name(table.id, number)
                    await self._patient.ddl(drop_entry_table(where, name))
        return True

    async def settled(self, table: Table) -> None:
        row = await self._catalog.read(table.name, decided=True)
        if row is not None and row.id == table.id and row.at is not None:
            await self.acknowledged(row.at)

    async def drop(self, table: Table) -> bool:
        await self._streams.retire(table, None)
        deleting = replace(table, status="DELETING", version=table.version + 1)
        changed = await self._replace(table.version, deleting)
        if changed is None:
            return False
        await self._faults.at("drop:row")
        self._streams.survey()
        await self._some_of(self._settle(table.name, table.id), _DROP_SECONDS)
        return True

    async def take_over(self) -> None:
        """Goes on with what another process has left unfinished."""
        now = self._clock.monotonic()
        rows = (await self._patient.execute(self._statements.states)).rows
        unfinished = {(id, status): name for name, id, status in rows if id and status != "ACTIVE"}
        self._seen = {key: self._seen.get(key, now) for key in unfinished}
        for (id, status), name in unfinished.items():
            if now - self._seen[id, status] >= self._patience:
                self._settle(name, id)
        if now >= self._collect_at:
            await self._collect({id: name for name, id, status in rows if status == "ACTIVE"})
            self._collect_at = now + _COLLECT_PATIENCES * self._patience

    async def close(self) -> None:
        """Waits a little for work under way; another process goes on with the rest."""
        tasks = list(self._work.values())
        if tasks:
            _, left = await asyncio.wait(tasks, timeout=_CLOSE_SECONDS)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _collect(self, names: dict[str, str]) -> None:
        """Drops what a process has left that died between taking an index from the catalog and
        dropping its table. `names`: of the tables, by id."""
        own = {own_prefix(self._keyspace) + id for id in names}
        all_of_them = {
            name for (name,) in (await self._patient.execute(self._dialect.keyspaces)).rows
        }
        for keyspace in (self._keyspace, *sorted(own & all_of_them)):
            values = (keyspace, *ALL_ENTRY_TABLES)
            for (found,) in (await self._patient.execute(self._dialect.entry_tables, values)).rows:
                await self._collect_one(names, keyspace, found)

    async def _collect_one(self, names: dict[str, str], keyspace: str, found: str) -> None:
        id, number = id_and_number(found)
        if id not in names:
            return
        # Numbers are never used again, so that a copy that is not the latest will do.
        table = self._catalog.cached(names[id]) or await self._catalog.table(names[id])
        if table is None or table.id != id or number >= table.next_index:
            return
        if number not in _global(table):
            async with self._schema, self._leases.held(_LEASE, _LEASE_SECONDS):
                await self._patient.ddl(drop_entry_table(keyspace, found))

    # -- rows -------------------------------------------------------------------------------

    async def _before(self, table: Table) -> Table | None:
        """What `table` is to replace, if that is there."""
        row = await self._catalog.read(table.name, decided=True)
        if row is None or (row.id, row.revision) != (table.id, table.version - 1):
            return None
        return decoded(table.name, row)

    async def _replace(self, revision: int, table: Table) -> int | None:
        """Puts `table` where its id stands with `revision`, and moves the catalog's version in the
        same statement; returns that version, or None if the row is not so."""
        change = os.urandom(16)
        spec = encode(table)
        deadline = Deadline(self._clock, self._seconds)
        while True:
            row = await self._catalog.read(table.name, decided=True)
            if row is not None and row.change == change:
                self._catalog.forget(table.name)
                self._poke()
                return row.at
            if row is None or row.id != table.id or row.revision != revision:
                return None
            version = row.version + 1
            place = (table.name, table.id, revision)
            row_values = (table.version, table.status, version, change, spec, *place)
            values = (version, table.name, row.version, *row_values)
            try:
                answer = await self._session.execute(
                    self._statements.replace, values, deadline.left()
                )
            except (NotSent, OutcomeUnknown) as exc:
                reason = str(exc)
            else:
                if answer.rows[0][0]:
                    self._catalog.forget(table.name)
                    self._poke()
                    return version
                reason = "other tables are being changed all the time"
            if not await deadline.pause():
                raise StoreUnavailable(f"the catalog was not changed: {reason}")

    # -- work -------------------------------------------------------------------------------

    def _settle(self, name: str, id: str) -> asyncio.Task[None]:
        task = self._work.get(id)
        if task is None:
            task = asyncio.create_task(self._until_done(name, id))
            self._work[id] = task
            task.add_done_callback(lambda _: self._work.pop(id, None))
        return task

    async def _some_of(self, task: asyncio.Task[None], seconds: float) -> None:
        done, _ = await asyncio.wait((task,), timeout=seconds)
        if done:
            task.result()

    async def _until_done(self, name: str, id: str) -> None:
        while True:
            with suppress(StoreError):
                return await self._finish(name, id)
            await asyncio.sleep(self._patience / 2)

    async def _finish(self, name: str, id: str) -> None:
        row = await self._catalog.read(name, decided=True)
        if row is None or row.id != id:
            return
        if row.status == "CREATING":
            await self._finish_create(name, row)
        elif row.status == "DELETING":
            await self._finish_drop(name, row)

    async def _finish_create(self, name: str, row: CatalogRow) -> None:
        table = decoded(name, row)
        async with self._schema, self._leases.held(_LEASE, _LEASE_SECONDS):
            if not await self._still(name, row):
                return
            if table.layout == PER_TABLE:
                await self._create_keyspace(keyspace_of(self._keyspace, table))
            if table.attached is None:
                columns = required(table.translator).columns
                cql = item_table(self._keyspace, table, columns, self._dialect.options)
                await self._patient.ddl(cql)
            for index in _global(table).values():
                await self._patient.ddl(self._entry_table(table, index))
            await self._streams.begin(table)
            await self._faults.at("create:made")
            active = encode(replace(table, status="ACTIVE"))
            values = ("ACTIVE", active, name, row.id, row.revision)
            await self._patient.execute(self._statements.activate, values)

    async def _finish_drop(self, name: str, row: CatalogRow) -> None:
        table = decoded(name, row)
        await self.acknowledged(row.at or 0)
        await self._faults.at("drop:acknowledged")
        await self._streams.finished(table)
        async with self._schema, self._leases.held(_LEASE, _LEASE_SECONDS):
            if not await self._still(name, row):
                return
            values = entry_tables_of(self._keyspace, table)
            for (entries,) in (
                await self._patient.execute(self._dialect.entry_tables, values)
            ).rows:
                await self._patient.ddl(drop_entry_table(values[0], entries))
            if table.attached is None:
                await self._patient.ddl(drop_item_table(self._keyspace, table))
            if table.layout == PER_TABLE:
                await self._patient.ddl(drop_keyspace(keyspace_of(self._keyspace, table)))
            await self._faults.at("drop:dropped")
            await self._patient.execute(self._statements.remove, (name, row.id, row.revision))

    async def _create_keyspace(self, name: str) -> None:
        try:
            replication = await schema.replication_now(self._session, self._address)
        except DriverFault as fault:
            raise StoreUnavailable(f"the nodes cannot be counted: {fault}") from fault
        await self._patient.ddl(self._dialect.keyspace(name, replication))

    def _entry_table(self, table: Table, index: Index) -> str:
        return entry_table(self._keyspace, table, index, self._dialect.options)

    async def _still(self, name: str, before: CatalogRow) -> bool:
        """Whether nobody else has finished it meanwhile."""
        row = await self._catalog.read(name, decided=True)
        return row is not None and (row.id, row.status) == (before.id, before.status)

    async def acknowledged(self, version: int) -> None:
        """Until no process acts on what was before `version`, one way or the other."""
        end = self._clock.monotonic() + self._silence
        while self._clock.monotonic() < end:
            if await self._members.all_acknowledged(version):
                return
            await asyncio.sleep(_ACK_POLL_SECONDS)


def _global(table: Table) -> dict[int, Index]:
    """Its global indexes, those with a table of their own, by number."""
    return {index.number: index for index in table.kept_indexes if not index.local}
