"""Leases: one owner at a time, who loses what he does not renew; and the order of shards."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from app.triggers.checkpoints import (
    LEASE_SECONDS,
    Checkpoint,
    FileCheckpoints,
    Known,
    LeaseLost,
    TableCheckpoints,
)
from app.triggers.mapper import gone, ready, share_of
from app.triggers.source import Shard


async def test_a_lease_goes_to_another_when_it_has_run_out(client: Any) -> None:
    now = [1000.0]
    first, second = (TableCheckpoints(client, "leases", "m", lambda: now[0]) for _ in "ab")
    await first.open()
    await second.open()
    assert await first.take("s") == Checkpoint()
    assert await second.take("s") is None
    await first.save("s", Checkpoint(sequence="7"))
    now[0] += LEASE_SECONDS - 1
    await first.renew("s")
    now[0] += LEASE_SECONDS - 1
    assert await second.take("s") is None
    now[0] += 2
    assert await second.take("s") == Checkpoint(sequence="7")
    with pytest.raises(LeaseLost):
        await first.renew("s")
    # Who was held up in the middle of a batch does not set it back.
    with pytest.raises(LeaseLost):
        await first.save("s", Checkpoint(sequence="5"))
    await second.release("s")
    assert await first.take("s") == Checkpoint(sequence="7")


async def test_mappings_do_not_share_checkpoints(client: Any) -> None:
    one, other = (TableCheckpoints(client, "leases", name) for name in ("one", "other"))
    await one.open()
    await one.take("s")
    await one.save("s", Checkpoint(sequence="7", finished=True))
    assert await one.known() == Known({"s": Checkpoint(sequence="7", finished=True)})
    assert await other.known() == Known({})
    await one.forget("s")
    assert await one.known() == Known({})


# One that has no shard is counted, too, or it would never get any.
async def test_processes_know_of_each_other_as_long_as_they_live(client: Any) -> None:
    now = [1000.0]
    first, second = (
        TableCheckpoints(client, "leases", "w", lambda: now[0], owner) for owner in "ab"
    )
    assert await first.known() == Known({}, workers=1, place=0)
    await first.take("s")
    held = frozenset("s")
    assert await second.known() == Known({"s": Checkpoint()}, held, workers=2, place=1)
    assert await first.known() == Known({"s": Checkpoint()}, workers=2, place=0)
    now[0] += LEASE_SECONDS + 1
    assert await second.known() == Known({"s": Checkpoint()}, workers=1, place=0)
    # It was held up only.
    assert await first.known() == Known({"s": Checkpoint()}, workers=2, place=0)
    await second.leave()
    assert await first.known() == Known({"s": Checkpoint()}, workers=1, place=0)


@pytest.mark.parametrize(
    ("shards", "shares"),
    [(4, [4]), (4, [2, 2]), (4, [2, 1, 1]), (2, [1, 1, 0]), (7, [3, 2, 2]), (0, [0])],
)
def test_shares_differ_by_one_at_most(shards: int, shares: list[int]) -> None:
    processes = [Known({}, workers=len(shares), place=place) for place in range(len(shares))]
    assert [share_of(shards, known) for known in processes] == shares


# Shards are written down at once, each with what is known of all: the last text must be the newest.
async def test_a_file_ends_with_the_latest_of_all_shards(tmp_path: Path) -> None:
    checkpoints = FileCheckpoints(tmp_path / "file")
    for number in range(20):
        latest = Checkpoint(sequence=str(number))
        await asyncio.gather(*[checkpoints.save(shard, latest) for shard in "abcdefgh"])
        told = json.loads((tmp_path / "file").read_text())
        assert {shard["sequence"] for shard in told.values()} == {str(number)}
    checkpoints.close()


def test_a_shard_waits_for_its_parent() -> None:
    parent, child = Shard("p", "gone", True), Shard("c", "p", False)
    shards = [parent, child]
    assert ready(shards, {}) == [parent]
    assert ready(shards, {"p": Checkpoint(sequence="9")}) == [parent]
    assert ready(shards, {"p": Checkpoint(finished=True)}) == [child]
    # Records of one that is no more are not kept: nobody can wait for it.
    assert ready([child], {}) == [child]


# Streams of AWS have new shards every four hours: what is known of old ones would only grow.
def test_checkpoints_are_kept_while_the_stream_has_the_shard_or_it_is_not_finished() -> None:
    finished = Checkpoint(finished=True)
    known = {"p": finished, "old": finished, "not": Checkpoint(sequence="7")}
    assert gone([Shard("p", None, True), Shard("c", "p", False)], known) == ["old"]
