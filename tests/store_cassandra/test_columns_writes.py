"""CQL tables that others have made, written to: on a real node."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from app.errors import ApiError, StoreUnknown
from app.model.rows import Item, Key, Row
from app.model.table import Table
from app.store.base import ABSENT, ANY, Batch, Committed, Conflict, Outcome, Write
from app.store.cassandra import CassandraStore
from app.store.cassandra.session import Consistency, OutcomeUnknown, Session, Statement, Value
from app.values import to_key
from tests.store_cassandra.support import FaultySession, MakeStore
from tests.store_cassandra.test_columns import attached, cql
from tests.store_cassandra.test_columns import keyspace as keyspace

KEY = Key(to_key({"N": "1"}), None)


async def commit(
    store: CassandraStore, table: Table, item: Item | None, expected: int = ANY, key: Key = KEY
) -> Outcome:
    if item is not None:
        item = {"p": {"N": "1"}, **item}
    return await store.commit(Batch((Write(table, key, expected, item),)))


async def read(store: CassandraStore, table: Table, key: Key = KEY) -> Row | None:
    return await store.get(table, key, consistent=True)


async def present(store: CassandraStore, table: Table) -> Row:
    row = await read(store, table)
    assert row is not None
    return row


HELD: Sequence[tuple[str, Item]] = (
    ("ascii", {"S": "a"}),
    ("text", {"S": ""}),
    ("text", {"S": "\u00e9\U0001f600"}),
    ("tinyint", {"N": "-128"}),
    ("smallint", {"N": "300"}),
    ("int", {"N": "-5"}),
    ("bigint", {"N": "9223372036854775807"}),
    ("varint", {"N": "-128"}),
    ("varint", {"N": "128"}),
    ("varint", {"N": "0"}),
    ("varint", {"S": 40 * "7"}),
    ("decimal", {"N": "-12.5"}),
    ("decimal", {"N": "0.001"}),
    ("decimal", {"N": "1" + 100 * "0"}),
    ("double", {"N": "0.1"}),
    ("double", {"S": "NaN"}),
    ("float", {"N": "0.1"}),
    ("boolean", {"BOOL": False}),
    ("blob", {"B": "AP8="}),
    ("blob", {"B": ""}),
    ("timestamp", {"N": "-1"}),
    ("uuid", {"S": "00000000-0000-4000-8000-000000000001"}),
    ("timeuuid", {"S": "00000000-0000-1000-8000-000000000001"}),
    ("date", {"S": "1969-02-01"}),
    ("time", {"S": "01:02:03.000000004"}),
    ("inet", {"S": "::1"}),
    ("list<int>", {"L": [{"N": "3"}, {"N": "1"}, {"N": "3"}]}),
    ("frozen<list<text>>", {"L": []}),
    ("set<text>", {"SS": ["b", "a"]}),
    ("frozen<set<int>>", {"NS": ["2", "-1", "10"]}),
    ("set<blob>", {"BS": ["/w==", "AA=="]}),
    ("frozen<set<int>>", {"L": []}),
    ("map<text, double>", {"M": {"x": {"N": "1.5"}, "a": {"N": "2"}}}),
    ("frozen<map<int, text>>", {"M": {"7": {"S": "x"}, "-7": {"S": "y"}}}),
    ("map<text, frozen<list<int>>>", {"M": {"a": {"L": [{"N": "1"}]}}}),
    ("tuple<int, text>", {"L": [{"N": "1"}, {"NULL": True}]}),
    ("place", {"M": {"street": {"S": "x"}}}),
    ("frozen<place>", {"M": {"street": {"S": "x"}, "ways": {"L": [{"S": "y"}]}}}),
    ("frozen<place>", {"M": {}}),
    ("list<frozen<place>>", {"L": [{"M": {"street": {"S": "x"}}}]}),
)


def same(one: Any, other: Any) -> bool:
    """Sets have no order."""
    if isinstance(one, list) and isinstance(other, list) and one and isinstance(one[0], str):
        return sorted(one) == sorted(other)
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return all(same(one[name], other[name]) for name in one)
    return bool(one == other)


@pytest.fixture(scope="module")
async def typed(store: CassandraStore, keyspace: str) -> Table:
    await store._patient.ddl(
        f"CREATE TYPE IF NOT EXISTS {keyspace}.place (street text, ways frozen<list<text>>)"
    )
    columns = ", ".join(f"c{n} {type}" for n, (type, _) in enumerate(HELD))
    return await attached(store, keyspace, f"p int PRIMARY KEY, {columns}")


@pytest.mark.parametrize("number", range(len(HELD)), ids=[type for type, _ in HELD])
async def test_each_type_is_written_demanded_and_replaced(
    store: CassandraStore, typed: Table, number: int
) -> None:
    key = Key(to_key({"N": str(100 + number)}), None)
    name, given = f"c{number}", HELD[number][1]
    item = {"p": {"N": str(100 + number)}}
    write = Write(typed, key, ABSENT, item | {name: given})
    assert await store.commit(Batch((write,))) == Committed()
    row = await read(store, typed, key)
    assert row is not None
    assert same(row.item, item | {name: given})
    stale = row.version
    # Everything that was read is demanded, this type's value and the nulls of all others.
    assert await commit(store, typed, item, stale, key) == Committed()
    assert await commit(store, typed, item | {name: given}, stale, key) == Conflict()
    row = await read(store, typed, key)
    assert row is not None
    assert row.item == item
    assert await commit(store, typed, None, stale, key) == Conflict()
    assert await commit(store, typed, None, row.version, key) == Committed()
    assert await read(store, typed, key) is None


MISFITS: Sequence[tuple[str, Item, str]] = (
    ("int", {"N": "2147483648"}, "it is out of range"),
    ("int", {"N": "1.5"}, ""),
    ("int", {"S": "1"}, "1 is what it would hold"),
    ("tinyint", {"N": "-129"}, "it is out of range"),
    ("varint", {"N": "0.5"}, ""),
    ("float", {"N": "16777217"}, "16777216 is what it would hold"),
    ("double", {"N": "0.12345678901234567890123"}, "is what it would hold"),
    ("double", {"S": "one"}, ""),
    ("decimal", {"S": "one"}, "it is out of range, or no number"),
    ("ascii", {"S": "\u00e9"}, ""),
    ("text", {"N": "1"}, "an attribute of type S is needed"),
    ("text", {"NULL": True}, "an attribute of type S is needed"),
    ("boolean", {"S": "true"}, "an attribute of type BOOL is needed"),
    ("uuid", {"S": "x"}, ""),
    ("date", {"S": "yesterday"}, ""),
    ("inet", {"S": "300.0.0.1"}, ""),
    ("list<int>", {"L": []}, "an empty one is none at all unless the column is frozen"),
    ("list<int>", {"L": [{"NULL": True}]}, "an attribute of type N is needed"),
    ("list<int>", {"NS": ["1"]}, "an attribute of type L is needed"),
    ("set<text>", {"NS": ["1"]}, "an attribute of type S is needed"),
    ("set<text>", {"L": [{"S": "a"}]}, "a set is needed"),
    ("map<text, int>", {"M": {"a": {"S": "x"}}}, ""),
    ("map<int, int>", {"M": {"a": {"N": "1"}}}, ""),
    ("tuple<int, int>", {"L": [{"N": "1"}]}, "2 elements are needed"),
    ("frozen<place>", {"M": {"town": {"S": "x"}}}, "there is no field town"),
    ("tuple<set<uuid>>", {"L": [{"NULL": True}]}, "whose order only Cassandra knows"),
    ("place", {"M": {}}, "an empty one is none at all unless the column is frozen"),
)


@pytest.fixture(scope="module")
async def narrow(store: CassandraStore, typed: Table, keyspace: str) -> Table:
    columns = ", ".join(f"c{n} {type}" for n, (type, _, _) in enumerate(MISFITS))
    return await attached(store, keyspace, f"p int PRIMARY KEY, {columns}")


@pytest.mark.parametrize("number", range(len(MISFITS)), ids=lambda n: MISFITS[n][0])
async def test_what_does_not_fit_names_the_column(
    store: CassandraStore, narrow: Table, number: int
) -> None:
    _, given, reason = MISFITS[number]
    with pytest.raises(ApiError, match=f"does not fit column c{number} of type .*{reason}"):
        await commit(store, narrow, {f"c{number}": given})
    with pytest.raises(ApiError, match=f"does not fit column c{number} "):
        store.admit(narrow, KEY, {"p": {"N": "1"}, f"c{number}": given})
    assert await read(store, narrow) is None


async def test_attributes_without_a_column_are_named(store: CassandraStore, keyspace: str) -> None:
    table = await attached(store, keyspace, "p int PRIMARY KEY, v int")
    with pytest.raises(ApiError, match=rf"no column of {keyspace}\.{table.name} for a, b$"):
        await commit(store, table, {"b": {"S": "x"}, "v": {"N": "1"}, "a": {"S": "y"}})


# Of a table that has nothing but keys no condition can ask for columns.
@pytest.mark.parametrize("columns", ["p int PRIMARY KEY", "p int PRIMARY KEY, v int"])
async def test_an_item_of_nothing_but_its_key(
    store: CassandraStore, keyspace: str, columns: str
) -> None:
    table = await attached(store, keyspace, columns)
    assert await commit(store, table, None, ABSENT) == Committed()
    assert await commit(store, table, {}, ABSENT) == Committed()
    row = await present(store, table)
    assert row.item == {"p": {"N": "1"}}
    assert await commit(store, table, {}, ABSENT) == Conflict()
    assert await commit(store, table, None, ABSENT) == Conflict()
    assert await commit(store, table, {}, row.version) == Committed()
    assert await commit(store, table, None, row.version) == Committed()
    assert await read(store, table) is None


# UPDATE leaves a row without marker, which goes when its last column does.
async def test_an_item_stays_when_its_last_attribute_is_removed(
    store: CassandraStore, keyspace: str
) -> None:
    table = await attached(store, keyspace, "p int PRIMARY KEY, v int")
    await cql(store, f"UPDATE {keyspace}.{table.name} SET v = 1 WHERE p = 1")
    row = await present(store, table)
    assert await commit(store, table, {}, row.version) == Committed()
    assert (await present(store, table)).item == {"p": {"N": "1"}}


# A frozen one is a single value: with its members in another order it would be another.
@pytest.mark.parametrize(
    ("type", "given", "literal"),
    [
        ("set<int>", {"NS": ["10", "-1", "2", "300", "0"]}, "{-1, 0, 2, 10, 300}"),
        ("set<text>", {"SS": ["b", "aa", "a", "B"]}, "{'B', 'a', 'aa', 'b'}"),
        (
            "map<int, text>",
            {"M": {"10": {"S": "x"}, "-1": {"S": "y"}, "2": {"S": "z"}}},
            "{-1: 'y', 2: 'z', 10: 'x'}",
        ),
        (
            "list<set<int>>",
            {"L": [{"NS": ["10", "-1", "2", "300", "0"]}]},
            "[{-1, 0, 2, 10, 300}]",
        ),
        (
            "tuple<int, set<int>>",
            {"L": [{"N": "1"}, {"NS": ["10", "-1", "2", "300", "0"]}]},
            "(1, {-1, 0, 2, 10, 300})",
        ),
        (
            "tuple<set<double>, map<decimal, int>, set<boolean>>",
            {
                "L": [
                    {"NS": ["1.5", "-2", "-10", "0"]},
                    {"M": {"10": {"N": "1"}, "-0.5": {"N": "2"}, "9": {"N": "3"}}},
                    {"L": [{"BOOL": True}, {"BOOL": False}]},
                ]
            },
            "({-10, -2, 0, 1.5}, {-0.5: 2, 9: 3, 10: 1}, {false, true})",
        ),
        (
            "tuple<set<varint>, set<timestamp>, set<date>, set<inet>>",
            {
                "L": [
                    {"NS": ["128", "-129", "5"]},
                    {"NS": ["7", "-7"]},
                    {"SS": ["2026-01-01", "1969-01-01"]},
                    {"SS": ["9.0.0.1", "10.0.0.1", "200.0.0.1"]},
                ]
            },
            "({-129, 5, 128}, {-7, 7}, {'1969-01-01', '2026-01-01'}, "
            "{'9.0.0.1', '10.0.0.1', '200.0.0.1'})",
        ),
    ],
)
async def test_frozen_collections_are_those_of_cql(
    store: CassandraStore, keyspace: str, type: str, given: Item, literal: str
) -> None:
    table = await attached(store, keyspace, f"p int PRIMARY KEY, v frozen<{type}>")
    assert await commit(store, table, {"v": given}) == Committed()
    select = f"SELECT p FROM {keyspace}.{table.name} WHERE v = {literal} ALLOW FILTERING"
    found = await store._session.execute(Statement(select, Consistency.LOCAL_QUORUM), (), 10.0)
    assert list(map(list, found.rows)) == [[1]]


async def test_columns_that_are_not_served_stay(store: CassandraStore, keyspace: str) -> None:
    table = await attached(store, keyspace, "p int PRIMARY KEY, v int, d duration")
    name = f"{keyspace}.{table.name}"
    await cql(store, f"INSERT INTO {name} (p, v, d) VALUES (1, 1, 1h)")
    assert await commit(store, table, {"v": {"N": "2"}}) == Committed()
    select = Statement(
        f"SELECT v FROM {name} WHERE d = 1h ALLOW FILTERING", Consistency.LOCAL_QUORUM
    )
    found = await store._session.execute(select, (), 10.0)
    assert list(map(list, found.rows)) == [[2]]


# What no attribute can be made into stays as long as it is not changed.
async def test_a_value_that_only_cql_can_write_survives_an_update(
    store: CassandraStore, keyspace: str
) -> None:
    table = await attached(store, keyspace, "p int PRIMARY KEY, v int, d date, s set<int>")
    name = f"{keyspace}.{table.name}"
    await cql(store, f"INSERT INTO {name} (p, v, d) VALUES (1, 1, 0)")
    row = await present(store, table)
    changed = row.item | {"v": {"N": "2"}}
    assert await commit(store, table, changed, row.version) == Committed()
    assert (await present(store, table)).item == changed


async def test_a_write_in_cql_is_noticed(store: CassandraStore, keyspace: str) -> None:
    table = await attached(store, keyspace, "p int PRIMARY KEY, v int, w int")
    name = f"{keyspace}.{table.name}"
    assert await commit(store, table, {"v": {"N": "1"}}) == Committed()
    row = await present(store, table)
    await cql(store, f"UPDATE {name} SET w = 5 WHERE p = 1 IF EXISTS")
    assert await commit(store, table, {"v": {"N": "2"}}, row.version) == Conflict()
    assert (await present(store, table)).item["w"] == {"N": "5"}


# The limit that the README tells of: CQL has no condition that a row is there and its columns null.
async def test_that_an_item_of_nothing_but_its_key_went_is_not_noticed(
    store: CassandraStore, keyspace: str
) -> None:
    table = await attached(store, keyspace, "p int PRIMARY KEY, v int")
    assert await commit(store, table, {}) == Committed()
    row = await present(store, table)
    await cql(store, f"DELETE FROM {keyspace}.{table.name} WHERE p = 1 IF EXISTS")
    assert await commit(store, table, {"v": {"N": "2"}}, row.version) == Committed()


async def test_a_change_is_one_read_and_one_lightweight_transaction(
    make_store: MakeStore, session: FaultySession, keyspace: str
) -> None:
    store = await make_store(session=session)
    table = await attached(store, keyspace, "p int PRIMARY KEY, v int")
    assert await commit(store, table, {"v": {"N": "1"}}) == Committed()
    session.sent.clear()
    row = await present(store, table)
    assert await commit(store, table, {"v": {"N": "2"}}, row.version) == Committed()
    sent = [cql.split()[0] for cql in session.sent if table.name in cql]
    assert sent == ["SELECT", "BEGIN"]


async def test_increments_of_several_writers_add_up(store: CassandraStore, keyspace: str) -> None:
    table = await attached(store, keyspace, "p int PRIMARY KEY, v int")

    async def increment() -> int:
        for _ in range(1000):
            row = await read(store, table)
            value = 0 if row is None else int(row.item["v"]["N"])
            expected = ABSENT if row is None else row.version
            try:
                done = await commit(store, table, {"v": {"N": str(value + 1)}}, expected)
            except StoreUnknown:
                # Contention alone may make an outcome unknown; then it does not count.
                return 0
            if done == Committed():
                return 1
        raise AssertionError("never won")

    added = await asyncio.gather(*(increment() for _ in range(8)))
    found = int((await present(store, table)).item["v"]["N"])
    assert sum(added) <= found <= len(added)


@pytest.mark.parametrize("applied", [True, False])
async def test_an_unknown_outcome_is_told_as_that(
    make_store: MakeStore, session: FaultySession, keyspace: str, applied: bool
) -> None:
    store = await make_store(session=session, deadline=2.0)
    table = await attached(store, keyspace, "p int PRIMARY KEY, v int")
    assert await commit(store, table, {"v": {"N": "1"}}) == Committed()
    row = await present(store, table)

    async def lost(
        driver: Session, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Any:
        if applied:
            await driver.execute(statement, values, seconds)
        raise OutcomeUnknown("no answer")

    session.on_next("BEGIN BATCH", lost)
    with pytest.raises(StoreUnknown):
        await commit(store, table, {"v": {"N": "2"}}, row.version)
    assert sum("BEGIN BATCH" in each for each in session.sent) == 1
    assert (await present(store, table)).item["v"] == {"N": "2" if applied else "1"}
