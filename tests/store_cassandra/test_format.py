"""What a newer dynaspan keeps, an older one does not touch; nor one in another datacentre."""

from __future__ import annotations

import uuid

import pytest

from app.clock import SystemClock
from app.errors import StoreUnavailable
from app.metrics import Metrics
from app.model.rows import Key
from app.store.base import Committed
from app.store.cassandra import CassandraStore, schema
from app.store.cassandra.session import Consistency, Statement
from app.store.cassandra.url import parse
from tests.store_cassandra.support import created, drop_keyspaces, new_table, put


async def test_a_catalog_of_a_newer_format_is_refused_by_who_starts(
    cassandra_contact: str,
) -> None:
    own = f"cassandra://{cassandra_contact}/?keyspace=test_{uuid.uuid4().hex[:12]}"
    first, second = (CassandraStore(own, clock=SystemClock(), metrics=Metrics()) for _ in range(2))
    await first.open()
    newer = Statement(
        f"UPDATE {parse(own).keyspace}_catalog.format SET number = ? WHERE name = 'format' "
        "IF number = ?",
        Consistency.LOCAL_QUORUM,
        conditional=True,
    )
    await first._session.execute(newer, (schema.FORMAT + 1, schema.FORMAT), 5.0)
    with pytest.raises(StoreUnavailable, match="knows formats up to 1: upgrade it"):
        await second.open()
    await second.close()
    await first.close()
    await drop_keyspaces(own)


async def test_an_older_catalog_is_taken_to_the_newer_format(
    cassandra_contact: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = f"cassandra://{cassandra_contact}/?keyspace=test_{uuid.uuid4().hex[:12]}"
    older, newer, late = (
        CassandraStore(own, clock=SystemClock(), metrics=Metrics()) for _ in range(3)
    )
    await older.open()
    monkeypatch.setattr(schema, "FORMAT", schema.FORMAT + 1)
    await newer.open()
    monkeypatch.undo()
    # Who runs goes on: tables have formats of their own.
    table = await created(older, new_table("S", None))
    assert await put(older, table, Key("a", None)) == Committed()
    with pytest.raises(StoreUnavailable, match="upgrade"):
        await late.open()
    for store in (late, newer, older):
        await store.close()
    await drop_keyspaces(own)


# B10: rounds at LOCAL_SERIAL in two datacentres are two groups that know nothing of each other.
async def test_data_is_written_in_one_datacentre(cassandra_contact: str) -> None:
    own = f"cassandra://{cassandra_contact}/?keyspace=test_{uuid.uuid4().hex[:12]}"
    first, second = (CassandraStore(own, clock=SystemClock(), metrics=Metrics()) for _ in range(2))
    await first.open()
    elsewhere = Statement(
        f"UPDATE {parse(own).keyspace}_catalog.format SET word = ? WHERE name = 'datacenter' "
        "IF word = ?",
        Consistency.LOCAL_QUORUM,
        conditional=True,
    )
    await first._session.execute(elsewhere, ("mars", "datacenter1"), 5.0)
    with pytest.raises(
        StoreUnavailable, match="written in datacentre mars, and these are nodes of datacenter1"
    ):
        await second.open()
    await second.close()
    await first.close()
    await drop_keyspaces(own)
