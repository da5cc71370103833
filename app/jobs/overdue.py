"""Items that were written with their time to live past: from requests to the job that expires."""

from __future__ import annotations

from collections import deque

from ..model.rows import Key

_MOST = 10_000

Overdue = deque[tuple[str, Key]]
"""Table name and key."""


def new_overdue() -> Overdue:
    return deque(maxlen=_MOST)
