"""CQL tables that others have made, served: what is read: on a real node."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.config import ConfigError
from app.model.rows import EVERYTHING, WHOLE, Bounds, Key, Page, Segment
from app.model.table import KeyAttribute, Table, decode, encode
from app.store.cassandra import CassandraStore
from app.store.cassandra.columns.keys import key_type
from app.store.cassandra.session import Consistency, Statement
from app.values import to_key
from tests.store_cassandra.support import created, gone


async def cql(store: CassandraStore, *texts: str) -> None:
    for text in texts:
        await store._session.execute(Statement(text, Consistency.LOCAL_QUORUM), (), 10.0)


@pytest.fixture(scope="session")
async def keyspace(store: CassandraStore) -> str:
    """Of somebody else's. It goes with the node: to drop some hundred tables takes a while, and the
    connections of a store nobody has used for long may be gone."""
    name = f"theirs_{uuid.uuid4().hex[:12]}"
    options = "WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}"
    await store._patient.ddl(f"CREATE KEYSPACE IF NOT EXISTS {name} {options}")
    return name


async def attached(store: CassandraStore, keyspace: str, columns: str, options: str = "") -> Table:
    name = f"t{uuid.uuid4().hex[:12]}"
    await store._patient.ddl(f"CREATE TABLE IF NOT EXISTS {keyspace}.{name} ({columns}) {options}")
    found = (await store.attachable(keyspace, name)).attached
    table = Table(
        uuid.uuid4().hex,
        name,
        KeyAttribute("p", key_type(found.partition)),
        KeyAttribute("s", key_type(found.clustering)) if found.clustering else None,
        0.0,
        attached=found,
    )
    return await created(store, table)


def sorts(page: Page) -> list[object]:
    return [row.item["s"] for row in page.rows]


async def scanned(store: CassandraStore, table: Table, segment: Segment, limit: int) -> list[Key]:
    keys: list[Key] = []
    after: Key | None = None
    while True:
        page = await store.scan(table, segment, after=after, limit=limit)
        keys += [row.key for row in page.rows]
        if not page.more:
            return keys
        after = keys[-1]


TYPES: Sequence[tuple[str, str, object]] = (
    ("ascii", "'a'", {"S": "a"}),
    ("text", "''", {"S": ""}),
    ("tinyint", "-128", {"N": "-128"}),
    ("smallint", "300", {"N": "300"}),
    ("int", "-5", {"N": "-5"}),
    ("bigint", "9223372036854775807", {"N": "9223372036854775807"}),
    ("varint", "1" + 50 * "0", {"N": "1" + 50 * "0"}),
    ("varint", 40 * "7", {"S": 40 * "7"}),
    ("decimal", "-12.500", {"N": "-12.5"}),
    ("double", "0.1", {"N": "0.1"}),
    ("double", "1e300", {"S": "1e+300"}),
    ("double", "NaN", {"S": "NaN"}),
    ("double", "-Infinity", {"S": "-Infinity"}),
    ("float", "0.1", {"N": "0.1"}),
    ("float", "16777217", {"N": "16777216"}),
    ("boolean", "false", {"BOOL": False}),
    ("blob", "0x00ff", {"B": "AP8="}),
    ("timestamp", "'2026-11-21T00:00:00Z'", {"N": "1795219200000"}),
    # What Python's datetime cannot hold.
    ("timestamp", "99999999999999999", {"N": "99999999999999999"}),
    ("uuid", "00000000-0000-4000-8000-000000000001", {"S": "00000000-0000-4000-8000-000000000001"}),
    ("date", "'2026-02-01'", {"S": "2026-02-01"}),
    ("date", "0", {"S": "-2147483648 days from 1970-01-01"}),
    ("time", "'01:02:03.000000004'", {"S": "01:02:03.000000004"}),
    ("inet", "'::1'", {"S": "::1"}),
    ("inet", "'10.0.0.1'", {"S": "10.0.0.1"}),
    ("list<int>", "[3, 1, 3]", {"L": [{"N": "3"}, {"N": "1"}, {"N": "3"}]}),
    ("set<text>", "{'b', 'a'}", {"SS": ["a", "b"]}),
    ("set<int>", "{2, 1}", {"NS": ["1", "2"]}),
    ("frozen<set<int>>", "{}", {"L": []}),
    ("set<int>", "{}", None),
    ("map<text, double>", "{'x': 1.5}", {"M": {"x": {"N": "1.5"}}}),
    ("map<int, text>", "{7: 'seven'}", {"M": {"7": {"S": "seven"}}}),
    ("tuple<int, text>", "(1, null)", {"L": [{"N": "1"}, {"NULL": True}]}),
    ("place", "{street: 'A'}", {"M": {"street": {"S": "A"}}}),
    (
        "map<text, frozen<list<frozen<place>>>>",
        "{'home': [{street: 'A', tags: {1}}]}",
        {"M": {"home": {"L": [{"M": {"street": {"S": "A"}, "tags": {"NS": ["1"]}}}]}}},
    ),
    ("int", "null", None),
)


async def test_values_of_every_type_are_attributes(store: CassandraStore, keyspace: str) -> None:
    place = f"CREATE TYPE IF NOT EXISTS {keyspace}.place (street text, tags frozen<set<int>>)"
    await store._patient.ddl(place)
    columns = ", ".join(f"c{n} {type}" for n, (type, _, _) in enumerate(TYPES))
    table = await attached(store, keyspace, f"p text PRIMARY KEY, {columns}")
    names = ", ".join(f"c{n}" for n in range(len(TYPES)))
    values = ", ".join(text for _, text, _ in TYPES)
    await cql(store, f"INSERT INTO {keyspace}.{table.name} (p, {names}) VALUES ('k', {values})")
    row = await store.get(table, Key("k", None), consistent=True)
    expected = {f"c{n}": value for n, (_, _, value) in enumerate(TYPES) if value is not None}
    assert row is not None
    assert row.item == {"p": {"S": "k"}, **expected}


@pytest.mark.parametrize("order", ["ASC", "DESC"])
async def test_one_clustering_column(store: CassandraStore, keyspace: str, order: str) -> None:
    # The order that the table is kept in is not the order of the answer.
    options = f"WITH CLUSTERING ORDER BY (s {order})"
    columns = "p text, s int, v text, PRIMARY KEY (p, s)"
    table = await attached(store, keyspace, columns, options)
    name = f"{keyspace}.{table.name}"
    await cql(store, *(f"INSERT INTO {name} (p, s) VALUES ('a', {n})" for n in range(-3, 4)))

    def at(number: str) -> str | bytes:
        return to_key({"N": number})

    page = await store.query(table, "a", EVERYTHING, limit=3)
    assert sorts(page) == [{"N": "-3"}, {"N": "-2"}, {"N": "-1"}]
    page = await store.query(table, "a", EVERYTHING, after=page.rows[-1].key, limit=9)
    assert sorts(page) == [{"N": "0"}, {"N": "1"}, {"N": "2"}, {"N": "3"}]
    page = await store.query(
        table, "a", Bounds(at("-1"), False, at("2"), True), limit=2, reverse=True
    )
    assert sorts(page) == [{"N": "2"}, {"N": "1"}]
    page = await store.query(
        table,
        "a",
        Bounds(at("-1"), False, at("2"), True),
        after=page.rows[-1].key,
        limit=2,
        reverse=True,
    )
    assert sorts(page) == [{"N": "0"}]
    # Bounds that no int can be.
    page = await store.query(table, "a", Bounds(at("0.5"), True, at("1E20"), True), limit=9)
    assert sorts(page) == [{"N": "1"}, {"N": "2"}, {"N": "3"}]


async def test_several_columns_are_one_key(store: CassandraStore, keyspace: str) -> None:
    columns = "a text, b int, c text, d int, e int static, v int, PRIMARY KEY ((a, b), c, d)"
    table = await attached(store, keyspace, columns)
    name = f"{keyspace}.{table.name}"
    rows = [(c, d) for c in ("ab", "a", "a#") for d in (2, -1)]
    for c, d in rows:
        await cql(store, f"INSERT INTO {name} (a, b, c, d, v) VALUES ('x', 1, '{c}', {d}, 9)")
    # A partition of static columns only has no item.
    await cql(store, f"INSERT INTO {name} (a, b, e) VALUES ('y', 1, 5)")
    partition = "x##0000000001"
    page = await store.query(table, partition, EVERYTHING, limit=9)
    expected = ["a##-2147483647", "a##0000000002", "a#S##-2147483647", "a#S##0000000002"]
    expected += ["ab##-2147483647", "ab##0000000002"]
    assert [row.key.sort for row in page.rows] == expected
    assert page.rows[0].item == {
        "p": {"S": partition},
        "s": {"S": "a##-2147483647"},
        "v": {"N": "9"},
    }
    # begins_with
    page = await store.query(table, partition, Bounds("a##", True, "a#$", False), limit=9)
    assert [row.key.sort for row in page.rows] == expected[:2]
    assert [key.sort for key in await scanned(store, table, WHOLE, 1)] == expected
    assert (await store.get(table, Key("y##0000000001", "a##0000000001"), consistent=False)) is None


@pytest.mark.parametrize("limit", [1, 7, 1000])
async def test_segments_cover_the_table_once(
    store: CassandraStore, keyspace: str, limit: int
) -> None:
    table = await attached(store, keyspace, "p int, s int, PRIMARY KEY (p, s)")
    name = f"{keyspace}.{table.name}"
    for n in range(30):
        await cql(store, f"INSERT INTO {name} (p, s) VALUES ({n // 3}, {n})")
    keys = [key for n in range(3) for key in await scanned(store, table, Segment(n, 3), limit)]
    expected = {Key(to_key({"N": str(n // 3)}), to_key({"N": str(n)})) for n in range(30)}
    assert len(keys) == 30
    assert set(keys) == expected


async def test_a_dropped_table_leaves_the_data(store: CassandraStore, keyspace: str) -> None:
    table = await attached(store, keyspace, "p int PRIMARY KEY, v text")
    await cql(store, f"INSERT INTO {keyspace}.{table.name} (p, v) VALUES (1, 'x')")
    assert await store.drop_table(table)
    # Which may return before the table is gone, if another process does not answer at once.
    await gone(store, table.name)
    await store.attachable(keyspace, table.name)
    again = replace(table, id=uuid.uuid4().hex, name="again" + table.name)
    await created(store, again)
    row = await store.get(again, Key(to_key({"N": "1"}), None), consistent=True)
    assert row is not None
    assert row.item["v"] == {"S": "x"}


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ("p decimal PRIMARY KEY", "", "type decimal"),
        (
            "p int, a int, b int, PRIMARY KEY (p, a, b)",
            "WITH CLUSTERING ORDER BY (a ASC, b DESC)",
            "different orders",
        ),
    ],
)
async def test_keys_that_cannot_be_one(
    store: CassandraStore, keyspace: str, columns: str, options: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        await attached(store, keyspace, columns, options)


async def test_the_catalog_row_comes_back(store: CassandraStore, keyspace: str) -> None:
    table = await attached(store, keyspace, "p int PRIMARY KEY, v map<text, frozen<list<int>>>")
    assert decode(encode(table)) == table
