"""What every operation is given."""

from __future__ import annotations

from dataclasses import dataclass

from ..clock import Clock
from ..config import Settings
from ..metrics import Metrics
from ..store.base import Store
from ..store.keyqueue import KeyQueue


@dataclass(frozen=True, slots=True)
class Context:
    """Built once for each process, passed down to `run(ctx, request)`."""

    store: Store
    settings: Settings
    clock: Clock
    metrics: Metrics
    queue: KeyQueue
