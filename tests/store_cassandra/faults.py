"""What may happen to one statement between this process and the one that executes it."""

from __future__ import annotations

from collections.abc import Sequence

from app.store.cassandra.session import NotSent, OutcomeUnknown, Result, Session, Statement, Value


async def answer_lost(
    session: Session, statement: Statement, values: Sequence[Value], seconds: float
) -> Result:
    """Executed, but nobody says so."""
    await session.execute(statement, values, seconds)
    raise OutcomeUnknown("the answer was lost")


async def request_lost(
    session: Session, statement: Statement, values: Sequence[Value], seconds: float
) -> Result:
    """Never executed, and nobody says so."""
    raise OutcomeUnknown("the request was lost")


async def no_node(
    session: Session, statement: Statement, values: Sequence[Value], seconds: float
) -> Result:
    """Never executed, as the driver knows."""
    raise NotSent("no node is up")


class Late:
    """A request that a node holds back: executed only by `arrive`, while nobody says so."""

    def __init__(self) -> None:
        self._held: tuple[Session, Statement, Sequence[Value], float] | None = None

    async def __call__(
        self, session: Session, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Result:
        self._held = (session, statement, values, seconds)
        raise OutcomeUnknown("the node hangs")

    async def arrive(self) -> Result:
        assert self._held is not None
        session, statement, values, seconds = self._held
        return await session.execute(statement, values, seconds)
