"""The key queue under cancellation: one holder, no lost turn, nothing left behind."""

from __future__ import annotations

import asyncio
import random

import pytest

from app.errors import Busy
from app.model.rows import Key
from app.store.keyqueue import KeyQueue

K = Key("k", None)


@pytest.mark.parametrize("seed", range(5))
async def test_never_two_holders_whoever_is_cancelled(seed: int) -> None:
    chance = random.Random(seed)
    queue = KeyQueue()
    holding: set[int] = set()

    async def work(key: int) -> None:
        async with queue.slot("t", Key(str(key), None)):
            assert key not in holding
            holding.add(key)
            try:
                for _ in range(chance.randrange(3)):
                    await asyncio.sleep(0)
            finally:
                holding.remove(key)

    tasks = [asyncio.create_task(work(chance.randrange(3))) for _ in range(300)]
    for _ in range(150):
        await asyncio.sleep(0)
        # Two at once: one may be cancelled in the moment in which the other hands it the turn.
        for task in chance.sample(tasks, 2):
            task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(result) for result in results} <= {type(None), asyncio.CancelledError}
    assert None in results
    assert len(queue) == 0
    assert queue.waiting == 0


async def test_turns_are_given_in_order_of_arrival() -> None:
    queue = KeyQueue()
    order: list[int] = []

    async def work(number: int) -> None:
        async with queue.slot("t", K):
            order.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*[work(number) for number in range(20)])
    assert order == list(range(20))


async def test_a_full_queue_refuses_and_holds_nothing_of_the_refused() -> None:
    queue = KeyQueue(most_for_a_key=2)
    async with queue.slot("t", K):
        waiters = [asyncio.create_task(queue.slot("t", K).__aenter__()) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await queue.slot("t", K).__aenter__()
        # Another key is not concerned.
        async with queue.slot("t", Key("other", None)):
            assert queue.waiting == 2
    await waiters[0]
    queue.release(("t", K))
    await waiters[1]
    queue.release(("t", K))
    assert len(queue) == 0


async def test_a_queue_by_partition_holds_all_keys_of_a_partition() -> None:
    queue = KeyQueue(by_partition=True)
    async with queue.slot("t", Key("p", "1")):
        waiter = asyncio.create_task(queue.slot("t", Key("p", "2")).__aenter__())
        async with queue.slot("t", Key("q", "2")), queue.slot("other", Key("p", "1")):
            await asyncio.sleep(0)
            assert queue.waiting == 1
    await waiter
    queue.release(("t", "p"))
    assert len(queue) == 0


# As happens to the tasks of a loop that is closed: the others must not wait for one of them.
async def test_a_waiter_that_is_thrown_away_loses_no_turn() -> None:
    queue = KeyQueue()
    async with queue.slot("t", K):
        thrown_away = queue.slot("t", K).__aenter__()
        thrown_away.send(None)
        waiter = asyncio.create_task(queue.slot("t", K).__aenter__())
        await asyncio.sleep(0)
        thrown_away.close()
        assert queue.waiting == 1
    async with asyncio.timeout(30):
        await waiter
    queue.release(("t", K))
    assert len(queue) == queue.waiting == 0


async def test_a_slot_is_given_back_by_whoever_fails_in_it() -> None:
    queue = KeyQueue()
    with pytest.raises(RuntimeError, match="failed"):
        async with queue.slot("t", K):
            raise RuntimeError("failed")
    assert len(queue) == 0


async def test_all_waiters_together_are_bounded() -> None:
    queue = KeyQueue(most_in_all=3)
    keys = [Key(str(number), None) for number in range(2)]
    async with queue.slot("t", keys[0]), queue.slot("t", keys[1]):
        waiters = [
            asyncio.create_task(queue.slot("t", keys[number % 2]).__aenter__())
            for number in range(3)
        ]
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await queue.slot("t", keys[1]).__aenter__()
        # A free key needs no waiting, and is to be had.
        async with queue.slot("t", K):
            assert (len(queue), queue.waiting) == (3, 3)
        for waiter in waiters:
            waiter.cancel()
        await asyncio.gather(*waiters, return_exceptions=True)
        assert queue.waiting == 0
    assert len(queue) == 0


# Each takes two of three keys, in whatever order they are named.
async def test_holders_of_several_keys_do_not_wait_for_each_other() -> None:
    queue = KeyQueue(by_partition=True)
    keys = [Key(name, sort) for name in "abc" for sort in "12"]
    turns = 0

    async def work(seed: int) -> None:
        nonlocal turns
        chance = random.Random(seed)
        for _ in range(20):
            async with queue.slots(("t", key) for key in chance.sample(keys, 3)):
                await asyncio.sleep(0)
                turns += 1

    async with asyncio.timeout(30):
        await asyncio.gather(*[work(seed) for seed in range(8)])
    assert turns == 160
    assert len(queue) == 0
