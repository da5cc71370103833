"""Throttling, connections that break off and wrong credentials: nothing is lost, nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager

import pytest

from app.clock import SystemClock
from app.config import ConfigError
from app.errors import ApiError, StoreUnavailable, StoreUnknown
from app.metrics import Metrics
from app.model.rows import Key
from app.model.table import Table
from app.store.base import ABSENT, Batch, Committed, Store, Write
from app.store.cassandra.keyspaces import KeyspacesStore, not_before, parse
from tests.keyspaces.gate import Gate
from tests.store_cassandra.support import created, delete, item_of, new_key, new_table, put


@pytest.fixture(scope="module")
async def store(
    open_store: Callable[[], AbstractAsyncContextManager[Store]],
) -> AsyncIterator[Store]:
    async with open_store() as store:
        yield store


@pytest.fixture(scope="module")
async def table(store: Store) -> Table:
    return await created(store, new_table("S", "S"))


@pytest.fixture(autouse=True)
def _healed(gate: Gate) -> Iterator[None]:
    yield
    gate.fault = lambda cql: None


def on_writes(table: Table, *faults: str | None) -> Callable[[str], str | None]:
    """Those of the table's own statements that write, one after the other."""
    left = list(faults)

    def fault(cql: str) -> str | None:
        return left.pop(0) if left and table.id in cql and not cql.startswith("SELECT") else None

    return fault


def counted(key: Key, number: int) -> dict[str, dict[str, str]]:
    return {**item_of(key), "n": {"N": str(number)}}


# One session is opened for each that the URL asks for, with the control connection beside it.
async def test_all_sessions_sign_in(gate: Gate, store: Store) -> None:
    assert gate.signed_in >= 4


@pytest.mark.parametrize("faults", [("lost",), ("late",), ("cut",), ("late", "lost", "late")])
async def test_a_write_is_done_once(
    gate: Gate, store: Store, table: Table, faults: tuple[str, ...]
) -> None:
    key = new_key()
    gate.fault = on_writes(table, *faults)
    assert await put(store, table, key, expected=ABSENT) == Committed()
    row = await store.get(table, key, consistent=True)
    assert row is not None


async def test_increments_are_exact(gate: Gate, store: Store, table: Table) -> None:
    key = new_key()
    await put(store, table, key, item=counted(key, 0))
    faults = ("late", None, "lost", None, None, "cut", None, "late", "lost")
    gate.fault = on_writes(table, *faults * 3)

    async def add() -> None:
        for _ in range(5):
            while True:
                row = await store.get(table, key, consistent=True)
                assert row is not None
                item = counted(key, int(row.item["n"]["N"]) + 1)
                if await put(store, table, key, expected=row.version, item=item) == Committed():
                    break

    await asyncio.gather(add(), add(), add())
    row = await store.get(table, key, consistent=True)
    assert row is not None
    assert row.item["n"] == {"N": "15"}


# Whoever is throttled all the while is told so in time, and may try again.
async def test_throttled_without_end(gate: Gate, store: Store, table: Table) -> None:
    gate.fault = lambda cql: "lost" if table.id in cql else None
    async with asyncio.timeout(30):
        answers = await asyncio.gather(
            store.get(table, new_key(), consistent=True),
            put(store, table, new_key()),
            return_exceptions=True,
        )
    assert isinstance(answers[0], StoreUnavailable)
    assert isinstance(answers[1], StoreUnknown | StoreUnavailable)


async def test_a_deleted_item_is_gone_and_comes_again(store: Store, table: Table) -> None:
    key = new_key()
    await put(store, table, key)
    assert await delete(store, table, key) == Committed()
    assert await store.get(table, key, consistent=True) is None
    assert await put(store, table, key, expected=ABSENT) == Committed()


@pytest.mark.parametrize(
    ("size", "blob", "message"),
    [(834, 1, "a sort key has 834 bytes"), (10, 1100 * 1024, "the item as it is stored")],
)
async def test_what_keyspaces_cannot_keep(
    store: Store, table: Table, size: int, blob: int, message: str
) -> None:
    key = new_key("s" * size)
    item = item_of(key)
    # Not compressible: what is stored is what counts.
    item["b"] = {"S": "".join(chr(0x4E00 + (i * 7919) % 20000) for i in range(blob))}
    with pytest.raises(ApiError, match=message):
        await store.commit(Batch((Write(table, key, ABSENT, item),)))


async def test_the_longest_sort_key(store: Store, table: Table) -> None:
    key = new_key("s" * 833)
    assert await put(store, table, key) == Committed()


async def test_wrong_credentials(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    store = KeyspacesStore(url, clock=SystemClock(), metrics=Metrics(), deadline=1.0)
    with pytest.raises(StoreUnavailable, match="refuses the credentials"):
        await store.open()


# The certificate is that of another region's endpoint.
async def test_another_host_name(url: str) -> None:
    elsewhere = url.replace("eu-west-1", "us-east-1")
    store = KeyspacesStore(elsewhere, clock=SystemClock(), metrics=Metrics(), deadline=1.0)
    with pytest.raises(StoreUnavailable, match="does not answer"):
        await store.open()


def test_the_endpoint_of_a_region() -> None:
    found = parse("keyspaces://us-east-1?sessions=5")
    assert found.address.contact_points == (("cassandra.us-east-1.amazonaws.com", 9142),)
    assert (found.server_name, found.sessions) == ("cassandra.us-east-1.amazonaws.com", 5)


# It becomes a part of statements.
def test_a_key_is_that_of_kms() -> None:
    arn = "arn:aws:kms:us-east-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    assert parse(f"keyspaces://us-east-1?key={arn}").key == arn
    with pytest.raises(ConfigError, match="key is the ARN of a KMS key, not"):
        parse(f"keyspaces://us-east-1?key={arn}'")


# The service refuses a time of more than two days ago; the sweeper may have to give one.
def test_old_times_are_brought_up_to_what_is_taken() -> None:
    insert, removal = "INSERT INTO t (a) VALUES (?) USING TIMESTAMP ?", "DELETE FROM t USING"
    assert not_before(100, insert, (1, 99)) == (1, 100)
    assert not_before(100, removal, (99, 1)) == (100, 1)
    assert not_before(100, insert, (1, 101)) == (1, 101)
