"""Versions grow for each key, differ between writers, and keep to the clock."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model.version import SLOTS, Versions


@dataclass
class SetClock:
    """Stands at `now` until it is set."""

    now: float = 1_700_000_000.0

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now


# A clock that is set back, and one that stands still, as a coarse one does between two ticks.
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.floats(-10, 10), st.integers(0, 3_000_000_000_000_000))
    )
)
def test_each_version_of_a_key_is_greater(steps: list[tuple[str, float, int]]) -> None:
    clock = SetClock()
    versions = Versions(clock, 7)
    last: dict[str, int] = {}
    for key, seconds, above in steps:
        clock.now += seconds
        version = versions.next(key, above)
        assert version > max(above, last.get(key, 0))
        assert version % SLOTS == 7
        last[key] = version


# Two processes on machines with the same clock, each above what it saw of the other.
def test_two_writers_never_make_the_same_version() -> None:
    clock = SetClock()
    writers = [Versions(clock, slot) for slot in (0, SLOTS - 1)]
    made = [0]
    for turn in range(1000):
        made.append(writers[turn % 2].next("k", above=made[-1] if turn % 3 else 0))
        clock.now += 0.0001
    assert len(set(made)) == len(made)


def test_a_version_is_the_time_in_microseconds() -> None:
    clock = SetClock()
    version = Versions(clock, 0).next("k")
    assert 0 <= clock.now * 1_000_000 - version < SLOTS


# A counter for the whole process would be ten seconds ahead after these.
def test_many_keys_at_one_moment_do_not_run_ahead() -> None:
    clock = SetClock()
    versions = Versions(clock, 0)
    made = [versions.next(("table", number)) for number in range(10_000)]
    assert max(made) - clock.now * 1_000_000 < 20 * SLOTS


@pytest.mark.parametrize("slot", [-1, SLOTS])
def test_a_slot_that_would_reach_into_the_time(slot: int) -> None:
    with pytest.raises(ValueError, match="slot"):
        Versions(SetClock(), slot)
