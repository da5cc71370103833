"""What is asked of Cassandra for the write of one item."""

from __future__ import annotations

from typing import NamedTuple

from ..base import ABSENT, Write
from .cas import Follower, Intent
from .dialect import Dialect
from .document import Image
from .entries import Entries, local_changes
from .items import ItemTable
from .outbox import Outbox, Outboxes
from .session import Value
from .statements import IF_ABSENT, IF_ABSENT_SINCE, IF_ANY, IF_VERSION


class _Along(NamedTuple):
    """What goes along with a write: rows of local indexes, and as of `Intent`."""

    removed: int = 0
    added: int = 0
    tail: tuple[Value, ...] = ()
    followers: tuple[Follower, ...] = ()
    outbox: Outbox | None = None


_ALONE = _Along()


class Intents:
    def __init__(self, dialect: Dialect, entries: Entries, outboxes: Outboxes) -> None:
        self._dialect = dialect
        self._entries = entries
        self._outboxes = outboxes

    def of(self, write: Write, items: ItemTable) -> Intent:
        """Raises ValidationException for what this dialect cannot keep."""
        table = write.table
        ordered = table.is_ordered
        image = None if write.item is None else Image(write.item)
        self._dialect.admit(write, image)
        expected: int | None = None
        if write.expected > ABSENT:
            condition = IF_VERSION
            expected = write.expected
        elif write.expected == ABSENT:
            condition = IF_ABSENT_SINCE if ordered else IF_ABSENT
        elif ordered:
            raise ValueError(
                "a write with a record, or of a table with indexes, must expect something"
            )
        else:
            condition = IF_ANY
        along = _ALONE
        if write.entries or write.record is not None or table.stream is not None:
            along = self._along(write, items, image)
        return Intent(
            statements=items.statements,
            cas=items.statements.cas(
                condition,
                deletes=image is None,
                removed=along.removed,
                added=along.added,
                tells=along.outbox is not None,
            ),
            identity=(table.id, write.key),
            key=write.key,
            item=() if image is None else items.translator.values(image),
            expected=expected,
            since_delete=condition == IF_ABSENT_SINCE,
            tail=along.tail,
            followers=along.followers,
            outbox=along.outbox,
        )

    def _along(self, write: Write, items: ItemTable, image: Image | None) -> _Along:
        outbox = self._outboxes.of(write)
        local = local_changes(write, image)
        entries = self._entries.changes(write, items, image)
        followers: tuple[Follower, ...] = () if entries is None else (entries,)
        if outbox is not None:
            followers += (outbox,)
        return _Along(
            *(len(local.removed), len(local.added), local.values(write.key)), followers, outbox
        )
