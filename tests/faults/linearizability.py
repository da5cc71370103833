"""Is there an order of these operations that explains every answer?

The search of Wing and Gong, which tries every operation that none of the others had ended before,
with Lowe's memory of what was tried: the operations done so far and the state they led to. One
register at a time: a history is linearizable if that of each key is.

An operation whose answer never came may have been applied at any time after it was sent, or never.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Operation:
    """`apply` gives of a state the next one, or None if this could not have been answered there.

    `ended` is NEVER where no answer came. `begun` and `ended` are of one clock. looks: it never
    changes the state.
    """

    begun: float
    ended: float
    apply: Callable[[Hashable], tuple[Hashable] | None]
    text: str = ""
    looks: bool = False


def is_linearizable(history: Sequence[Operation], initial: Hashable) -> bool:
    operations = sorted(history, key=lambda operation: operation.begun)
    answered = sum(1 << n for n, operation in enumerate(operations) if operation.ended != NEVER)
    tried: set[tuple[int, Hashable]] = set()
    todo: list[tuple[int, Hashable]] = [(0, initial)]
    while todo:
        done, state = todo.pop()
        if done & answered == answered:
            return True
        if (done, state) in tried:
            continue
        tried.add((done, state))
        todo += _next(operations, done, state)
    return False


def _next(
    operations: Sequence[Operation], done: int, state: Hashable
) -> list[tuple[int, Hashable]]:
    """What may come next. An operation that had begun after another one ended comes behind it."""
    found: list[tuple[int, Hashable]] = []
    limit = NEVER
    for number, operation in enumerate(operations):
        # In the order of their beginning: whatever ended before this one began was seen already.
        if operation.begun > limit:
            break
        if done >> number & 1:
            continue
        limit = min(limit, operation.ended)
        after = operation.apply(state)
        if after is not None:
            step = (done | 1 << number, after[0])
            if operation.looks:
                # If there is an order, there is one in which it comes now: it is in nobody's way.
                return [step]
            found.append(step)
    return found


def write(value: Hashable, begun: float, ended: float) -> Operation:
    return Operation(begun, ended, lambda _: (value,), f"write {value}")


def read(value: Hashable, begun: float, ended: float) -> Operation:
    return Operation(
        begun,
        ended,
        lambda state: (state,) if state == value else None,
        f"read {value}",
        looks=True,
    )


def swap(old: Hashable, new: Hashable, begun: float, ended: float) -> Operation:
    """A write on condition, which held."""
    return Operation(
        begun, ended, lambda state: (new,) if state == old else None, f"swap {old} for {new}"
    )


def refusal(old: Hashable, begun: float, ended: float) -> Operation:
    """A write on condition, which did not hold."""
    return Operation(
        begun,
        ended,
        lambda state: (state,) if state != old else None,
        f"not {old}",
        looks=True,
    )
