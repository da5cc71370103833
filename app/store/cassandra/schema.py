"""Keyspaces and tables of the store itself, made by the first process that opens an empty cluster.

Several may do so at once, through several nodes. CREATE ... IF NOT EXISTS does not settle that
before Cassandra 6: two nodes would make two tables of one name. With the same id in both
statements they make the same table.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Mapping
from contextlib import suppress

from ...errors import StoreUnavailable
from .dialect import Dialect
from .patience import Patient
from .session import Consistency, DriverFault, Session, Statement, Unconfigured
from .statements import own_prefix
from .url import Address

FORMAT = 1
"""Of everything kept here. Raised when an older dynaspan must not touch what a newer one keeps; a
newer one reads what an older one has kept."""

_MARKS = (
    "slot bigint, shard int, id blob, ver bigint, table_name text, table_id text, pk blob, "
    "sk blob, places blob, PRIMARY KEY ((slot, shard), id)"
)
CATALOG_TABLES = {
    "format": "name text PRIMARY KEY, number bigint, word text",
    # One partition, so that a row and the version of the whole change in one LWT, and names sort.
    "tables": (
        "part text, version bigint static, changed text static, name text, id text, revision int, "
        "status text, at bigint, change blob, spec blob, PRIMARY KEY (part, name)"
    ),
    "members": "id blob PRIMARY KEY, acked bigint",
    "leases": "name text PRIMARY KEY, owner blob",
    "dirty": _MARKS,
    "pending": _MARKS,
    "census": "id text PRIMARY KEY, data blob",
    "swept": "name text PRIMARY KEY, slot bigint",
    "heads": (
        "stream text, shard int, owner blob, seq bigint, base bigint, refs blob, closed boolean, "
        "PRIMARY KEY ((stream, shard))"
    ),
    "log": (
        "stream text, shard int, bucket bigint, seq bigint, at bigint, record blob, "
        "PRIMARY KEY ((stream, shard, bucket), seq)"
    ),
    "buckets": "stream text, shard int, bucket bigint, PRIMARY KEY ((stream, shard), bucket)",
    "former": (
        "name text, label text, id text, spec blob, closed boolean, PRIMARY KEY (name, label)"
    ),
    "transactions": "id blob PRIMARY KEY, state text, client text, writes blob",
    "tokens": "name text PRIMARY KEY, digest blob, txn blob, home blob, done boolean",
}
"""Columns and primary key of each, as CQL."""
# Rows come and go with every write: the default, ten days, would leave their tombstones that long.
_GC_GRACE_SECONDS = dict.fromkeys(
    ("dirty", "pending", "log", "buckets", "transactions", "tokens"), 3 * 3600
)
_DEFAULT_GC_GRACE_SECONDS = 864_000
TIMED = ("dirty", "pending", "members", "former")
"""Of those: the ones whose writers give the time of their writes."""
_THREE = 3
_ID = re.compile("[0-9a-f]{32}")
# How often, and how far apart, a cluster of two nodes is looked at again.
_LOOKS = 12
_LOOK_SECONDS = 0.25
# Nobody waits for an answer, and a server that gives up is started again, to do the same.
_FIRST_TIMES = 3


def catalog_keyspace(keyspace: str) -> str:
    return f"{keyspace}_catalog"


def catalog_table(catalog: str, name: str, dialect: Dialect) -> str:
    """The statement that makes a table of `CATALOG_TABLES`."""
    options = dialect.options(
        uuid.uuid5(uuid.NAMESPACE_URL, f"{catalog}.{name}"),
        _GC_GRACE_SECONDS.get(name, _DEFAULT_GC_GRACE_SECONDS),
        timestamps=name in TIMED,
    )
    return f"CREATE TABLE IF NOT EXISTS {catalog}.{name} ({CATALOG_TABLES[name]}) {options}"


def is_ours(keyspace: str, name: str) -> bool:
    """Whether the keyspace `name` belongs to a store, by its name: one of its two, or a table's."""
    prefix = own_prefix(keyspace)
    of_table = name.startswith(prefix) and _ID.fullmatch(name, len(prefix)) is not None
    return name in (keyspace, catalog_keyspace(keyspace)) or of_table


async def create(session: Session, patient: Patient, address: Address, dialect: Dialect) -> None:
    """What is not there yet. Needs no right to create when all is. Raises StoreUnavailable."""
    catalog = catalog_keyspace(address.keyspace)
    there = {name for (name,) in (await patient.execute(dialect.keyspaces)).rows}
    try:
        for keyspace in (address.keyspace, catalog):
            if keyspace not in there:
                replication = await _replication(session, address)
                await patient.ddl(dialect.keyspace(keyspace, replication), times=_FIRST_TIMES)
            await session.refresh_keyspace(keyspace)
    except DriverFault as fault:
        raise StoreUnavailable(f"the keyspaces cannot be made: {fault}") from fault
    found = dialect.made((await patient.execute(dialect.tables, (catalog,))).rows)
    known = 0
    if "format" in found:
        # One that is just being made is listed a moment before it can be read.
        with suppress(Unconfigured):
            known = await _format(patient, catalog)
    for name in CATALOG_TABLES:
        if name not in found:
            await patient.ddl(catalog_table(catalog, name, dialect), times=_FIRST_TIMES)
    for _ in range(_LOOKS):
        try:
            if known < FORMAT:
                known = await _raise_format(patient, catalog)
            return await _one_datacenter(patient, catalog)
        except Unconfigured:
            await asyncio.sleep(_LOOK_SECONDS)
    raise StoreUnavailable(f"the nodes do not know the tables of {catalog} yet")


async def _format(patient: Patient, catalog: str) -> int:
    """Raises StoreUnavailable if it is a newer one."""
    select = f"SELECT number FROM {catalog}.format WHERE name = 'format'"
    rows = (await patient.execute(Statement(select, Consistency.LOCAL_QUORUM))).rows
    known: int = rows[0][0] if rows else 0
    if known > FORMAT:
        raise StoreUnavailable(
            f"keyspace {catalog} has format {known}, and this dynaspan knows formats up to "
            f"{FORMAT}: upgrade it"
        )
    return known


async def _raise_format(patient: Patient, catalog: str) -> int:
    """Of several processes of different versions the newest prevails, and the others notice."""
    for text, values in (
        (f"INSERT INTO {catalog}.format (name, number) VALUES ('format', ?) IF NOT EXISTS", 1),
        (f"UPDATE {catalog}.format SET number = ? WHERE name = 'format' IF number < ?", 2),
    ):
        statement = Statement(text, Consistency.LOCAL_QUORUM, conditional=True)
        await patient.execute(statement, (FORMAT,) * values)
    return await _format(patient, catalog)


async def _one_datacenter(patient: Patient, catalog: str) -> None:
    """Rounds at LOCAL_SERIAL in two datacentres would know nothing of each other."""
    local = Statement("SELECT data_center FROM system.local", Consistency.LOCAL_ONE)
    ((here,),) = (await patient.execute(local)).rows
    select = f"SELECT word FROM {catalog}.format WHERE name = 'datacenter'"
    rows = (await patient.execute(Statement(select, Consistency.LOCAL_QUORUM))).rows
    if not rows:
        insert = f"INSERT INTO {catalog}.format (name, word) VALUES ('datacenter', ?) IF NOT EXISTS"
        statement = Statement(insert, Consistency.LOCAL_QUORUM, conditional=True)
        await patient.execute(statement, (here,))
        rows = (await patient.execute(Statement(select, Consistency.LOCAL_QUORUM))).rows
    if rows[0][0] != here:
        raise StoreUnavailable(
            f"this data is written in datacentre {rows[0][0]}, and these are nodes of {here}: "
            f"name nodes there, or add ?local_dc={rows[0][0]} to the store URL"
        )


async def _replication(session: Session, address: Address) -> dict[str, int]:
    wanted = address.replication
    named = wanted.keys() if isinstance(wanted, Mapping) else set()
    seen = await session.datacenters()
    # A cluster that has just started is seen node by node, and what is chosen now is kept: two
    # nodes may be three.
    for _ in range(_LOOKS):
        if not (wanted is None and _THREE - 1 in seen.values()) and named <= seen.keys():
            break
        await asyncio.sleep(_LOOK_SECONDS)
        seen = await session.datacenters()
    return _chosen(wanted, seen)


async def replication_now(session: Session, address: Address) -> dict[str, int]:
    """Of a keyspace that is made while the store is open. Raises DriverFault, StoreUnavailable."""
    return _chosen(address.replication, await session.datacenters())


def _chosen(wanted: Mapping[str, int] | int | None, seen: Mapping[str, int]) -> dict[str, int]:
    named = wanted.keys() if isinstance(wanted, Mapping) else set()
    if missing := sorted(named - seen.keys()):
        raise StoreUnavailable(
            f"replication names datacentre {', '.join(missing)}, and the cluster has "
            f"{', '.join(sorted(seen))}: correct the store URL"
        )
    return replicas(wanted, seen)


def replicas(
    wanted: Mapping[str, int] | int | None, datacenters: Mapping[str, int]
) -> dict[str, int]:
    """Replicas in each datacentre. It is not changed later: a cluster that grows keeps it."""
    if isinstance(wanted, Mapping):
        return dict(wanted)
    if wanted is not None:
        return dict.fromkeys(datacenters, wanted)
    return {name: _THREE if nodes >= _THREE else 1 for name, nodes in datacenters.items()}
