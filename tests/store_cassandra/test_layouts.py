"""Tables with a keyspace of their own: what is made, dropped, asked of and told about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.config import ConfigError
from app.model.table import PER_TABLE, Index, KeyAttribute, Table
from app.store.cassandra import CassandraStore
from app.store.cassandra.python_driver import PythonDriver
from app.store.cassandra.schema import is_ours
from app.store.cassandra.session import Consistency, Statement
from app.store.cassandra.statements import keyspace_of
from app.store.cassandra.url import parse
from tests.store_cassandra.support import (
    FaultySession,
    MakeStore,
    created,
    gone,
    new_key,
    new_table,
    put,
    until,
)

BY_G = Index(1, "by-g", False, (KeyAttribute("g", "S"),))


def own_table() -> Table:
    return replace(new_table(), layout=PER_TABLE, indexes=(BY_G,), next_index=2)


async def tables_in(store: CassandraStore, keyspace: str) -> list[str] | None:
    """None: there is no such keyspace."""
    keyspaces = "SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?"
    tables = "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?"
    found = [
        (await store._session.execute(Statement(cql, Consistency.LOCAL_ONE), (keyspace,), 5.0)).rows
        for cql in (keyspaces, tables)
    ]
    return [name for (name,) in found[1]] if found[0] else None


async def test_a_keyspace_lives_as_long_as_its_table(make_store: MakeStore, url: str) -> None:
    store = await make_store()
    table = await created(store, own_table())
    keyspace = keyspace_of(parse(url).keyspace, table)
    assert await tables_in(store, keyspace) == [f"g_{table.id}_1", f"t_{table.id}"]
    # Nothing of it is among those that share.
    shared = await tables_in(store, parse(url).keyspace)
    assert shared is not None
    assert not [name for name in shared if table.id in name]
    assert await store.drop_table(table)
    await gone(store, table.name)
    assert await tables_in(store, keyspace) is None


# A step that is left to whoever takes over would cost seconds.
@pytest.mark.parametrize("layout", ["shared", "per-table"])
async def test_a_table_with_an_index_is_gone_at_once(make_store: MakeStore, layout: str) -> None:
    # Nothing that is left undone is taken over in time to help.
    store = await make_store(patience=3600.0)
    table = await created(store, replace(own_table(), layout=layout))
    assert await store.drop_table(table)
    await gone(store, table.name)


async def test_an_index_that_goes_takes_its_table_with_it(make_store: MakeStore, url: str) -> None:
    store = await make_store()
    table = await created(store, own_table())
    key = new_key()
    assert await store.change_table(replace(table, indexes=(), version=table.version + 1))
    keyspace = keyspace_of(parse(url).keyspace, table)
    assert await tables_in(store, keyspace) == [f"t_{table.id}"]
    found = await store.table(table.name)
    assert found is not None
    await put(store, found, key)
    assert await store.get(found, key, consistent=True) is not None
    assert await store.drop_table(found)
    await gone(store, table.name)


async def test_the_driver_learns_where_the_rows_are(make_store: MakeStore, url: str) -> None:
    """A process that did not make the keyspace too: it would ask any node otherwise."""
    table = await created(await make_store(), own_table())
    other = FaultySession(url)
    if type(other.driver) is not PythonDriver:
        pytest.skip("the C++ driver follows all keyspaces by itself")
    store = await make_store(session=other)
    found = await store.table(table.name)
    assert found is not None
    assert await store.get(found, new_key(), consistent=True) is None
    keyspace, metadata = keyspace_of(parse(url).keyspace, table), other.driver._connected.metadata

    async def learnt() -> bool:
        return keyspace in metadata.keyspaces

    # The request does not wait for it for long.
    assert await until(learnt, bool)
    assert await store.drop_table(found)
    await gone(store, table.name)


async def test_replication_is_examined_and_the_tables_options_too(
    make_store: MakeStore, url: str
) -> None:
    store = await make_store()
    table = await created(store, own_table())
    keyspace = keyspace_of(parse(url).keyspace, table)
    replication = "{'class': 'NetworkTopologyStrategy', 'datacenter1': 2}"
    ddl = store._session.execute_ddl
    await ddl(f"ALTER KEYSPACE {keyspace} WITH replication = {replication}", 10.0)
    await ddl(f"ALTER TABLE {keyspace}.t_{table.id} WITH read_repair = 'NONE'", 10.0)
    said = [finding.sentence for finding in await store.examine() if finding.remedy]
    assert any(sentence.startswith(f"keyspace {keyspace} is to keep 2") for sentence in said)
    assert any(sentence.startswith(f"table {keyspace}.t_{table.id} has") for sentence in said)
    # Nobody attaches what is ours.
    with pytest.raises(ConfigError, match="nor dynaspan's can be attached"):
        await store.attachable(keyspace, f"t_{table.id}")
    assert await store.drop_table(table)
    await gone(store, table.name)


def test_names_of_keyspaces_fit_and_are_recognised() -> None:
    table = own_table()
    longest = "k" * 39
    name = keyspace_of(longest, table)
    assert len(name) == 48
    assert is_ours(longest, name)
    assert is_ours("dynaspan", keyspace_of("dynaspan", table))
    assert not is_ours("dynaspan", "dynaspan_sales")
    assert not is_ours("other", keyspace_of("dynaspan", table))
