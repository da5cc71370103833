"""What the two ways of committing a transaction have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ...clock import Clock
from ...errors import StoreUnavailable
from ...faults import Faults
from ...model.rows import Key
from ...model.table import Table
from ..base import Write
from .document import Image
from .entries import Entries, GlobalChanges
from .items import ItemTable
from .marks import Marks
from .outbox import Outbox, Outboxes
from .patience import SHARE, Deadline, Patient
from .resolution import Resolver
from .ring import key_bytes
from .ring import token as ring_token
from .session import NotSent, Result, Session, Statement, Value
from .tokens import Tokens
from .transaction_statements import (
    Part,
    TransactionStatements,
)


@dataclass(frozen=True, slots=True)
class Step:
    """One write, ready to be sent. `entries`: what it does to global indexes; `outbox`: what the
    table's stream tells of it."""

    table: Table
    items: ItemTable
    part: Part
    entries: GlobalChanges | None = None
    outbox: Outbox | None = None
    places: bytes = b"[]"

    @property
    def key(self) -> Key:
        return self.part.key

    @property
    def partition(self) -> tuple[str, int, bytes]:
        return self.table.id, ring_token(self.key.partition), key_bytes(self.key.partition)

    @property
    def version(self) -> int:
        return self.part.prepared.version


@dataclass(frozen=True, slots=True)
class Tools:
    """What the transactions of one process have in common."""

    session: Session
    patient: Patient
    clock: Clock
    faults: Faults
    seconds: float
    statements: TransactionStatements
    marks: Marks
    tokens: Tokens
    resolver: Resolver
    entries: Entries
    outboxes: Outboxes
    admit: Callable[[Write, Image | None], None]

    async def once(
        self, statement: Statement, values: Sequence[Value], deadline: Deadline
    ) -> Result:
        """Executed once at most. Raises OutcomeUnknown, StoreUnavailable when it was not."""
        while True:
            try:
                return await self.session.execute(
                    statement, values, max(SHARE * deadline.left(), 0.0)
                )
            except NotSent as fault:
                if not await deadline.pause():
                    raise StoreUnavailable(f"Cassandra did not answer in time: {fault}") from fault


async def press(resolver: Resolver, steps: Sequence[Step]) -> None:
    # Only helps the next attempt.
    with suppress(StoreUnavailable):
        for step in steps:
            await resolver.press(step.items, step.key)
