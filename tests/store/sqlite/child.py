"""What other processes do to a file in these tests.

python -m tests.store.sqlite.child write URL TABLE      says each acknowledged sort key, for ever
python -m tests.store.sqlite.child count URL TABLE TURNS   adds 1 to one item TURNS times
python -m tests.store.sqlite.child open URL SECONDS        opens the store at this time
"""

from __future__ import annotations

import asyncio
import sys
from typing import NoReturn

from app.model.rows import Key
from app.model.table import Table
from app.store.base import ABSENT, Committed
from app.store.sqlite import SqliteStore
from app.testing.contract.support import put, read
from tests.store.sqlite.support import opened

WRITERS = 8
COUNTER = Key("counter", "s")


async def _table(store: SqliteStore, name: str) -> Table:
    table = await store.table(name)
    assert table is not None
    return table


async def write(url: str, name: str) -> NoReturn:
    async with opened(url) as store:
        table = await _table(store, name)

        async def writer(number: int) -> NoReturn:
            turn = 0
            while True:
                key = Key("p", f"{number}-{turn}")
                assert await put(store, table, key, turn={"N": str(turn)}) == Committed()
                sys.stdout.write(f"{key.sort}\n")
                sys.stdout.flush()
                turn += 1

        await asyncio.gather(*(writer(number) for number in range(WRITERS)))
        raise AssertionError("writers end only when they are killed")


async def count(url: str, name: str, turns: int) -> None:
    async with opened(url) as store:
        table = await _table(store, name)
        for _ in range(turns):
            outcome = None
            while outcome != Committed():
                row = await read(store, table, COUNTER)
                old, expected = (0, ABSENT) if row is None else (count_of(row.item), row.version)
                outcome = await put(store, table, COUNTER, expected, count={"N": str(old + 1)})


def count_of(item: dict[str, dict[str, str]]) -> int:
    return int(item["count"]["N"])


async def open_together(url: str) -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    async with opened(url) as store:
        await store.ping()


def main(command: str, url: str, *rest: str) -> None:
    if command == "write":
        asyncio.run(write(url, rest[0]))
    elif command == "count":
        asyncio.run(count(url, rest[0], int(rest[1])))
    else:
        asyncio.run(open_together(url))


if __name__ == "__main__":
    main(*sys.argv[1:])
