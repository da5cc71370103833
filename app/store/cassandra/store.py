"""The store contract over Apache Cassandra. README.md says what is kept how, and why it is safe."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from ...clock import Clock
from ...config import ConfigError
from ...errors import StoreError, StoreUnavailable, TableGone
from ...faults import NO_FAULTS, Faults
from ...metrics import Metrics
from ...model.attachment import VIRTUAL_PREFIXES
from ...model.isolation import LWT, TO_PLAIN
from ...model.stream import RETENTION_SECONDS
from ...model.table import Table
from .. import base
from . import preflight, schema, translator
from .attached import AttachedTables
from .attempt import Tools
from .blind import BlindWriter
from .cas import Refused, Writer
from .catalog import POLL_SECONDS, Catalog
from .changes import Changes
from .dialect import CASSANDRA, Dialect
from .drivers import driver_of
from .entries import Entries
from .index_statements import MarkStatements
from .intents import Intents
from .leases import Leases, Office
from .marks import Marks
from .members import Membership, Slot
from .patience import Deadline, Patient, connect
from .plain import PlainWriter
from .plain_writes import PlainWrites, is_plain
from .reading import Reading
from .repair import Repair
from .session import DriverFault, Session, Unconfigured
from .streams import Streams
from .sweeper import Sweeper
from .tokens import Tokens
from .transaction_statements import TransactionStatements
from .transactions import Transactions
from .underway import Generation, Underway
from .url import Address, parse, password

if TYPE_CHECKING:
    from .columns.schema import Found

_PING_SECONDS = 1.0
_GOODBYE_SECONDS = 1.5
TAKE_OVER_SECONDS = 5.0


class CassandraStore(Reading):
    """`url` as in `url.py`. `deadline`: seconds one call may take. `session` replaces the driver in
    tests, `patience` says after how many seconds work of a dead process is taken over,
    `keep_seconds` for how long records of streams are kept, `system_tables` whether Cassandra's own
    are served.

    Raises ConfigError for a URL that cannot be used.
    """

    capabilities = base.Capabilities(
        shared=True,
        durable=True,
        batches=True,
        indexes=True,
        streams=True,
        transactions=True,
        partition_contention=True,
        # With five local indexes and a stream eight are in one batch, of which 16 MB is too much.
        item_bytes=1 << 20,
        plain_writes=True,
        keyspaces=True,
    )

    def __init__(
        self,
        url: str | Address,
        *,
        clock: Clock,
        metrics: Metrics,
        faults: Faults = NO_FAULTS,
        deadline: float = 5.0,
        session: Session | None = None,
        patience: float = TAKE_OVER_SECONDS,
        dialect: Dialect = CASSANDRA,
        keep_seconds: int = RETENTION_SECONDS,
        system_tables: bool = False,
    ) -> None:
        address = parse(url) if isinstance(url, str) else url
        if deadline > address.bounds.write:
            raise ConfigError(
                f"store: write_seconds={address.bounds.write:g} must not be less than "
                f"the deadline of {deadline:g} seconds"
            )
        self._address = address
        self._dialect = dialect
        self._clock = clock
        self._deadline = deadline
        self._patience = patience
        self._session = session or driver_of(address, password(address.password_env))
        patient = Patient(self._session, clock, deadline, dialect.schema_seconds)
        catalog_keyspace = schema.catalog_keyspace(address.keyspace)
        catalog = dialect.catalog(catalog_keyspace)
        self._catalog_statements = catalog
        self._underway = Underway()
        self._system_tables = system_tables
        self._members = Membership(self._session, patient, catalog, clock, address.bounds)
        leases = Leases(patient, catalog)
        self._leases = leases
        self._offices: dict[str, Office] = {}
        self._slot = Slot(leases, clock)
        copies = Catalog(
            *(self._session, patient, catalog, self._members, self._underway, clock),
            address.bounds,
        )
        attached = AttachedTables(
            *(address.keyspace, self._session, patient, clock, metrics),
            deadline,
        )
        super().__init__(address.keyspace, patient, copies, dialect, clock, attached)
        self._poked = asyncio.Event()
        self._streams = Streams(
            *(catalog_keyspace, patient, copies, self._table, self._acknowledged, leases, clock),
            *(faults, metrics),
            patience=patience,
            keep_seconds=keep_seconds,
        )
        self.streams, self.stream = self._streams.reads.streams, self._streams.reads.stream
        self.shards, self.read_stream = self._streams.reads.shards, self._streams.reads.read_stream
        self._changes = Changes(
            self._session,
            self._patient,
            catalog,
            self._catalog,
            self._members,
            leases,
            clock,
            faults,
            address=address,
            dialect=dialect,
            deadline=deadline,
            patience=patience,
            poke=self._poked.set,
            streams=self._streams,
        )
        marks = MarkStatements(catalog_keyspace, "dirty", "entries")
        self._marks = Marks(self._patient, marks)
        transactions = TransactionStatements(schema.catalog_keyspace(address.keyspace))
        self._tokens = Tokens(
            *(self._patient, transactions, self._resolver, self._catalog, self._table)
        )
        repair = Repair(self._patient, self._catalog, self._table, self._resolver, self._tokens)
        self._sweeper = Sweeper(self._patient, marks, self._marks, repair, leases, clock, patience)
        self._entries = Entries(self._patient, self._marks, clock, faults)
        self._writer = Writer(self._session, clock, metrics, faults, deadline, self._next_version)
        self._intents = Intents(dialect, self._entries, self._streams.outboxes)
        self._blind = BlindWriter(self._writer)
        self._plain = PlainWriter(
            *(self._session, patient, self._underway, clock, faults),
            seconds=deadline,
            most_skew=address.bounds.skew,
            linger=address.bounds.write,
        )
        self._plain_writes = PlainWrites(
            self._plain, patient, self._reads, dialect, self._next_version
        )
        self._translations: dict[str, base.Translation] = {}
        tools = Tools(
            session=self._session,
            patient=self._patient,
            clock=clock,
            faults=faults,
            seconds=deadline,
            statements=transactions,
            marks=self._marks,
            tokens=self._tokens,
            resolver=self._resolver,
            entries=self._entries,
            outboxes=self._streams.outboxes,
            admit=dialect.admit,
        )
        self._transactions = Transactions(tools, self._reads, self._next_version)
        self._tasks: list[asyncio.Task[None]] = []

    def translation(self, name: str) -> base.Translation | None:
        known = self._translations.get(name)
        if known is None:
            found = translator.find(name)
            if found is None:
                return None
            blind = self._dialect.blind_update and translator.blind(found) is not None
            known = self._translations[name] = base.Translation(blind)
        return known

    # -- life -------------------------------------------------------------------------------

    async def open(self) -> None:
        await connect(self._session, Deadline(self._clock, self._deadline))
        await preflight.check(
            self._patient, self._clock, allow_paxos_v1=self._address.allow_paxos_v1
        )
        await schema.create(self._session, self._patient, self._address, self._dialect)
        await self._patient.execute(self._catalog_statements.first_version)
        try:
            # Registered before the first look at the catalog: see Membership.
            await self._members.beat()
            await self._catalog.follow()
        except DriverFault as fault:
            raise StoreUnavailable(f"the catalog cannot be read: {fault}") from fault
        await self._slot.lease()
        self._tasks = [
            asyncio.create_task(self._follow()),
            asyncio.create_task(self._keep_house()),
            asyncio.create_task(self._sweeper.run()),
            asyncio.create_task(self._streams.relay.run()),
        ]

    async def close(self) -> None:
        # What lingers is waited for by others, as if this process had fallen silent.
        lingers = self._plain.lingers
        await self._plain.close()
        await self._underway.drained()
        await self._transactions.close()
        await self._marks.close()
        await self._streams.marks.close()
        await self._changes.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self._catalog.close()
        await self._sweeper.close()
        await self._streams.relay.close()
        for office in self._offices.values():
            await office.free()
        # Who cannot say goodbye is forgotten by and by.
        with suppress(DriverFault, TimeoutError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                if not lingers:
                    await self._members.leave()
                await self._slot.free()
        await self._session.close()

    async def examine(self) -> list[base.Finding]:
        # Imported here: one process of all examines.
        from .doctor import Doctor

        return await Doctor(self._session, self._address, self._clock, self._deadline).examine()

    async def idle(self) -> None:
        await self._marks.close()

    async def ping(self) -> None:
        statement = self._catalog_statements.version
        try:
            await self._session.execute(statement, (), _PING_SECONDS)
        except DriverFault as fault:
            raise StoreUnavailable(f"Cassandra does not answer: {fault}") from fault

    async def _follow(self) -> None:
        """Keeps catalog copies current, and this process registered."""
        while True:
            # Not wait_for: before Python 3.12 it may swallow that this task is cancelled.
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._poked.wait()
            self._poked.clear()
            # While Cassandra does not answer, copies run out and writes are refused.
            with suppress(DriverFault):
                await self._catalog.follow()

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(self._patience / 2)
            with suppress(StoreError):
                if self._slot.renewal_due:
                    await self._slot.renew()
                await self._changes.take_over()

    # -- writes -----------------------------------------------------------------------------

    async def commit(self, batch: base.Batch) -> base.Outcome:
        write = batch.writes[0]
        single = len(batch.writes) == 1 and batch.token is None and not write.check
        generation = self._underway.enter()
        try:
            if not single:
                return await self._commit_all(batch)
            await self._catalog.confirm(write.table)
            outcome = await self._write(write, generation)
            if isinstance(outcome, base.Locked):
                await self._resolver.press(self._table(write.table), write.key)
            return outcome
        except Unconfigured:
            raise await self._gone(write.table) from None
        finally:
            self._underway.leave(generation)

    async def _write(self, write: base.Write, generation: Generation) -> base.Outcome:
        if write.table.attached is not None:
            return await self._attached.write(write, write.table.attached)
        if is_plain(write):
            return await self._plain_writes.write(write, self._table(write.table), generation)
        if write.delta is None:
            outcome = await self._writer.write(self._intents.of(write, self._table(write.table)))
            return base.Conflict() if isinstance(outcome, Refused) else outcome
        items = self._table(write.table)
        changes = items.changes
        if changes is None or write.table.is_ordered:
            raise ValueError("a delta of a table whose items must be read")
        return await self._blind.write(write, write.delta, items, changes)

    async def _commit_all(self, batch: base.Batch) -> base.Outcome:
        tables = {write.table.id: write.table for write in batch.writes}
        if any(table.writes != LWT for table in tables.values()):
            raise ValueError("a transaction on a table that is not written by LWT alone")
        for table in tables.values():
            await self._catalog.confirm(table)
        items = [self._table(write.table) for write in batch.writes]
        try:
            return await self._transactions.commit(batch, items)
        except Unconfigured:
            # Which of them it is, Cassandra does not say.
            faults = [await self._gone(table) for table in tables.values()]
            raise next((f for f in faults if isinstance(f, TableGone)), faults[0]) from None

    async def spent(self, token: base.Token) -> base.Spent | None:
        return await self._tokens.spent(token)

    async def _acknowledged(self, version: int) -> None:
        await self._changes.acknowledged(version)

    def _next_version(self, identity: object, above: int) -> int:
        return self._slot.versions.next(identity, above)

    # -- catalog ----------------------------------------------------------------------------

    def cached_table(self, name: str) -> Table | None:
        return self._catalog.cached(name)

    async def table(self, name: str) -> Table | None:
        if self._system_tables and name.startswith(VIRTUAL_PREFIXES):
            return await self._attached.system_table(name)
        return await self._catalog.table(name)

    async def table_names(self, *, after: str | None, limit: int) -> list[str]:
        return await self._catalog.names(after, limit)

    async def create_table(self, table: Table) -> bool:
        return await self._changes.create(table)

    async def attachable(self, keyspace: str, table: str) -> Found:
        """What a table that others have made looks like. Raises ConfigError."""
        return await self._attached.find(keyspace, table)

    async def change_table(self, table: Table) -> bool:
        return await self._changes.change(table)

    async def settled(self, table: Table) -> None:
        await self._changes.settled(table)

    async def quiet(self, table: Table) -> None:
        # Nodes take the time of a write from their own clocks.
        await asyncio.sleep(self._address.bounds.skew)
        if table.writes == TO_PLAIN:
            await self._resolver.finish_all(table)

    async def drop_table(self, table: Table) -> bool:
        return await self._changes.drop(table)

    # -- jobs -------------------------------------------------------------------------------

    async def census(self, table: Table) -> bytes | None:
        statement = self._catalog_statements.census
        rows = (await self._patient.execute(statement, (table.id,))).rows
        return rows[0][0] if rows else None

    async def keep_census(self, table: Table, data: bytes) -> None:
        await self._patient.execute(self._catalog_statements.keep_census, (table.id, data))

    async def leads(self, job: str) -> bool:
        office = self._offices.get(job)
        if office is None:
            seconds = round(base.LEASE_SECONDS)
            office = self._offices[job] = Office(self._leases, self._clock, f"job {job}", seconds)
        return await office.held()
