"""Checks, tokens and snapshots. Skipped where a store has no transactions."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from ...model.rows import Key
from ...model.table import Table
from ...store.base import (
    ABSENT,
    Batch,
    Committed,
    Conflict,
    InProgress,
    Replayed,
    Store,
    Token,
    TokenMismatch,
    Write,
)
from .support import created, delete, fresh, item_of, new_table, present, put, read, version_of


@pytest.fixture(scope="module")
def transactional(store: Store) -> Store:
    if not store.capabilities.transactions:
        pytest.skip("this store has no transactions")
    return store


@pytest.fixture(params=["together", "apart"])
def keys_of_two(request: pytest.FixtureRequest) -> tuple[Key, Key]:
    """Two new keys, of one partition or of two: stores may go different ways there."""
    partition = fresh()
    return Key(partition, "a"), Key(partition if request.param == "together" else fresh(), "b")


def _token(digest: bytes = b"request") -> Token:
    return Token(uuid.uuid4().hex, digest)


def _put(table: Table, key: Key, expected: int, value: str = "x") -> Write:
    return Write(table, key, expected, item_of(table, key, a={"S": value}))


def _check(table: Table, key: Key, expected: int) -> Write:
    return Write(table, key, expected, None, check=True)


async def _value(store: Store, table: Table, key: Key) -> str | None:
    row = await read(store, table, key)
    return None if row is None else row.item["a"]["S"]


async def test_a_check_that_holds_changes_nothing(
    transactional: Store, sorted_table: Table, keys_of_two: tuple[Key, Key]
) -> None:
    checked, written = keys_of_two
    await put(transactional, sorted_table, checked, a={"S": "old"})
    version = await version_of(transactional, sorted_table, checked)
    batch = Batch((_check(sorted_table, checked, version), _put(sorted_table, written, ABSENT)))
    assert await transactional.commit(batch) == Committed()
    assert await version_of(transactional, sorted_table, checked) == version
    assert await _value(transactional, sorted_table, checked) == "old"
    assert await _value(transactional, sorted_table, written) == "x"


async def test_a_check_that_fails_undoes_all(
    transactional: Store, sorted_table: Table, keys_of_two: tuple[Key, Key]
) -> None:
    checked, written = keys_of_two
    await put(transactional, sorted_table, checked)
    version = await version_of(transactional, sorted_table, checked)
    for expected in (ABSENT, version + 1):
        batch = Batch(
            (_put(sorted_table, written, ABSENT), _check(sorted_table, checked, expected))
        )
        assert await transactional.commit(batch) == Conflict()
        assert await read(transactional, sorted_table, written) is None


async def test_a_check_that_nothing_is_there(
    transactional: Store, sorted_table: Table, keys_of_two: tuple[Key, Key]
) -> None:
    checked, written = keys_of_two
    batch = Batch((_check(sorted_table, checked, ABSENT), _put(sorted_table, written, ABSENT)))
    assert await transactional.commit(batch) == Committed()
    assert await read(transactional, sorted_table, checked) is None
    # What the check left behind, if anything, is in nobody's way.
    assert await put(transactional, sorted_table, checked, ABSENT) == Committed()


# An item that was deleted is absent as well.
async def test_deleted_items_are_absent(
    transactional: Store, sorted_table: Table, keys_of_two: tuple[Key, Key]
) -> None:
    checked, written = keys_of_two
    for key in keys_of_two:
        await put(transactional, sorted_table, key)
        await delete(transactional, sorted_table, key)
    batch = Batch((_check(sorted_table, checked, ABSENT), _put(sorted_table, written, ABSENT)))
    assert await transactional.commit(batch) == Committed()
    assert await _value(transactional, sorted_table, written) == "x"


async def test_puts_and_deletes_of_one_batch(
    transactional: Store, sorted_table: Table, keys_of_two: tuple[Key, Key]
) -> None:
    one, other = keys_of_two
    await put(transactional, sorted_table, one, a={"S": "old"})
    version = await version_of(transactional, sorted_table, one)
    batch = Batch((Write(sorted_table, one, version, None), _put(sorted_table, other, ABSENT)))
    assert await transactional.commit(batch) == Committed()
    assert await read(transactional, sorted_table, one) is None
    version = await version_of(transactional, sorted_table, other)
    batch = Batch(
        (_put(sorted_table, one, ABSENT, "new"), _put(sorted_table, other, version, "newer"))
    )
    assert await transactional.commit(batch) == Committed()
    assert await _value(transactional, sorted_table, one) == "new"
    assert await _value(transactional, sorted_table, other) == "newer"
    # Both have been changed, so what was expected of them does not hold any more.
    assert await transactional.commit(batch) == Conflict()


async def test_a_delete_of_what_is_not_there(
    transactional: Store, sorted_table: Table, keys_of_two: tuple[Key, Key]
) -> None:
    one, other = keys_of_two
    batch = Batch((Write(sorted_table, one, ABSENT, None), _put(sorted_table, other, ABSENT)))
    assert await transactional.commit(batch) == Committed()
    assert await read(transactional, sorted_table, one) is None
    assert await put(transactional, sorted_table, one, ABSENT) == Committed()


async def test_a_token_is_spent_once(
    transactional: Store, sorted_table: Table, keys_of_two: tuple[Key, Key]
) -> None:
    token = _token()
    assert await transactional.spent(token) is None
    first = Batch(tuple(_put(sorted_table, key, ABSENT, "1") for key in keys_of_two), token)
    again = Batch(tuple(_put(sorted_table, key, ABSENT, "2") for key in keys_of_two), token)
    assert await transactional.commit(first) == Committed()
    assert await transactional.commit(again) == Replayed()
    assert await transactional.spent(token) == Replayed()
    for key in keys_of_two:
        assert await _value(transactional, sorted_table, key) == "1"


async def test_a_token_of_another_request(
    transactional: Store, sorted_table: Table, keys_of_two: tuple[Key, Key]
) -> None:
    token = _token()
    other = Token(token.text, b"another")
    batch = Batch(tuple(_put(sorted_table, key, ABSENT) for key in keys_of_two), token)
    assert await transactional.commit(batch) == Committed()
    assert await transactional.commit(Batch(batch.writes, other)) == TokenMismatch()
    assert await transactional.spent(other) == TokenMismatch()


# What was not committed may be tried again, with other images as well.
async def test_a_conflict_does_not_spend_the_token(
    transactional: Store, sorted_table: Table, keys_of_two: tuple[Key, Key]
) -> None:
    one, other = keys_of_two
    token = _token()
    bad = Batch((_put(sorted_table, one, ABSENT), _put(sorted_table, other, 1)), token)
    assert await transactional.commit(bad) == Conflict()
    assert await transactional.spent(token) is None
    good = Batch(tuple(_put(sorted_table, key, ABSENT) for key in keys_of_two), token)
    assert await transactional.commit(good) == Committed()


async def test_one_of_many_with_a_token_is_committed(
    transactional: Store, sorted_table: Table, keys_of_two: tuple[Key, Key]
) -> None:
    token = _token()

    async def attempt(value: str) -> object:
        writes = tuple(_put(sorted_table, key, ABSENT, value) for key in keys_of_two)
        return await transactional.commit(Batch(writes, token))

    outcomes = await asyncio.gather(*[attempt(str(number)) for number in range(5)])
    assert outcomes.count(Committed()) == 1
    rest = [outcome for outcome in outcomes if outcome != Committed()]
    assert all(outcome in (Replayed(), InProgress()) for outcome in rest)
    values = {await _value(transactional, sorted_table, key) for key in keys_of_two}
    assert values == {str(outcomes.index(Committed()))}


async def test_a_snapshot(
    transactional: Store, sorted_table: Table, keys_of_two: tuple[Key, Key]
) -> None:
    one, absent = keys_of_two
    elsewhere = await created(transactional, new_table())
    await put(transactional, sorted_table, one, a={"S": "here"})
    await put(transactional, elsewhere, one, a={"S": "there"})
    found = await transactional.snapshot(
        [(sorted_table, one), (sorted_table, absent), (elsewhere, one)]
    )
    assert not isinstance(found, Conflict)
    assert [row and row.item["a"]["S"] for row in found] == ["here", None, "there"]
    assert found[0] is not None
    assert found[0].version == await version_of(transactional, sorted_table, one)


# Ten units are always somewhere, and never twenty: a snapshot that shows half of a batch would
# find another sum.
async def test_snapshots_see_whole_batches(
    transactional: Store, sorted_table: Table, keys_of_two: tuple[Key, Key]
) -> None:
    for key in keys_of_two:
        await put(transactional, sorted_table, key, n={"N": "5"})
    done = False

    async def move() -> None:
        nonlocal done
        for number in range(10):
            rows = [await present(transactional, sorted_table, key) for key in keys_of_two]
            sums = (number, 10 - number)
            writes = tuple(
                Write(
                    sorted_table,
                    row.key,
                    row.version,
                    item_of(sorted_table, row.key, n={"N": str(units)}),
                )
                for row, units in zip(rows, sums, strict=True)
            )
            assert await transactional.commit(Batch(writes)) == Committed()
        done = True

    async def look() -> None:
        while not done:
            found = await transactional.snapshot([(sorted_table, key) for key in keys_of_two])
            if not isinstance(found, Conflict):
                assert sum(int(row.item["n"]["N"]) for row in found if row) == 10
            await asyncio.sleep(0)

    async with asyncio.timeout(30):
        await asyncio.gather(move(), look())
