"""A round that was accepted and never committed: the node that led it died in between.

One node leaves no such round by itself. This makes one out of a write that was committed: its
proposal, for another key, is put where a node keeps what it has accepted.
"""

from __future__ import annotations

from typing import Any

from app.store.cassandra.python_driver import PythonDriver
from app.store.cassandra.session import Consistency, Statement, Value

_STATE = "system.paxos WHERE row_key = ? AND cf_id = ?"


async def ask(driver: PythonDriver, cql: str, *values: Value) -> list[dict[str, Any]]:
    statement = Statement(cql, Consistency.LOCAL_ONE)
    return (await driver.execute(statement, values, 5.0)).records()


async def leave_undecided(
    driver: PythonDriver, keyspace: str, table: str, done: bytes, undecided: bytes
) -> None:
    """The last round of partition `done`, accepted for `undecided`, a key of the same length in
    which there has been no round yet."""
    assert len(done) == len(undecided)
    tables = "SELECT id FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?"
    (found,) = await ask(driver, tables, keyspace, table)
    columns = "most_recent_commit, most_recent_commit_at, most_recent_commit_version"
    (state,) = await ask(driver, f"SELECT {columns} FROM {_STATE}", done, found["id"])
    commit, at, version = state.values()
    proposal = commit.replace(done, undecided)
    assert proposal != commit
    insert = (
        "INSERT INTO system.paxos (row_key, cf_id, in_progress_ballot, proposal_ballot, proposal, "
        "proposal_version) VALUES (?, ?, ?, ?, ?, ?)"
    )
    await ask(driver, insert, undecided, found["id"], at, at, proposal, version)
