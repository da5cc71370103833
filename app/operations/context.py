"""What every operation is given."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..clock import Clock
from ..config import Settings
from ..jobs.expiry import Overdue, new_overdue
from ..metrics import Metrics
from ..store.base import Store
from ..store.keyqueue import KeyQueue


@dataclass(frozen=True, slots=True)
class Context:
    """Built once for each process, passed down to `run(ctx, request)`.

    overdue: items (by table name and key) that were written with their time to live past; the
    oldest are forgotten when nobody takes them.
    """

    store: Store
    settings: Settings
    clock: Clock
    metrics: Metrics
    queue: KeyQueue
    overdue: Overdue = field(default_factory=new_overdue)
