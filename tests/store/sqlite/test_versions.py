"""Versions where the clock is of no help: it stands, goes back, or is another process's."""

from __future__ import annotations

from pathlib import Path

from app.model.rows import Key
from app.store.base import ABSENT, ANY, Committed, Conflict
from app.testing.contract.support import created, delete, new_table, put, version_of
from tests.store.sqlite.support import SetClock, opened, url_of

NOON = 1_800_000_000.0
KEY = Key("p", "s")


async def test_a_version_is_the_clock_in_microseconds() -> None:
    async with opened("sqlite://", clock=SetClock(NOON + 0.25)) as store:
        table = await created(store, new_table())
        await put(store, table, KEY)
        assert await version_of(store, table, KEY) == int((NOON + 0.25) * 1_000_000)


async def test_versions_grow_while_the_clock_stands_or_goes_back() -> None:
    clock = SetClock(NOON)
    async with opened("sqlite://", clock=clock) as store:
        table = await created(store, new_table())
        seen = []
        for turn in range(12):
            clock.now = NOON - 3600 * (turn // 4)
            expected = ANY if turn % 2 or not seen else seen[-1]
            assert await put(store, table, KEY, expected) == Committed()
            seen.append(await version_of(store, table, KEY))
        assert seen == sorted(set(seen))


async def test_versions_follow_the_clock_again_when_it_has_caught_up() -> None:
    clock = SetClock(NOON)
    async with opened("sqlite://", clock=clock) as store:
        table = await created(store, new_table())
        for _ in range(5):
            await put(store, table, KEY)
        clock.now = NOON + 1
        await put(store, table, KEY)
        assert await version_of(store, table, KEY) == int((NOON + 1) * 1_000_000)


# One reads a version; another process deletes the item and makes it anew within one tick. Were the
# version the same, the first one's conditional write would undo the second one's unseen.
async def test_a_version_of_a_deleted_item_never_comes_back(path: Path) -> None:
    url = url_of(path)
    async with (
        opened(url, clock=SetClock(NOON)) as one,
        opened(url, clock=SetClock(NOON - 5)) as other,
    ):
        table = await created(one, new_table())
        seen = []
        for turn in range(10):
            writer = (one, other)[turn % 2]
            assert await put(writer, table, KEY, ABSENT) == Committed()
            seen.append(await version_of(one, table, KEY))
            await delete((one, other)[turn // 2 % 2], table, KEY, (ANY, seen[-1])[turn % 3 == 0])
        assert seen == sorted(set(seen))
        await put(one, table, KEY)
        for old in seen:
            assert await put(other, table, KEY, old) == Conflict()
    # Nor after a start with a clock that was set back.
    async with opened(url, clock=SetClock(NOON - 86400)) as later:
        await delete(later, table, KEY)
        await put(later, table, KEY, ABSENT)
        assert await version_of(later, table, KEY) > max(seen)


# What was deleted last need not have had the highest version of all that were deleted.
async def test_deleting_an_older_item_does_not_bring_back_a_newer_one_s_version() -> None:
    clock = SetClock(NOON)
    older = Key("older", "s")
    async with opened("sqlite://", clock=clock) as store:
        table = await created(store, new_table())
        await put(store, table, older)
        clock.now = NOON + 1
        await put(store, table, KEY)
        version = await version_of(store, table, KEY)
        await delete(store, table, KEY)
        await delete(store, table, older)
        await put(store, table, KEY, ABSENT)
        assert await version_of(store, table, KEY) > version
