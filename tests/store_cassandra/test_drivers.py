"""Both adapters of the driver port: what one writes the other reads, and both mean the same."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from cassandra import ConsistencyLevel

from app.config import ConfigError
from app.store.cassandra.drivers import driver_of
from app.store.cassandra.keyspaces import parse as parse_keyspaces
from app.store.cassandra.session import (
    Consistency,
    DriverFault,
    NotSent,
    OutcomeUnknown,
    Result,
    Session,
    Statement,
    Unconfigured,
    Value,
)
from app.store.cassandra.url import parse
from tests.store_cassandra.support import with_driver
from tests.store_cassandra.wire import Wire, error, text

acsylla = pytest.importorskip("acsylla", reason="the extra cpp is not installed")

BOTH = ("python", "cpp")
QUORUM = Consistency.LOCAL_QUORUM
ROW = "pk = ? AND ik = ?"

# Each of its columns is of a type that some statement of the store binds.
COLUMNS = {
    "tiny": "tinyint",
    "number": "int",
    "ver": "bigint",
    "live": "boolean",
    "word": "text",
    "item": "blob",
    "last": "map<blob, bigint>",
    "attrs": "map<text, blob>",
    "names": "set<text>",
}
VALUES: dict[str, Sequence[Value]] = {
    "tiny": (0, -128, 127, None),
    "number": (0, -(2**31), 2**31 - 1, None),
    "ver": (0, -(2**63), 2**63 - 1, None),
    "live": (True, False, None),
    "word": ("", "a\x00b", "é\U0001f600", "\uffff", "x" * 70_000, None),
    "item": (b"", b"\x00", bytes(range(256)), b"\xff" * 400_000, None),
    "last": ({b"": 0, b"\x00\x01": -1, b"\xff": 2**63 - 1}, {b"w" * 16: 1}, None),
    "attrs": ({"": b"", "a\x00": b"\x00", "é": b"x" * 70_000}, {"a": b"1"}, None),
    "names": ({"", "a\x00", "é", "\U0001f600"}, {"a"}, None),
}


@pytest.fixture(scope="module")
async def drivers(url: str) -> AsyncIterator[dict[str, Session]]:
    made = {name: driver_of(parse(with_driver(url, name)), None) for name in BOTH}
    for driver in made.values():
        await driver.open(10.0)
    yield made
    for driver in made.values():
        await driver.close()


@pytest.fixture(scope="module")
async def table(drivers: dict[str, Session], url: str, store: object) -> str:
    name = f"{parse(url).keyspace}.types"
    columns = ", ".join(f"{column} {kind}" for column, kind in COLUMNS.items())
    await drivers["cpp"].execute_ddl(
        f"CREATE TABLE {name} (pk text, ik blob, {columns}, PRIMARY KEY (pk, ik))", 20.0
    )
    return name


@pytest.fixture
async def wire(cassandra_contact: str) -> AsyncIterator[Wire]:
    async with Wire(cassandra_contact) as wire:
        yield wire


@pytest.fixture(params=BOTH)
async def wired(
    request: pytest.FixtureRequest, wire: Wire, cassandra_contact: str, url: str
) -> AsyncIterator[Session]:
    """An adapter that talks through `wire`."""
    through = with_driver(url.replace(cassandra_contact, wire.contact), request.param)
    driver = driver_of(parse(through), None)
    await driver.open(10.0)
    wire.executed.clear()
    yield driver
    await driver.close()


def new_row() -> tuple[str, bytes]:
    return uuid.uuid4().hex, b"\x00"


def insert(table: str, column: str) -> Statement:
    # With a time of its own, so that acsylla takes it.
    return Statement(
        f"INSERT INTO {table} (pk, ik, {column}) VALUES (?, ?, ?) USING TIMESTAMP ?", QUORUM
    )


async def stored(driver: Session, table: str, column: str, row: Sequence[Value]) -> Any:
    """As the protocol has it."""
    statement = Statement(f"SELECT {column} FROM {table} WHERE {ROW}", QUORUM, raw=True)
    key = [part.encode() if isinstance(part, str) else part for part in row]
    return (await driver.execute(statement, key, 10.0)).rows[0][0]


@pytest.mark.parametrize("column", COLUMNS)
async def test_what_one_writes_the_other_reads(
    drivers: dict[str, Session], table: str, column: str
) -> None:
    select = f"SELECT {column} FROM {table} WHERE {ROW}"
    for value in VALUES[column]:
        written = []
        for name in BOTH:
            row = new_row()
            await drivers[name].execute(insert(table, column), (*row, value, 1), 10.0)
            written.append(await stored(drivers["python"], table, column, row))
            for reader in BOTH:
                found = await drivers[reader].execute(Statement(select, QUORUM), row, 10.0)
                assert found.columns == (column,)
                assert found.rows[0][0] == value, (name, reader)
                assert type(found.rows[0][0]) is type(value) or isinstance(value, dict | set)
        assert written[0] == written[1]


# Every kind of key that the store has, with bytes that end strings in C.
async def test_keys_are_the_same_for_both(drivers: dict[str, Session], table: str) -> None:
    for writer, reader in itertools.permutations(BOTH):
        for part in ("a\x00b", "é\U0001f600", "x" * 2048):
            row = (part + uuid.uuid4().hex, b"\x00\xff\x00")
            await drivers[writer].execute(insert(table, "ver"), (*row, 1, 1), 10.0)
            select = Statement(f"SELECT pk, ik FROM {table} WHERE {ROW}", QUORUM)
            found = await drivers[reader].execute(select, row, 10.0)
            assert [tuple(each) for each in found.rows] == [row]


@pytest.mark.parametrize("name", BOTH)
async def test_null_deletes_and_nothing_is_left_unset(
    drivers: dict[str, Session], table: str, name: str
) -> None:
    row, statement = new_row(), insert(table, "item")
    await drivers[name].execute(statement, (*row, b"1", 1), 10.0)
    with pytest.raises(ValueError, match=r"values|zip"):
        await drivers[name].execute(statement, (*row, b"2"), 10.0)
    await drivers[name].execute(statement, (*row, None, 2), 10.0)
    assert await stored(drivers["python"], table, "item", row) is None


@pytest.mark.parametrize("name", BOTH)
async def test_elements_of_collections(drivers: dict[str, Session], table: str, name: str) -> None:
    row, driver = new_row(), drivers[name]
    change = Statement(
        f"UPDATE {table} USING TIMESTAMP ? SET last[?] = ?, attrs = attrs + ?, names = names + ? "
        f"WHERE {ROW}",
        QUORUM,
    )
    await driver.execute(change, (1, b"\x00", 7, {"a": b"1", "b": b"2"}, {"x", "y"}, *row), 10.0)
    take = Statement(
        f"UPDATE {table} USING TIMESTAMP ? SET attrs = attrs - ?, names = names - ? WHERE {ROW}",
        QUORUM,
    )
    await driver.execute(take, (2, {"a", "missing"}, {"x"}, *row), 10.0)
    select = Statement(f"SELECT last, attrs, names FROM {table} WHERE {ROW}", QUORUM)
    for reader in BOTH:
        found = (await drivers[reader].execute(select, row, 10.0)).rows[0]
        assert list(found) == [{b"\x00": 7}, {"b": b"2"}, {"y"}]


async def test_lists_of_keys(drivers: dict[str, Session], table: str) -> None:
    pk = uuid.uuid4().hex
    for ik in (b"\x00", b"\x01", b"\x02"):
        await drivers["python"].execute(insert(table, "ver"), (pk, ik, 1, 1), 10.0)
    select = Statement(f"SELECT ik FROM {table} WHERE pk = ? AND ik IN (?, ?) LIMIT ?", QUORUM)
    for name in BOTH:
        found = await drivers[name].execute(select, (pk, b"\x02", b"\x00", 5), 10.0)
        assert [row[0] for row in found.rows] == [b"\x00", b"\x02"]


# The sweeper's slots are a range.
@pytest.mark.parametrize("name", BOTH)
async def test_values_may_be_any_sequence(
    drivers: dict[str, Session], table: str, name: str
) -> None:
    row, statement = new_row(), insert(table, "number")
    await drivers[name].execute(statement, (*row, 7, 1), 10.0)
    select = Statement(f"SELECT number FROM {table} WHERE {ROW} LIMIT ?", QUORUM)
    assert (await drivers[name].execute(select, [*row, 1], 10.0)).rows[0][0] == 7
    several = Statement("SELECT key FROM system.local LIMIT ?", Consistency.LOCAL_ONE)
    assert (await drivers[name].execute(several, range(1, 2), 10.0)).rows[0][0] == "local"


# The driver's own default are pages of 5,000 rows.
@pytest.mark.parametrize("name", BOTH)
async def test_an_answer_of_many_rows_is_whole(
    drivers: dict[str, Session], table: str, name: str
) -> None:
    pk, statement = uuid.uuid4().hex, insert(table, "number")
    for begin in range(0, 5500, 500):
        writes = (
            drivers[name].execute(statement, (pk, number.to_bytes(4, "big"), number, 1), 30.0)
            for number in range(begin, begin + 500)
        )
        await asyncio.gather(*writes)
    select = Statement(f"SELECT number FROM {table} WHERE pk = ?", QUORUM)
    found = await drivers[name].execute(select, (pk,), 30.0)
    assert [row[0] for row in found.rows] == list(range(5500))


@pytest.mark.parametrize("name", BOTH)
async def test_conditional_writes_say_whether_they_were_applied(
    drivers: dict[str, Session], table: str, name: str
) -> None:
    row, driver = new_row(), drivers[name]
    write = Statement(
        f"BEGIN BATCH UPDATE {table} SET ver = ?, item = ? WHERE {ROW} "
        f"IF ver = ? AND last[?] = null; "
        f"UPDATE {table} USING TTL 600 SET last[?] = ? WHERE {ROW}; APPLY BATCH",
        QUORUM,
        conditional=True,
    )
    values = (1, b"i", *row, None, b"fence", b"w", 1, *row)
    assert await driver.execute(write, values, 10.0) == Result(("[applied]",), [(True,)])
    refused = [(await drivers[each].execute(write, values, 10.0)).records() for each in BOTH]
    assert refused[0] == refused[1]
    expected = {"[applied]": False, "pk": row[0], "ik": row[1], "ver": 1, "last": {b"w": 1}}
    assert refused[0] == [expected]
    decided = Statement(f"SELECT ver FROM {table} WHERE {ROW}", Consistency.LOCAL_SERIAL)
    for each in BOTH:
        assert (await drivers[each].execute(decided, row, 10.0)).rows[0][0] == 1


# A12: what is ordered by the node's clock must not be given the time of this machine. The C++
# driver gives it to all, and Cassandra replaces that of a conditional write by its ballot.
async def test_only_the_node_tells_the_time_of_plain_writes(
    wired: Session, wire: Wire, table: str
) -> None:
    row = new_row()
    plain = Statement(f"UPDATE {table} SET ver = ? WHERE {ROW}", QUORUM)
    await wired.execute(plain, (1, *row), 10.0)
    assert [each.timed for each in wire.executed] == [False]


async def test_a_time_sent_with_a_conditional_write_is_not_used(
    drivers: dict[str, Session], table: str
) -> None:
    row = new_row()
    session = drivers["cpp"]._fast  # type: ignore[attr-defined]
    cql = f"UPDATE {table} SET ver = 1, last[?] = 1 WHERE {ROW} IF ver = null"
    bound = (await session.create_prepared(cql)).bind([b"w", *row])
    bound.set_timestamp(5)
    await session.execute(bound)
    select = Statement(f"SELECT WRITETIME(ver) FROM {table} WHERE {ROW}", QUORUM)
    assert (await drivers["python"].execute(select, row, 10.0)).rows[0][0] > 10**15


async def test_levels_are_those_of_the_statement(wired: Session, wire: Wire, table: str) -> None:
    for level in Consistency:
        select = Statement(f"SELECT ver FROM {table} WHERE {ROW}", level)
        await wired.execute(select, new_row(), 10.0)
        assert wire.executed[-1].consistency == getattr(ConsistencyLevel, level.value)
    write = Statement(
        f"UPDATE {table} SET ver = 1 WHERE {ROW} IF ver = null", QUORUM, conditional=True
    )
    await wired.execute(write, new_row(), 10.0)
    assert wire.executed[-1].consistency == ConsistencyLevel.LOCAL_QUORUM
    assert wire.executed[-1].serial == ConsistencyLevel.LOCAL_SERIAL


LEVEL = b"\x00\x06"
COUNTS = LEVEL + b"\x00\x00\x00\x01\x00\x00\x00\x02"
FEW = "Cannot achieve consistency level"
# What is meant for a plain statement and for a conditional one.
ANSWERS: dict[str, tuple[bytes, type[Exception], type[Exception]]] = {
    "server error": (error(0x0000, "no"), OutcomeUnknown, OutcomeUnknown),
    "commit unavailable": (
        error(0x1000, f"{FEW} LOCAL_QUORUM", COUNTS),
        NotSent,
        OutcomeUnknown,
    ),
    "paxos unavailable": (
        error(0x1000, f"{FEW} LOCAL_SERIAL", b"\x00\x09", COUNTS[2:]),
        NotSent,
        NotSent,
    ),
    "overloaded": (error(0x1001, "busy"), OutcomeUnknown, OutcomeUnknown),
    "bootstrapping": (error(0x1002, "not yet"), NotSent, NotSent),
    "truncate": (error(0x1003, "no"), OutcomeUnknown, OutcomeUnknown),
    **{
        f"write timeout {kind}": (
            error(0x1100, "late", COUNTS, text(kind)),
            OutcomeUnknown,
            OutcomeUnknown,
        )
        for kind in ("CAS", "SIMPLE", "BATCH", "BATCH_LOG", "UNLOGGED_BATCH")
    },
    "read timeout": (error(0x1200, "late", COUNTS, b"\x00"), OutcomeUnknown, OutcomeUnknown),
    "read timeout, all there": (
        error(0x1200, "late", LEVEL, b"\x00\x00\x00\x02" * 2, b"\x00"),
        OutcomeUnknown,
        OutcomeUnknown,
    ),
    "read failure": (
        error(0x1300, "failed", COUNTS, b"\x00\x00\x00\x01", b"\x00"),
        OutcomeUnknown,
        OutcomeUnknown,
    ),
    "write failure": (
        error(0x1500, "failed", COUNTS, b"\x00\x00\x00\x01", text("CAS")),
        OutcomeUnknown,
        OutcomeUnknown,
    ),
    "contended CAS, of protocol v5": (error(0x1700, "lost"), OutcomeUnknown, OutcomeUnknown),
    "unauthorized": (error(0x2100, "no"), NotSent, NotSent),
    "gone": (error(0x2200, "table t does not exist"), Unconfigured, Unconfigured),
    "no such datacentre": (error(0x2300, "unknown"), NotSent, NotSent),
}


@pytest.mark.parametrize("answer", ANSWERS)
async def test_an_error_means_the_same_to_both(
    wired: Session, wire: Wire, table: str, answer: str
) -> None:
    body, *expected = ANSWERS[answer]
    plain = Statement(f"SELECT ver FROM {table} WHERE {ROW}", QUORUM)
    conditional = Statement(
        f"UPDATE {table} SET ver = 1 WHERE {ROW} IF ver = null", QUORUM, conditional=True
    )
    # Prepared while the node still answers.
    for statement in (plain, conditional):
        await wired.execute(statement, new_row(), 10.0)
    wire.refusal = body
    for statement, kind in zip((plain, conditional), expected, strict=True):
        wire.executed.clear()
        raised = await refused(wired, wire, statement)
        assert type(raised) is kind
        # It was not repeated.
        assert len(wire.executed) == 1


async def refused(driver: Session, wire: Wire, statement: Statement) -> DriverFault:
    async with asyncio.timeout(30):
        while True:
            with pytest.raises(DriverFault) as raised:
                await driver.execute(statement, new_row(), 10.0)
            # After a server error the C++ driver makes a new connection first.
            if wire.executed:
                return raised.value
            assert type(raised.value) is NotSent
            await asyncio.sleep(0.02)


# The C++ driver would ask a node that hangs until its heartbeats are missed.
async def test_after_a_timeout_the_other_driver_is_asked(
    wire: Wire, cassandra_contact: str, url: str, table: str
) -> None:
    through = with_driver(url.replace(cassandra_contact, wire.contact), "cpp")
    driver = driver_of(parse(through), None)
    await driver.open(10.0)
    select = Statement(f"SELECT ver FROM {table} WHERE {ROW}", QUORUM)
    await driver.execute(select, new_row(), 10.0)
    assert wire.executed[-1].timed
    wire.deaf = True
    with pytest.raises(OutcomeUnknown):
        await driver.execute(select, new_row(), 0.2)
    wire.deaf = False
    await driver.execute(select, new_row(), 10.0)
    assert not wire.executed[-1].timed
    await driver.close()


async def test_a_wrong_statement_is_a_bug_and_no_fault(
    drivers: dict[str, Session], table: str
) -> None:
    wrong = Statement(f"SELECT colour FROM {table}", QUORUM)
    for name in BOTH:
        with pytest.raises(Exception, match="colour") as raised:
            await drivers[name].execute(wrong, (), 10.0)
        assert not isinstance(raised.value, NotSent | OutcomeUnknown | Unconfigured)


# A process may have a store of either kind, and statements of modules are shared.
async def test_one_statement_may_be_used_with_both(drivers: dict[str, Session]) -> None:
    shared = Statement("SELECT key FROM system.local WHERE key = ?", Consistency.LOCAL_ONE)
    for name in (*BOTH, *BOTH):
        assert (await drivers[name].execute(shared, ("local",), 10.0)).rows[0][0] == "local"


async def test_both_see_the_same_cluster(drivers: dict[str, Session]) -> None:
    cql = "SELECT toUnixTimestamp(now()) FROM system.local"
    nodes = [await drivers[name].ask_each(cql, 10.0) for name in BOTH]
    assert list(nodes[0]) == list(nodes[1])
    assert await drivers["python"].datacenters() == await drivers["cpp"].datacenters()


# What is under way then must not touch what is gone.
async def test_a_driver_may_be_closed_while_it_is_used(url: str, table: str) -> None:
    for _ in range(5):
        driver = driver_of(parse(with_driver(url, "cpp")), None)
        await driver.open(10.0)
        select = Statement(f"SELECT item FROM {table} WHERE {ROW}", QUORUM)
        await driver.execute(select, new_row(), 10.0)
        tasks = [asyncio.create_task(driver.execute(select, new_row(), 10.0)) for _ in range(200)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await driver.close()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(outcome, Result | NotSent | OutcomeUnknown | asyncio.CancelledError)


# A session that the C++ driver cannot close any more keeps nothing else open.
async def test_a_driver_is_closed_though_one_half_fails(url: str) -> None:
    driver = driver_of(parse(with_driver(url, "cpp")), None)
    await driver.open(10.0)
    held = driver._fast  # type: ignore[attr-defined]

    class Broken:
        async def close(self) -> None:
            raise acsylla.errors.CassErrorLibUnableToClose

    driver._fast = Broken()  # type: ignore[attr-defined]
    await driver.close()
    assert driver._cluster is None  # type: ignore[attr-defined]
    await held.close()
    driver._fast_cluster.destroy()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("cassandra://a/?driver=java", "driver is auto, python or cpp, not 'java'"),
        ("cassandra://a:1,b:2/?driver=cpp", "all have one port"),
    ],
)
def test_what_driver_cannot_be(url: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        driver_of(parse(url), None)


def test_the_cpp_driver_cannot_sign_in_to_keyspaces() -> None:
    with pytest.raises(ConfigError, match="cannot sign in to Amazon Keyspaces"):
        parse_keyspaces("keyspaces://eu-west-1?driver=cpp")
    assert parse_keyspaces("keyspaces://eu-west-1?driver=auto").name == "eu-west-1"
