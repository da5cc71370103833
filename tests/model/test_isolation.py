"""The way in which a table is written keeps what its policy promises, in each version of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.model.isolation import (
    ALWAYS,
    FORBID,
    HELD,
    LWT,
    ONLY_RMW,
    PLAIN,
    TO_LWT,
    TO_PLAIN,
    UNSAFE,
    begun,
    held,
    released,
)
from app.model.table import KeyAttribute, Table

TABLE = Table(
    id="0" * 32,
    name="table",
    partition_key=KeyAttribute("p", "S"),
    sort_key=None,
    created=0.0,
)


# Else a condition would be read, and then written over whatever is there, until the table is held.
@pytest.mark.parametrize("before", [ONLY_RMW, FORBID, UNSAFE])
def test_a_table_is_held_in_the_version_that_promises_always(before: str) -> None:
    table = replace(TABLE, isolation=before, writes=PLAIN)
    assert begun(replace(table, isolation=ALWAYS), before).writes == TO_LWT


@pytest.mark.parametrize("after", [ONLY_RMW, FORBID, UNSAFE])
def test_a_table_is_held_when_it_may_be_written_plainly(after: str) -> None:
    assert begun(replace(TABLE, isolation=after), ALWAYS).writes == TO_PLAIN


@pytest.mark.parametrize(("before", "after"), [(FORBID, UNSAFE), (UNSAFE, FORBID)])
def test_policies_of_nothing_but_plain_writes_need_not_be_kept_apart(
    before: str, after: str
) -> None:
    assert begun(replace(TABLE, isolation=after, writes=PLAIN), before).writes == PLAIN


# An item that was put plainly under the one could be changed by an LWT under the other (B7).
@pytest.mark.parametrize(("before", "after"), [(FORBID, ONLY_RMW), (ONLY_RMW, UNSAFE)])
def test_policies_of_both_kinds_are_kept_apart_from_others(before: str, after: str) -> None:
    changed = begun(replace(TABLE, isolation=after, writes=PLAIN), before)
    assert changed.writes == TO_PLAIN
    assert released(changed).writes == PLAIN


# Whoever has held it does not know of the new policy.
def test_a_table_on_its_way_to_plain_writes_goes_back_to_always() -> None:
    on_the_way = held(replace(TABLE, isolation=FORBID), PLAIN)
    changed = begun(replace(on_the_way, isolation=ALWAYS), FORBID)
    assert changed.writes in HELD
    assert released(changed).writes == LWT


# Before it gets an index: its policy stays as it was.
def test_a_table_leaves_plain_writes_under_any_policy() -> None:
    table = replace(TABLE, isolation=UNSAFE, writes=PLAIN)
    assert released(held(table, LWT)).writes == LWT


def test_a_held_table_is_written_plainly_when_released() -> None:
    assert released(held(replace(TABLE, isolation=FORBID), PLAIN)).writes == PLAIN
