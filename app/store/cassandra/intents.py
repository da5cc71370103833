"""What is asked of Cassandra for the write of one item."""

from __future__ import annotations

from ..base import ABSENT, Write
from .cas import Follower, Intent
from .dialect import Dialect
from .document import Image
from .entries import Entries, local_changes
from .items import ItemTable
from .outbox import Outboxes
from .statements import IF_ABSENT, IF_ABSENT_SINCE, IF_ANY, IF_VERSION


class Intents:
    def __init__(self, dialect: Dialect, entries: Entries, outboxes: Outboxes) -> None:
        self._dialect = dialect
        self._entries = entries
        self._outboxes = outboxes

    def of(self, write: Write, items: ItemTable) -> Intent:
        """Raises ValidationException for what this dialect cannot keep."""
        ordered = write.table.is_ordered
        outbox = self._outboxes.of(write)
        image = None if write.item is None else Image(write.item)
        self._dialect.admit(write, image)
        local = local_changes(write, image)
        expected: int | None = None
        if write.expected > ABSENT:
            condition = IF_VERSION
            expected = write.expected
        elif write.expected == ABSENT:
            condition = IF_ABSENT_SINCE if ordered else IF_ABSENT
        elif ordered:
            raise ValueError("a write of a table with indexes must expect something")
        else:
            condition = IF_ANY
        entries = self._entries.changes(write, items, image)
        followers: tuple[Follower, ...] = () if entries is None else (entries,)
        if outbox is not None:
            followers += (outbox,)
        return Intent(
            statements=items.statements,
            cas=items.statements.cas(
                condition,
                deletes=image is None,
                removed=len(local.removed),
                added=len(local.added),
                tells=outbox is not None,
            ),
            identity=(write.table.id, write.key),
            key=write.key,
            item=() if image is None else items.translator.values(image),
            expected=expected,
            since_delete=condition == IF_ABSENT_SINCE,
            tail=local.values(write.key),
            followers=followers,
            outbox=outbox,
        )
