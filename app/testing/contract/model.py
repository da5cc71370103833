"""Random programs on a store and on a dict: both must always give the same answers."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar, cast

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from ...model.rows import Bounds, Item, Key, KeyValue
from ...model.table import Table
from ...store.base import ABSENT, ANY, Committed, Conflict, Store
from .support import delete, fresh, item_of, put, query, scan, sorts

__all__ = ["test_random_programs_do_as_a_dict_does"]

_T = TypeVar("_T")

_PARTITIONS = "pq"
_SORTS = ("A", "a", "a\0", "b", "\uffff", "\U00010000")
_STEPS = 25

_keys = st.tuples(st.sampled_from(_PARTITIONS), st.sampled_from(_SORTS))
_limit = st.integers(1, 7)
_end = st.none() | st.sampled_from((*_SORTS, "", "B", "c"))
# What a writer believes: nothing, that the item is absent, what it is, or what it once was.
_belief = st.sampled_from(("any", "absent", "now", "once"))


async def test_random_programs_do_as_a_dict_does(
    store: Store, sorted_table: Table, examples: int
) -> None:
    loop = asyncio.get_running_loop()

    def machine() -> _Machine:
        return _Machine(store, sorted_table, loop)

    # Rules are not coroutines: they run in a thread, what they ask of the store on this loop.
    await asyncio.to_thread(
        run_state_machine_as_test,
        # It takes whatever makes a machine; its annotation says a class.
        cast(Any, machine),
        settings=settings(
            max_examples=examples,
            stateful_step_count=_STEPS,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


class _Machine(RuleBasedStateMachine):
    """Partitions are the run's own, so that what others left does not matter."""

    def __init__(self, store: Store, table: Table, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._store = store
        self._table = table
        self._loop = loop
        self._own = str(fresh())
        self._items: dict[Key, Item] = {}
        self._version: dict[Key, int] = {}
        self._once: dict[Key, list[int]] = {}

    def _ask(self, answer: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(answer, self._loop).result()

    def _key(self, drawn: tuple[str, str]) -> Key:
        return Key(f"{self._own}{drawn[0]}", drawn[1])

    def _expected(self, key: Key, belief: str) -> int:
        if belief == "any":
            return ANY
        if belief == "absent":
            return ABSENT
        if belief == "once":
            return next(iter(self._once.get(key, ())), 1)
        return self._version.get(key, ABSENT)

    def _forget(self, key: Key) -> None:
        if key in self._version:
            self._once.setdefault(key, []).append(self._version.pop(key))
            del self._items[key]

    @rule(drawn=_keys, belief=_belief, value=st.integers(0, 9))
    def put(self, drawn: tuple[str, str], belief: str, value: int) -> None:
        key = self._key(drawn)
        expected = self._expected(key, belief)
        agrees = expected in (ANY, self._version.get(key, ABSENT))
        attributes = {"a": {"N": str(value)}}
        outcome = self._ask(put(self._store, self._table, key, expected, **attributes))
        assert outcome == (Committed() if agrees else Conflict())
        if agrees:
            self._forget(key)
            row = self._ask(self._store.get(self._table, key, consistent=True))
            assert row is not None
            assert row.version not in self._once.get(key, ())
            self._items[key] = item_of(self._table, key, **attributes)
            self._version[key] = row.version

    @rule(drawn=_keys, belief=_belief)
    def delete(self, drawn: tuple[str, str], belief: str) -> None:
        key = self._key(drawn)
        expected = self._expected(key, belief)
        agrees = expected in (ANY, self._version.get(key, ABSENT))
        outcome = self._ask(delete(self._store, self._table, key, expected))
        assert outcome == (Committed() if agrees else Conflict())
        if agrees:
            self._forget(key)

    @rule(drawn=st.lists(_keys, min_size=1, max_size=4))
    def get_many(self, drawn: list[tuple[str, str]]) -> None:
        keys = [self._key(each) for each in drawn]
        rows = self._ask(self._store.get_many(self._table, keys, consistent=True))
        assert [row and row.item for row in rows] == [self._items.get(key) for key in keys]
        assert [row and row.version for row in rows] == [self._version.get(key) for key in keys]

    @rule(
        partition=st.sampled_from(_PARTITIONS),
        bounds=st.builds(Bounds, _end, st.booleans(), _end, st.booleans()),
        after=_end,
        limit=_limit,
        reverse=st.booleans(),
    )
    def query(
        self, partition: str, bounds: Bounds, after: str | None, limit: int, reverse: bool
    ) -> None:
        own = self._own + partition
        rows = self._ask(
            query(
                self._store,
                self._table,
                own,
                bounds,
                after=None if after is None else Key(own, after),
                limit=limit,
                reverse=reverse,
            )
        )
        expected = [
            key.sort
            for key in sorted(self._items, reverse=reverse)
            if key.partition == own
            and _above(key.sort, bounds.lower, bounds.lower_inclusive)
            and _below(key.sort, bounds.upper, bounds.upper_inclusive)
            and (_below if reverse else _above)(key.sort, after, False)
        ]
        assert sorts(rows) == expected
        assert all(row.item == self._items[row.key] for row in rows)

    @rule(limit=st.integers(20, 40))
    def scan(self, limit: int) -> None:
        rows = self._ask(scan(self._store, self._table, limit=limit))
        own = {row.key: row.item for row in rows if str(row.key.partition).startswith(self._own)}
        assert own == self._items

    def teardown(self) -> None:
        for key in self._items:
            self._ask(delete(self._store, self._table, key))


def _above(value: Any, end: KeyValue | None, inclusive: bool) -> bool:
    return end is None or value > end or (inclusive and value == end)


def _below(value: Any, end: KeyValue | None, inclusive: bool) -> bool:
    return end is None or value < end or (inclusive and value == end)
