"""Writes of attached tables. README.md says what they are safe against.

Each is one lightweight transaction that demands the row as it was read, all its served columns. An
attempt leaves nothing behind by which it could be known later, so that an outcome that is unknown
stays so: it is told as that, and the write is not sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .... import errors
from ....clock import Clock
from ....errors import StoreUnavailable, StoreUnknown
from ....metrics import Metrics
from ....model.attachment import Column
from ....model.rows import Item, Key
from ...base import ABSENT, ANY, Committed, Conflict, Write
from ..patience import Deadline
from ..session import NotSent, OutcomeUnknown, Session, Statement
from .encoding import encode
from .reads import Cells, ColumnTable, Seen
from .values import value


class _Sent(NamedTuple):
    statement: Statement
    values: Cells


class ColumnWriter:
    def __init__(self, session: Session, clock: Clock, metrics: Metrics, seconds: float) -> None:
        self._session = session
        self._clock = clock
        self._metrics = metrics
        self._seconds = seconds

    async def write(self, table: ColumnTable, write: Write) -> Committed | Conflict:
        """Raises StoreUnavailable (nothing applied), StoreUnknown, Unconfigured, and a
        ValidationException that names the column an attribute does not fit."""
        deadline = Deadline(self._clock, self._seconds)
        if write.expected == ANY:
            while True:
                row = await table.get(write.key, True)
                seen = None if row is None else row.version
                if await self._write(table, write, seen, deadline):
                    return Committed()
                if not await deadline.pause():
                    raise StoreUnavailable("an item is written by others all the while")
        seen = None if write.expected == ABSENT else write.expected
        done = await self._write(table, write, seen, deadline)
        return Committed() if done else Conflict()

    async def _write(
        self, table: ColumnTable, write: Write, seen: int | None, deadline: Deadline
    ) -> bool:
        """seen: the version that must be there."""
        if seen is not None and not isinstance(seen, Seen):
            # Nobody has read this row here.
            return False
        key = table.key_cells(write.key)
        statements = table.statements
        if write.item is None:
            if seen is None:
                return await table.get(write.key, True) is None
            return await self._apply(_Sent(statements.delete, (*key, *seen.cells)), deadline)
        cells = cells_of(table, write.item, None if seen is None else seen.cells)
        if seen is None:
            return await self._apply(_Sent(statements.insert, (*key, *cells)), deadline)
        if not cells:
            return await table.get(write.key, True) is not None
        values = (*key, *cells, *key, *seen.cells)
        return await self._apply(_Sent(statements.replace, values), deadline)

    async def _apply(self, sent: _Sent, deadline: Deadline) -> bool:
        while True:
            try:
                # All the time there is: an answer that comes late is better than none.
                seconds = max(deadline.left(), 0.0)
                result = await self._session.execute(sent.statement, sent.values, seconds)
                return bool(result.rows[0][0] != b"\0")
            except NotSent as fault:
                if not await deadline.pause():
                    raise StoreUnavailable(f"Cassandra did not take the write: {fault}") from fault
            except OutcomeUnknown as fault:
                self._metrics.add("UnknownOutcomes")
                raise StoreUnknown(f"whether a write was applied is not known: {fault}") from fault


def admit(table: ColumnTable, key: Key, item: Item | None) -> None:
    """Raises a ValidationException for what the columns cannot hold."""
    table.key_cells(key)
    if item is not None:
        cells_of(table, item, None)


def cells_of(table: ColumnTable, item: Item, before: Cells | None) -> Cells:
    """Of all columns outside the key. What has not changed stays as it is, to the bit.

    Raises a ValidationException that names the column.
    """
    columns: Sequence[Column] = table.attached.columns
    names = {column.attribute for column in columns}.union(table.table.key_names)
    strange = sorted(item.keys() - names)
    if strange:
        source = f"{table.attached.keyspace}.{table.attached.table}"
        raise errors.validation(f"There is no column of {source} for {', '.join(strange)}")
    if before is None:
        before = (None,) * len(columns)
    return [
        None if column.attribute not in item else _cell(column, item[column.attribute], cell)
        for column, cell in zip(columns, before, strict=True)
    ]


def _cell(column: Column, given: Item, before: bytes | None) -> bytes:
    if before is not None and value(column.type, before) == given:
        return before
    try:
        return encode(column.type, given)
    except ValueError as fault:
        raise errors.validation(
            f"The value of attribute {column.attribute} does not fit column {column.name} "
            f"of type {column.type.name}: {fault}"
        ) from fault
