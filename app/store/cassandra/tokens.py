"""Tokens: which transaction a client's token stands for, so that it is committed once.

A token is taken before its transaction begins, and spent when that has been committed. One that is
neither spent nor free belongs to a transaction under way, or to one that was left behind; then what
became of that is found out first, and made impossible if it has not happened yet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

from ...errors import StoreUnavailable
from ...model.rows import Key
from ...model.table import Table
from ..base import InProgress, Replayed, Spent, Token, TokenMismatch
from .catalog import Catalog
from .items import ItemTable
from .marks import Mark
from .patience import Deadline, Patient
from .resolution import Resolver, Written
from .session import Unconfigured, Value
from .transaction_statements import (
    COMMITTED,
    FINISHED,
    PENDING,
    LockStatements,
    TransactionStatements,
)


class Home(NamedTuple):
    """Where the outcome of a transaction of one partition is kept: beside its first row."""

    table: Table
    key: Key

    def encode(self) -> bytes:
        return orjson.dumps(tuple(Written.of(self.table, self.key, 0, b"[]")))


class _Found(NamedTuple):
    digest: bytes | None
    txn: bytes
    home: bytes | None
    done: bool | None


class Tokens:
    """Raises StoreUnavailable."""

    def __init__(
        self,
        patient: Patient,
        statements: TransactionStatements,
        resolver: Resolver,
        catalog: Catalog,
        tables: Callable[[Table], ItemTable],
    ) -> None:
        self._patient = patient
        self._statements = statements
        self._resolver = resolver
        self._catalog = catalog
        self._tables = tables

    async def take(
        self, token: Token, id: bytes, home: Home | None, deadline: Deadline
    ) -> Spent | None:
        """None: the token stands for the transaction `id` now."""
        where = None if home is None else home.encode()
        mine = (token.digest, id, where, token.text)
        statement = self._statements.take
        values: tuple[Value, ...] = mine
        while True:
            result = await self._patient.execute(statement, values, deadline)
            if result.rows[0][0]:
                return None
            found = await self._find(token.text, deadline)
            statement, values = self._statements.take, mine
            if found is not None:
                if found.txn == id:
                    return None
                spent = await self._spent(token, found)
                if spent is not None:
                    return spent
                statement = self._statements.retake
                values = (*mine, found.txn)
            if deadline.left() <= 0:
                raise StoreUnavailable("a token could not be taken in time")

    async def spent(self, token: Token) -> Spent | None:
        while True:
            found = await self._find(token.text)
            if found is None:
                return None
            spent = await self._spent(token, found)
            if spent is not None or await self._find(token.text) == found:
                return spent

    async def spend(self, text: str, id: bytes) -> None:
        await self._patient.execute(self._statements.spend, (id, text, id))

    async def release(self, text: str, id: bytes) -> None:
        await self._patient.execute(self._statements.release, (text, id))

    async def _find(self, text: str, deadline: Deadline | None = None) -> _Found | None:
        rows = (await self._patient.execute(self._statements.token, (text,), deadline)).rows
        return _Found(*rows[0]) if rows and rows[0][1] is not None else None

    async def _spent(self, token: Token, found: _Found) -> Spent | None:
        """None: what the token stood for has not happened, and never will."""
        # It runs out with the time from when it was taken, which may be before the rest does.
        if found.digest is not None and found.digest != token.digest:
            return TokenMismatch()
        if found.done:
            return Replayed()
        happened = await (self._apart(found) if found.home is None else self._together(found))
        if happened is None:
            return InProgress()
        if not happened:
            return None
        await self.spend(token.text, found.txn)
        return Replayed()

    async def _apart(self, found: _Found) -> bool | None:
        """Whether it has been committed; None: it is not decided, and not overdue."""
        state = await self._resolver.state(found.txn)
        overdue = self._resolver.overdue(found.txn)
        if state in (None, PENDING) and not overdue:
            return None
        if state is None:
            state = await self._resolver.forbid(found.txn)
        if state == PENDING:
            state = await self._resolver.abort(found.txn)
        if state == COMMITTED:
            # What is answered as done must be seen by whoever reads next.
            await self._resolver.finish(found.txn)
        return state in (COMMITTED, FINISHED)

    async def _together(self, found: _Found) -> bool | None:
        mark: Mark = Written(*orjson.loads(found.home or b"[]")).mark(found.txn)
        table = await self._catalog.table(mark.table_name)
        if table is None or table.id != mark.table_id:
            return False
        locks = self._tables(table).locks
        values = locks.outcome(mark.key(table), found.txn)
        try:
            rows = (await self._patient.execute(locks.outcome_of, values)).rows
            if rows:
                return bool(rows[0][0])
            if not self._resolver.overdue(found.txn):
                return None
            return await self.forbid(locks, values)
        except Unconfigured:
            return False

    async def forbid(
        self, locks: LockStatements, values: tuple[Any, ...], deadline: Deadline | None = None
    ) -> bool:
        """Whether a transaction of one partition was committed; if not it never will be."""
        result = await self._patient.execute(locks.forbid, values, deadline)
        return not result.rows[0][0] and bool(result.records()[0]["live"])
