"""`dynaspan jobs`: what a server does beside its requests, without the server."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from app.clock import SystemClock
from app.model.expiry import index_for
from app.model.index import entry_changes
from app.model.rows import Item, Key
from app.model.table import KeyAttribute, Table, TimeToLive
from app.store.base import ABSENT, Batch, Write
from app.store.sqlite import SqliteStore

JOBS = [sys.executable, "-m", "app.cli", "jobs"]
TABLE = Table("f" * 32, "things", KeyAttribute("pk", "S"), None, created=0.0)


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*JOBS, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


async def test_it_fills_an_index_and_deletes_what_has_expired(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'data.db'}"
    store = SqliteStore(url, clock=SystemClock())
    await store.open()
    await store.create_table(TABLE)
    table = await store.table("things")
    assert table is not None
    keys = {}
    for name, second in (("old", time.time() - 60), ("new", time.time() + 3600)):
        item: Item = {"pk": {"S": name}, "ttl": {"N": str(int(second))}}
        keys[name] = Key(name, None)
        write = Write(table, keys[name], ABSENT, item, entry_changes(table, None, item))
        await store.commit(Batch((write,)))
    ttl = TimeToLive("ttl", index_for(table, "ttl"))
    timed = replace(table, ttl=ttl, next_index=2, version=table.version + 1)
    assert await store.change_table(timed)
    done = run("--store", url, "--seconds", "4", DYNASPAN_TTL_INTERVAL="0.2")
    assert (done.returncode, done.stdout) == (0, "")
    assert "dynaspan does the jobs of sqlite:///" in done.stderr
    left = await store.table("things")
    assert left is not None
    assert left.ttl is not None
    assert left.ttl.index is not None
    assert left.ttl.index.status == "ACTIVE"
    assert await store.get(left, keys["old"], consistent=True) is None
    assert await store.get(left, keys["new"], consistent=True) is not None
    await store.close()


def test_sigterm_ends_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*JOBS, "--store", f"sqlite:///{tmp_path / 'data.db'}"],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert "does the jobs" in process.stderr.readline()
        process.terminate()
        assert process.wait(30) == 0


def test_memory_has_no_jobs_for_another_process() -> None:
    done = run("--store", "sqlite://")
    assert done.returncode == 2
    assert "sqlite:// belongs to one process" in done.stderr
