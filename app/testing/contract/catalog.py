"""The catalog: tables are made, changed, listed and dropped."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace

import pytest

from ...errors import TableGone
from ...model.rows import EVERYTHING, WHOLE, Key
from ...model.table import Throughput, TimeToLive
from ...store.base import Committed, Store
from .support import created, dropped, fresh, keys, new_table, put, read, scan


async def test_a_table_that_was_never_made(store: Store) -> None:
    name = f"never-{uuid.uuid4().hex}"
    assert await store.table(name) is None
    assert store.cached_table(name) is None


async def test_a_table_is_kept_as_it_was_given(store: Store) -> None:
    given = replace(
        new_table("N", "B"),
        billing_mode="PAY_PER_REQUEST",
        billing_changed=1234.5,
        throughput=Throughput(3, 4, increased=1.0, decreased=2.0, decreases_today=1),
        deletion_protection=True,
        tags=(("k", "v"), ("\u00fc", "")),
        ttl=TimeToLive("expires"),
        options={"TableClass": "STANDARD", "nested": {"a": [1, None, True]}},
    )
    found = await created(store, given)
    assert found == replace(given, status="ACTIVE", version=found.version)
    assert store.cached_table(given.name) in (None, found)


async def test_a_new_table_is_usable_and_empty(store: Store) -> None:
    table = await created(store, new_table())
    assert await scan(store, table) == []
    key = Key("p", "s")
    assert await put(store, table, key) == Committed()
    assert await read(store, table, key) is not None


async def test_a_name_that_is_taken(store: Store) -> None:
    table = await created(store, new_table())
    key = Key(fresh(), "s")
    await put(store, table, key)
    assert not await store.create_table(new_table("N", None, name=table.name))
    assert await store.table(table.name) == table
    assert await read(store, table, key) is not None


async def test_one_of_many_at_once_gets_the_name(store: Store) -> None:
    name = f"contract-{uuid.uuid4().hex}"
    rivals = [new_table(name=name) for _ in range(5)]
    won = await asyncio.gather(*[store.create_table(table) for table in rivals])
    assert sum(won) == 1
    found = await store.table(name)
    assert found is not None
    assert found.id == rivals[won.index(True)].id


# -- change ---------------------------------------------------------------------------------


async def test_a_change_of_the_latest_version(store: Store) -> None:
    table = await created(store, new_table())
    changed = replace(table, version=table.version + 1, tags=(("k", "v"),))
    assert await store.change_table(changed)
    assert await store.table(table.name) == changed
    assert store.cached_table(table.name) in (None, changed)


# Two clients who change what they read must not undo each other's change.
async def test_a_change_of_an_older_version(store: Store) -> None:
    table = await created(store, new_table())
    first = replace(table, version=table.version + 1, billing_mode="PAY_PER_REQUEST")
    assert await store.change_table(first)
    for version in (table.version, table.version + 1, table.version + 3):
        assert not await store.change_table(replace(table, version=version, tags=(("k", "v"),)))
    assert await store.table(table.name) == first


async def test_one_of_many_changes_at_once(store: Store) -> None:
    table = await created(store, new_table())
    rivals = [
        replace(table, version=table.version + 1, tags=(("k", str(number)),)) for number in range(5)
    ]
    won = await asyncio.gather(*[store.change_table(rival) for rival in rivals])
    assert sum(won) == 1
    assert await store.table(table.name) == rivals[won.index(True)]


async def test_a_change_of_a_table_that_is_not_there(store: Store) -> None:
    table = new_table()
    assert not await store.change_table(replace(table, version=2))
    assert await store.table(table.name) is None


async def test_a_change_for_another_table_of_the_name(store: Store) -> None:
    table = await created(store, new_table())
    other = replace(table, id=uuid.uuid4().hex, version=table.version + 1)
    assert not await store.change_table(other)
    assert await store.table(table.name) == table


async def test_items_stay_through_a_change(store: Store) -> None:
    table = await created(store, new_table())
    key = Key("p", "s")
    await put(store, table, key)
    changed = replace(table, version=table.version + 1, deletion_protection=True)
    assert await store.change_table(changed)
    assert await read(store, changed, key) is not None
    assert await put(store, changed, key) == Committed()


# -- drop -----------------------------------------------------------------------------------


async def test_a_dropped_table_is_gone(store: Store) -> None:
    table = await created(store, new_table())
    key = Key("p", "s")
    await put(store, table, key)
    await dropped(store, table)
    assert await store.table(table.name) is None
    assert store.cached_table(table.name) is None
    assert table.name not in await store.table_names(after=None, limit=1_000_000)
    assert not await store.drop_table(table)


async def test_every_use_of_a_dropped_table(store: Store) -> None:
    table = await created(store, new_table())
    key = Key("p", "s")
    await put(store, table, key)
    await dropped(store, table)
    for use in (
        store.get(table, key, consistent=True),
        store.get_many(table, [key], consistent=True),
        store.query(table, "p", EVERYTHING, limit=1, consistent=True),
        store.scan(table, WHOLE, limit=1, consistent=True),
        put(store, table, key),
    ):
        with pytest.raises(TableGone):
            await use


async def test_only_the_latest_version_is_dropped(store: Store) -> None:
    table = await created(store, new_table())
    changed = replace(table, version=table.version + 1, tags=(("k", "v"),))
    assert await store.change_table(changed)
    assert not await store.drop_table(table)
    assert not await store.drop_table(replace(changed, id=uuid.uuid4().hex))
    assert await store.table(table.name) == changed


async def test_a_table_made_anew_has_nothing_of_the_old_one(store: Store) -> None:
    old = await created(store, new_table())
    key = Key("p", "s")
    await put(store, old, key)
    await dropped(store, old)
    new = await created(store, new_table(name=old.name))
    with pytest.raises(TableGone):
        await put(store, old, key)
    assert await scan(store, new) == []
    assert await store.table(old.name) == new
    await put(store, new, key)
    assert keys(await scan(store, new)) == [key]


async def test_writers_learn_that_their_table_was_dropped(store: Store) -> None:
    table = await created(store, new_table())

    async def writing(key: Key) -> int:
        acknowledged = 0
        while True:
            try:
                assert await put(store, table, key) == Committed()
            except TableGone:
                return acknowledged
            acknowledged += 1
            # A store in memory need not wait for anything.
            await asyncio.sleep(0)

    writers = [asyncio.create_task(writing(Key(fresh(), "s"))) for _ in range(5)]
    await asyncio.sleep(0.05)
    await dropped(store, table)
    async with asyncio.timeout(30):
        assert min(await asyncio.gather(*writers)) > 0


# -- names ----------------------------------------------------------------------------------


async def test_names_are_in_order_and_paged(store: Store) -> None:
    prefix = f"names-{uuid.uuid4().hex[:8]}"
    # Before each other in UTF-16 are the last two, in a locale's order the letters.
    names = [prefix + end for end in ("-a", ".a", "A", "Z", "_", "a", "z", "\uffff", "\U00010000")]
    assert names == sorted(names, key=str.encode)
    for name in reversed(names):
        assert await store.create_table(new_table(name=name))
    assert await store.table_names(after=prefix, limit=len(names)) == names
    for limit in (1, 2, 100):
        found: list[str] = []
        after = prefix
        while len(found) < len(names):
            page = await store.table_names(after=after, limit=limit)
            assert 1 <= len(page) <= limit
            found += [name for name in page if name.startswith(prefix)]
            after = page[-1]
        assert found == names


async def test_names_from_behind_one_that_is_not_there(store: Store) -> None:
    table = await created(store, new_table())
    assert (await store.table_names(after=table.name[:-1], limit=1)) == [table.name]
    assert table.name not in await store.table_names(after=table.name, limit=1000)
    assert table.name in await store.table_names(after=None, limit=1_000_000)
