"""What all requests at random have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

TABLE = "things"
"""Partition key `pk` (S), sort key `sk` (N); `by-c` on c (S) and sk, `by-d` on pk and d (N)."""

SORTS = ("0", "1", "2", "10", "-1", "1.5")


@dataclass(frozen=True)
class Step:
    operation: str
    request: dict[str, Any]


def draw_options(draw: st.DrawFn, **choices: tuple[str, ...]) -> dict[str, str]:
    """Members that are left out half of the time."""
    asked = {member: some for member, some in choices.items() if draw(st.booleans())}
    return {member: draw(st.sampled_from(some)) for member, some in asked.items()}
