"""What every operation is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..aside import Aside
from ..clock import Clock
from ..config import Settings
from ..jobs.overdue import Overdue, new_overdue
from ..metrics import Metrics
from ..model.limits import SERVICE, Limits
from ..model.rows import KeyValue
from ..store.base import Store
from ..store.keyqueue import KeyQueue
from .recent import Recent

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Collections:
    """Bytes of a table's large item collections by partition key; known `until` (monotonic)."""

    until: float
    sizes: Mapping[KeyValue, int]


@dataclass(frozen=True, slots=True)
class Context:
    """Built once for each process, passed down to `run(ctx, request)`.

    collections: what was counted last, by table id.
    limits: of tables that are made from now on.
    answer_bytes: most that the front door takes of a page, with room for what is around it.
    recent: items as this process wrote them last.
    overdue: items (by table name and key) that were written with their time to live past; the
    oldest are forgotten when nobody takes them.
    large: of requests that are worked on aside.
    """

    store: Store
    settings: Settings
    clock: Clock
    metrics: Metrics
    queue: KeyQueue
    limits: Limits = SERVICE
    answer_bytes: int | None = None
    recent: Recent = field(default_factory=Recent)
    overdue: Overdue = field(default_factory=new_overdue)
    collections: dict[str, Collections] = field(default_factory=dict)
    aside: Aside = field(default_factory=Aside)
    large: bool = False

    async def beside(self, work: Callable[..., _Result], *arguments: Any) -> _Result:
        """`work` on what a request has: of a large one aside, else at once."""
        return await self.aside(work, *arguments) if self.large else work(*arguments)
