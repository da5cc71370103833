"""A store that finds the catalog's tables as `cdk deploy` has made them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from cassandra.cluster import Cluster

from app.store.base import ABSENT, Committed, Store
from infra.catalog import CatalogTable, catalog_tables
from tests.keyspaces.gate import Gate
from tests.store_cassandra.support import created, new_key, new_table, put


@pytest.fixture
def cassandra(cassandra_contact: str) -> Iterator[Any]:
    """A session past the gate, as the one of CloudFormation."""
    host, _, port = cassandra_contact.rpartition(":")
    with Cluster([host], port=int(port)) as cluster:
        yield cluster.connect()


def cql_of(table: CatalogTable, keyspace: str) -> str:
    columns = (*table.partition, *table.clustering, *table.regular)
    text = ", ".join(f"{name} {kind}" for name, kind in columns)
    partition = ", ".join(name for name, _ in table.partition)
    clustering = "".join(f", {name}" for name, _ in table.clustering)
    return (
        f"CREATE TABLE {keyspace}.{table.name} ({text}, PRIMARY KEY (({partition}){clustering})) "
        # By which the gate knows that it may be used.
        "WITH comment = 'ACTIVE'"
    )


async def test_tables_that_are_there_are_taken(
    cassandra: Any,
    gate: Gate,
    url: str,
    open_store: Callable[[], AbstractAsyncContextManager[Store]],
) -> None:
    keyspace = re.findall(r"keyspace=(\w+)", url)[0]

    def deploy() -> None:
        for name in (keyspace, f"{keyspace}_catalog"):
            replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}"
            cassandra.execute(f"CREATE KEYSPACE {name} WITH replication = {replication}")
        for table in catalog_tables():
            cassandra.execute(cql_of(table, f"{keyspace}_catalog"))

    await asyncio.to_thread(deploy)
    async with open_store() as store:
        table = await created(store, new_table())
        key = new_key()
        assert isinstance(await put(store, table, key, expected=ABSENT), Committed)
        assert await store.get(table, key, consistent=True) is not None
    made = [re.findall(r"EXISTS (\S+)", cql)[0] for cql in gate.seen if cql.startswith("CREATE")]
    assert [name for name in made if "_catalog" in name] == [f"{keyspace}_catalog.tables"]
