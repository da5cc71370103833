"""The store contract: keys, items, versions and the catalog, nothing else.

A store never sees an expression, an API limit or HTTP. `app/testing/contract` is the suite
every store passes; `app/store/sqlite` is the readable implementation.

Outcomes that callers expect are values (`Committed`, `Conflict`, ...); faults are exceptions:
StoreUnavailable (nothing applied), StoreUnknown (a write's outcome could not be found out),
TableGone (the catalog copy used was stale).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ..model.index import EntryChange, Position
from ..model.plans import Delta
from ..model.rows import Bounds, Item, Key, KeyValue, Page, Row, Segment
from ..model.stream import LoggedRecord, Record, Shard, StreamOfTable
from ..model.table import Index, Table
from .capabilities import Capabilities as Capabilities
from .capabilities import Translation as Translation
from .outcomes import Committed as Committed
from .outcomes import Conflict as Conflict
from .outcomes import InProgress as InProgress
from .outcomes import Locked as Locked
from .outcomes import Outcome as Outcome
from .outcomes import Replayed as Replayed
from .outcomes import Spent as Spent
from .outcomes import TokenMismatch as TokenMismatch

ANY = -1
"""Expected version: write whatever is there, without reading it."""
ABSENT = 0
"""Expected version: no item there. Versions of items are greater than 0."""

LEASE_SECONDS = 10.0
"""How long a job stays with a process that does not ask for it again: see `leads`."""


class Write(NamedTuple):
    """One item of a batch. `item` is the whole new image with its key attributes; None deletes.

    `entries` and `record`, which is for the table's stream, become durable with it; ANY is refused
    together with them, as they come from the image that is expected. check: nothing is written,
    only `expected` is demanded.

    delta: instead of `item` and with ANY, alone in its batch, of a table whose translation has
    `blind_update`, and that has neither indexes nor a stream. Conflict then says that there is no
    item, or that it may grow too large: it must be read.
    """

    table: Table
    key: Key
    expected: int
    item: Item | None
    entries: tuple[EntryChange, ...] = ()
    record: Record | None = None
    check: bool = False
    delta: Delta | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """Names a batch, so that it is committed once however often it is sent: for ten minutes.

    digest: of what the client asked for; one text with two digests is a mistake of the client's.
    """

    text: str
    digest: bytes


class Batch(NamedTuple):
    """Writes that become durable together or not at all. No key of a table may occur twice."""

    writes: tuple[Write, ...]
    token: Token | None = None


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Entries in the order of `scan_index`, each where it stands; `more` as in `Page`."""

    entries: tuple[tuple[Position, Row], ...]
    more: bool


class Inspector(Protocol):
    """One table as those see it who compare its items with its indexes. Raises as `Store` does."""

    async def decided(self, key: Key) -> Row | None:
        """As a consistent `get`; what it does not show has not been written so far, also by those
        who have died on the way."""
        ...

    async def entry(self, index: Index, position: Position) -> Row | None:
        """What the index holds at this position, as it is now."""
        ...

    async def entries(self, index: Index, *, after: Position | None, limit: int) -> EntryPage:
        """As a consistent `scan_index` of all; positions are where entries stand, whatever their
        contents say."""
        ...


@dataclass(frozen=True, slots=True)
class StreamPage:
    """Records of a shard in order. `next` is the sequence number from which to read on; None: it is
    closed and this was its end."""

    records: tuple[LoggedRecord, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class Trimmed:
    """A record at the position that was asked for is not kept any more."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look at the place of the data found, and the remedy where something is wrong."""

    check: str
    sentence: str
    remedy: str | None = None


class Store(Protocol):
    """Every method may raise StoreUnavailable; those that take a table may raise TableGone."""

    capabilities: Capabilities

    def translation(self, name: str) -> Translation | None:
        """The way of keeping items of that name (`Table.translator`), if this store knows it."""
        ...

    async def open(self) -> None:
        """Connects, and creates what it needs (file, keyspaces, catalog). Call once, after fork."""
        ...

    async def close(self) -> None:
        """Waits for writes under way, then lets go of everything."""
        ...

    async def examine(self) -> list[Finding]:
        """What an operator should know of the place of the data. Asks a little, changes nothing."""
        ...

    async def idle(self) -> None:
        """Returns when nothing is under way any more that a finished call has begun."""
        ...

    async def ping(self) -> None:
        """One cheap round trip. Raises StoreUnavailable."""
        ...

    # -- items ------------------------------------------------------------------------------

    async def get(self, table: Table, key: Key, *, consistent: bool) -> Row | None:
        """The item, or None. consistent: sees every write acknowledged before the call."""
        ...

    async def get_many(
        self, table: Table, keys: Sequence[Key], *, consistent: bool
    ) -> list[Row | None]:
        """One entry for each key, in order. Not a snapshot: each is a `get` of its own."""
        ...

    async def query(
        self,
        table: Table,
        partition: KeyValue,
        bounds: Bounds,
        *,
        after: Key | None = None,
        limit: int,
        reverse: bool = False,
        consistent: bool = False,
    ) -> Page:
        """Rows of one partition within `bounds`, by sort key: at most `limit`, from behind `after`.

        `after` need not exist. A page may hold fewer rows than `limit` although more follow (a
        store bounds the bytes it holds); it holds at least one row unless `more` is False.
        """
        ...

    async def scan(
        self,
        table: Table,
        segment: Segment,
        *,
        after: Key | None = None,
        limit: int,
        consistent: bool = False,
    ) -> Page:
        """Rows of one segment in the store's hash order, which is the same in every process.

        The segments of one `total` are disjoint and together cover the table. An item that is there
        all the while is returned exactly once by a scan that resumes behind each page's last key.
        """
        ...

    async def query_index(
        self,
        table: Table,
        index: Index,
        partition: bytes,
        bounds: Bounds,
        *,
        after: Position | None = None,
        limit: int,
        reverse: bool = False,
        consistent: bool = False,
    ) -> Page:
        """As `query`, over entries: `partition` and `bounds` are of their places.

        `bounds` are half open: lower included, upper not. Rows are projected items under the key
        of their item, with version 0. Entries of a global index may appear
        and go a moment after the write is acknowledged, those of a local one never.
        """
        ...

    async def scan_index(
        self,
        table: Table,
        index: Index,
        segment: Segment,
        *,
        after: Position | None = None,
        limit: int,
        consistent: bool = False,
    ) -> Page:
        """As `scan`, over entries, in the hash order of the index's partitions.

        Those of a local index are the table's: an entry is in the segment of its item.
        """
        ...

    def inspect(self, table: Table) -> Inspector: ...

    def in_segment(self, table: Table, partition: KeyValue, segment: Segment) -> bool:
        """Whether a scan of `segment` could return this partition, of the table or an index."""
        ...

    def admit(self, table: Table, key: Key, item: Item | None) -> None:
        """What a write of this item, or a delete, would refuse as such, for callers who must know
        before others are written. Raises a ValidationException."""
        ...

    async def commit(self, batch: Batch) -> Outcome:
        """All or nothing. Raises StoreUnknown when the outcome stays unknown: never call it again.

        TableChanged: `table` of a write is not the latest; look it up and make the write anew.

        expected ANY writes without reading; a version (or ABSENT) must be what is there. A delete
        of an absent item with ANY or ABSENT is Committed.
        """
        ...

    # -- streams ----------------------------------------------------------------------------

    async def streams(self, table_name: str | None = None) -> list[StreamOfTable]:
        """All streams, or those of tables of this name, by the UTF-8 bytes of name and label.

        One that was disabled, or whose table was deleted, is kept for 24 hours.
        """
        ...

    async def stream(self, table_name: str, label: str) -> StreamOfTable | None:
        """The one of these names, as `streams` has it."""
        ...

    async def shards(self, stream: StreamOfTable) -> list[Shard]:
        """In the order of their numbers; model/shards.py says which there are.

        One that was split is closed, and is kept for 24 hours. All are closed once the stream is
        DISABLED. All records of one item are in one shard, or in it and its descendants, in the
        order of its writes.
        """
        ...

    async def read_stream(
        self, stream: StreamOfTable, shard: int, *, start: int | None, limit: int
    ) -> StreamPage | Trimmed:
        """At most `limit` records from the sequence number `start` on; None: from the oldest kept.

        Sequence numbers of a shard are 1, 2, 3, ... A record appears at the latest moments after
        its write is acknowledged, and is kept for 24 hours. A page may be shorter than `limit`
        although more follows: a store bounds the bytes it holds.
        """
        ...

    async def spent(self, token: Token) -> Spent | None:
        """What `commit` would say of the token before anything else; None: it may be used."""
        ...

    async def snapshot(
        self, reads: Sequence[tuple[Table, Key]]
    ) -> tuple[Row | None, ...] | Conflict:
        """The items as they all were at one moment, after every write acknowledged before the call.

        Conflict: they are being written all the while.
        """
        ...

    # -- catalog ----------------------------------------------------------------------------

    def cached_table(self, name: str) -> Table | None:
        """The table from a catalog copy that may still be used, else None. No I/O that blocks."""
        ...

    async def table(self, name: str) -> Table | None:
        """The table as the catalog has it now (any status), or None. There is no negative cache."""
        ...

    async def table_names(self, *, after: str | None, limit: int) -> list[str]:
        """At most `limit` names behind `after`, in the order of their UTF-8 bytes."""
        ...

    async def create_table(self, table: Table) -> bool:
        """Makes the table usable through every process; False, nothing done, if the name is taken.

        Returns when it is ACTIVE, or earlier if that takes long: the catalog then says CREATING and
        the work goes on here or, if this process dies, in another one.
        """
        ...

    async def change_table(self, table: Table) -> bool:
        """Replaces the catalog row of this id and the version one less; False if there is none.

        A stream that the row had and has no more becomes DISABLING, then, when all its records are
        in, DISABLED.
        """
        ...

    async def settled(self, table: Table) -> None:
        """Returns when no process acts on an earlier version of this table any more."""
        ...

    async def quiet(self, table: Table) -> None:
        """Returns when nothing that was sent to this table before can still prevail over what is
        sent from now on. Nobody writes to it meanwhile: it is held, and `settled`."""
        ...

    async def drop_table(self, table: Table) -> bool:
        """DELETING first, so that no process writes to it any more; then table and name are gone.

        False if the row (id and version) is not as given. Returns when gone, or earlier if a silent
        process must be waited out: the work then goes on as for `create_table`.
        """
        ...

    # -- jobs -------------------------------------------------------------------------------

    async def census(self, table: Table) -> bytes | None:
        """What was kept last of this table (of its id), by any process."""
        ...

    async def keep_census(self, table: Table, data: bytes) -> None:
        """Replaces it. It goes with the table, or some time after it."""
        ...

    async def leads(self, job: str) -> bool:
        """Whether this process is the one that does `job`, of all that share the data.

        To be asked before each step that takes less than LEASE_SECONDS. Who holds up in the middle
        of one may overlap with its successor: steps of a job must bear that.
        """
        ...
