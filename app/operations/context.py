"""What every operation is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..clock import Clock
from ..config import Settings
from ..jobs.expiry import Overdue, new_overdue
from ..metrics import Metrics
from ..model.limits import SERVICE, Limits
from ..model.rows import KeyValue
from ..store.base import Store
from ..store.keyqueue import KeyQueue


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
    overdue: items (by table name and key) that were written with their time to live past; the
    oldest are forgotten when nobody takes them.
    """

    store: Store
    settings: Settings
    clock: Clock
    metrics: Metrics
    queue: KeyQueue
    limits: Limits = SERVICE
    answer_bytes: int | None = None
    overdue: Overdue = field(default_factory=new_overdue)
    collections: dict[str, Collections] = field(default_factory=dict)
