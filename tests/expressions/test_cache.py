"""The cache of compiled expressions is bounded, counted and shared by all requests."""

from __future__ import annotations

import tracemalloc

import pytest

from app.expressions import Placeholders, cache_counts, condition, update
from app.expressions.cache import ProgramCache
from app.expressions.condition_parser import parse_condition
from app.expressions.conditions import ConditionProgram
from app.expressions.refusal import Refused


def test_a_text_is_compiled_once():
    compiled = []
    cache = ProgramCache(lambda text: compiled.append(text) or text.upper())
    assert [cache.get("a"), cache.get("b"), cache.get("a")] == ["A", "B", "A"]
    assert compiled == ["a", "b"]
    assert (cache.hits, cache.misses) == (1, 2)


def test_refused_texts_are_not_kept():
    cache = ProgramCache(lambda text: ConditionProgram(parse_condition(text)))
    for _ in range(2):
        with pytest.raises(Refused):
            cache.get("a = ")
    assert (len(cache), cache.misses) == (0, 2)


def test_what_is_used_stays():
    cache = ProgramCache(str.upper, max_entries=10)
    for number in range(1000):
        cache.get("used again and again")
        cache.get(f"once {number}")
        assert len(cache) <= 20
    assert cache.misses == 1001


def test_long_texts_are_bounded_by_their_size():
    cache = ProgramCache(str.upper, max_entries=1000, max_chars=10_000)
    for number in range(1000):
        cache.get(f"{number:01000}")
        assert len(cache) <= 2 * 11


def test_counts_are_told_for_each_kind():
    before = cache_counts()
    values = {":test_cache": {"N": "1"}}
    for _ in range(3):
        condition("a = :test_cache", Placeholders(None, values), "FilterExpression")
        update("SET a = :test_cache", Placeholders(None, values))
    after = cache_counts()
    for kind in ("condition", "update"):
        assert after[kind] == (before[kind][0] + 2, before[kind][1] + 1)
    assert after["projection"] == before["projection"]


# Programs are larger than their text: the bound must hold for what they take up.
def test_expressions_that_never_repeat_cost_no_memory():
    cache = ProgramCache(lambda text: ConditionProgram(parse_condition(text)))
    sizes = []
    tracemalloc.start()
    try:
        for number in range(10_000):
            cache.get(f"a{number} = :v")
            if number % 500 == 499:
                sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert cache.misses == 10_000
    assert max(sizes[10:]) < 1.1 * max(sizes[:10])
    assert max(sizes) < 10_000_000


def test_the_largest_expressions_cost_a_bounded_amount_of_memory():
    cache = ProgramCache(lambda text: ConditionProgram(parse_condition(text)))
    dense = " OR ".join(["a.b[0].c[1].d=:v"] * 149)
    tracemalloc.start()
    try:
        for number in range(200):
            cache.get(f"{dense} OR c{number}=d")
        size = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert size < 20_000_000
