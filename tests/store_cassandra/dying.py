"""Processes that die: where, and what they do not do any more."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from app.store.cassandra import CassandraStore
from app.store.cassandra.session import Result, Session, Statement, Value


class Died(Exception):
    """Where a test lets a process end."""


class DieAt:
    """From when it is armed."""

    def __init__(self, point: str, *, armed: bool = False) -> None:
        self.point = point
        self.armed = armed

    async def at(self, point: str) -> None:
        if self.armed and point == self.point:
            raise Died(point)


async def die(
    session: Session, statement: Statement, values: Sequence[Value], seconds: float
) -> Result:
    raise Died(statement.cql)


async def abandon(store: CassandraStore) -> None:
    """Ends what a dead process would not do any more: it neither follows, beats, sweeps nor keeps
    house."""
    for task in store._tasks:
        task.cancel()
    await asyncio.gather(*store._tasks, return_exceptions=True)
