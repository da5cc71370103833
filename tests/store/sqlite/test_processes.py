"""Several processes share one file, and any of them may be killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import pytest

from app.model.rows import Key
from app.model.table import Table
from app.store.base import Committed
from app.store.sqlite import SqliteStore
from app.testing.contract.support import item_of, present, put, query
from tests.store.sqlite.child import COUNTER, count_of
from tests.store.sqlite.support import opened, url_of

StartChild = Callable[..., subprocess.Popen[str]]

_ACKNOWLEDGED = 300
_ROUNDS = 3
_SECONDS = 60


@pytest.fixture
def start_child() -> Iterator[StartChild]:
    with ExitStack() as stack:

        def start(*arguments: object) -> subprocess.Popen[str]:
            command = [sys.executable, "-m", "tests.store.sqlite.child", *map(str, arguments)]
            pipe = subprocess.PIPE
            child = stack.enter_context(
                subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
            )
            stack.callback(child.kill)
            return child

        yield start


def said_by(child: subprocess.Popen[str]) -> IO[str]:
    assert child.stdout is not None
    return child.stdout


def acknowledged_until_killed(child: subprocess.Popen[str]) -> list[str]:
    """What it said before it was killed in the midst of writing."""
    output = said_by(child)
    said = [output.readline() for _ in range(_ACKNOWLEDGED)]
    child.kill()
    said += output.readlines()
    # The last line may have been cut.
    return [line.rstrip("\n") for line in said if line.endswith("\n")]


async def test_what_was_acknowledged_is_there_after_a_kill(
    store: SqliteStore, table: Table, path: Path, start_child: StartChild
) -> None:
    await store.close()
    for _ in range(_ROUNDS):
        sorts = acknowledged_until_killed(start_child("write", url_of(path), table.name))
        assert len(set(sorts)) == len(sorts) >= _ACKNOWLEDGED
        async with opened(url_of(path)) as after:
            found = {row.key.sort: row.item for row in await query(after, table, "p")}
            for sort in sorts:
                turn = sort.partition("-")[2]
                assert found[sort] == item_of(table, Key("p", sort), turn={"N": turn})
            # The file is as good as before: nothing that the dead one held is in the way.
            assert await put(after, table, Key("q", "s")) == Committed()
    await store.open()


async def test_a_process_writes_on_when_another_was_killed(
    store: SqliteStore, table: Table, path: Path, start_child: StartChild
) -> None:
    sorts = acknowledged_until_killed(start_child("write", url_of(path), table.name))
    assert await put(store, table, Key("q", "s")) == Committed()
    assert {row.key.sort for row in await query(store, table, "p")} >= set(sorts)


async def test_increments_of_several_processes_are_all_counted(
    store: SqliteStore, table: Table, path: Path, start_child: StartChild
) -> None:
    turns = 100
    children = [start_child("count", url_of(path), table.name, turns) for _ in range(3)]
    assert [child.wait(_SECONDS) for child in children] == [0, 0, 0]
    assert count_of((await present(store, table, COUNTER)).item) == 3 * turns


# Each finds a file that is not there, half made, or made by another one.
def test_several_processes_make_a_new_file_at_once(path: Path, start_child: StartChild) -> None:
    children = [start_child("open", url_of(path)) for _ in range(5)]
    for child in children:
        assert said_by(child).readline() == "ready\n"
    for child in children:
        child.communicate("go\n", timeout=_SECONDS)
    assert [child.returncode for child in children] == [0] * 5
