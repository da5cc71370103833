"""Expressions against naive readings of the same, and against any text at all."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from app.errors import ApiError
from app.expressions import Placeholders, condition, key_condition, projection, update
from app.expressions.condition_parser import parse_condition
from app.expressions.parser import CONDITION_FUNCTIONS, UPDATE_FUNCTIONS
from app.expressions.tokens import KEYWORDS
from app.values.wire import normalize
from tests.expressions.ask import holds, projected, updated

# -- any text gives a tree or an ApiError, never another exception

WORDS = st.one_of(
    st.sampled_from(sorted(KEYWORDS | CONDITION_FUNCTIONS | UPDATE_FUNCTIONS)),
    st.sampled_from(["a", "b", "#n", "#u", ":v", ":w", "name", "f", "a.b", "a[0]", "0", "1", "(a"]),
    st.sampled_from(["(", ")", "[", "]", ".", ",", "=", "<>", "<", ">=", "+", "-"]),
)
TEXTS = st.one_of(
    st.text(max_size=200),
    st.builds(" ".join, st.lists(WORDS, max_size=40)),
    st.builds("".join, st.lists(WORDS, max_size=40)),
    st.builds("SET a = {}".format, st.builds(" ".join, st.lists(WORDS, max_size=12))),
    st.builds("a = {}".format, st.builds(" ".join, st.lists(WORDS, max_size=12))),
)


def refused_or(call: Callable[[], Any]) -> Any:
    """What `call` returns, or the text of its ValidationException."""
    try:
        return call()
    except ApiError as error:
        if error.code != "ValidationException":
            raise
        return error.message


def placeholders() -> Placeholders:
    return Placeholders({"#n": "n"}, {":v": {"N": "1"}, ":w": {"L": [{"S": "x"}]}})


ITEM = {"a": {"M": {"b": {"N": "1"}}}, "b": {"L": [{"S": "x"}]}, "n": {"N": "2"}}


@given(TEXTS)
def test_any_condition_is_bound_or_refused(text):
    asked = refused_or(lambda: condition(text, placeholders(), "FilterExpression"))
    if isinstance(asked, str):
        assert asked.startswith("Invalid FilterExpression: ")
    else:
        assert asked.matches(ITEM) in (True, False)


@given(TEXTS)
def test_any_key_condition_is_bound_or_refused(text):
    assert refused_or(lambda: key_condition(text, placeholders(), "a", "b"))


@given(TEXTS)
def test_any_projection_is_bound_or_refused(text):
    asked = refused_or(lambda: projection(text, placeholders()))
    if isinstance(asked, str):
        assert asked.startswith("Invalid ProjectionExpression: ")
    else:
        asked.apply(ITEM)


@given(TEXTS)
def test_any_update_is_applied_or_refused(text):
    before = copy.deepcopy(ITEM)
    assert refused_or(lambda: update(text, placeholders()).apply(ITEM)) is not None
    assert before == ITEM


# -- conditions: boolean algebra over leaves whose truth is known

LEAVES = {
    "t = :one": True,
    "t <> :one": False,
    "attribute_exists(t)": True,
    "attribute_exists(gone)": False,
    "t BETWEEN :one AND :two": True,
    "t IN (:two, gone)": False,
    "size(l) > :one": True,
    "(t) < :one": False,
}
LOGIC_ITEM = {"t": {"N": "1"}, "l": {"L": [{"N": "1"}, {"N": "2"}]}}
Logic = tuple[str, Any]

logic = st.recursive(
    st.sampled_from(list(LEAVES)).map(lambda leaf: ("leaf", leaf)),
    lambda inner: st.one_of(
        inner.map(lambda one: ("NOT", one)),
        st.tuples(st.sampled_from(["AND", "OR"]), st.lists(inner, min_size=2, max_size=4)),
    ),
    max_leaves=20,
)


def text_of(node: Logic) -> str:
    """Parentheses only where precedence needs them: NOT, then AND, then OR."""
    kind, inner = node
    if kind == "leaf":
        return str(inner)
    if kind == "NOT":
        return "NOT " + wrapped(inner, ("AND", "OR"))
    loose = ("AND", "OR") if kind == "AND" else ("OR",)
    return f" {kind} ".join(wrapped(part, loose) for part in inner)


def wrapped(node: Logic, loose: tuple[str, ...]) -> str:
    return f"({text_of(node)})" if node[0] in loose else text_of(node)


def truth_of(node: Logic) -> bool:
    kind, inner = node
    if kind == "leaf":
        return LEAVES[inner]
    if kind == "NOT":
        return not truth_of(inner)
    return (all if kind == "AND" else any)(truth_of(part) for part in inner)


@given(logic)
def test_conditions_follow_boolean_algebra(node):
    text = text_of(node)
    assume(len(text) <= 4096)
    every = {":one": {"N": "1"}, ":two": {"N": "2"}}
    values = {key: value for key, value in every.items() if key in text} or None
    assert holds(text, LOGIC_ITEM, values) is truth_of(node)


@given(logic)
def test_spaces_say_nothing(node):
    text = text_of(node)
    assume(len(text) <= 2000)
    spread = text.replace(" ", "\n\t ").replace("(", " ( ").replace(",", " , ")
    assert parse_condition(spread) == parse_condition(text)


# -- values: comparisons agree with Python's on numbers and strings

numbers = st.decimals(
    allow_nan=False, allow_infinity=False, places=3, min_value=-999, max_value=999
)


@given(numbers, numbers)
def test_numbers_compare_as_numbers(a, b):
    item = {"a": normalize({"N": str(a)}), "b": normalize({"N": str(b)})}
    for operator, expected in (("=", a == b), ("<>", a != b), ("<", a < b), (">=", a >= b)):
        assert holds(f"a {operator} b", item) is expected


@given(st.text(max_size=5), st.text(max_size=3))
def test_strings_compare_by_their_utf8_bytes(a, b):
    assume(not any("\ud800" <= char <= "\udfff" for char in a + b))
    item = {"a": {"S": a}, "b": {"S": b}}
    assert holds("a < b", item) is (a.encode() < b.encode())
    assert holds("contains(a, b)", item) is (b in a)
    assert holds("begins_with(a, b)", item) is a.startswith(b)


# -- documents: projections and updates against naive ones

names = st.sampled_from("abc")
values = st.recursive(
    st.integers(0, 9).map(lambda number: {"N": str(number)}),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda elements: {"L": elements}),
        st.dictionaries(names, inner, max_size=3).map(lambda members: {"M": members}),
    ),
    max_leaves=8,
)
items = st.dictionaries(names, values, max_size=3)
paths = st.tuples(names, st.lists(st.one_of(names, st.integers(0, 3)), max_size=3)).map(
    lambda pair: (pair[0], *pair[1])
)


def path_text(path: tuple[str | int, ...]) -> str:
    steps = (f".{part}" if isinstance(part, str) else f"[{part}]" for part in path[1:])
    return str(path[0]) + "".join(steps)


def look(item: dict[str, Any], path: tuple[str | int, ...]) -> Any:
    found: Any = {"M": item}
    for part in path:
        inside = found.get("M" if isinstance(part, str) else "L")
        if isinstance(inside, dict):
            found = inside.get(part)
        else:
            found = inside[part] if inside is not None and part < len(inside) else None
        if found is None:
            return None
    return found


@given(items, paths)
def test_a_projection_of_one_path_holds_what_is_there(item, path):
    picked = projected(path_text(path), item)
    found = look(item, path)
    # Elements close up: what was at any index is then the only one.
    closed = tuple(0 if isinstance(part, int) else part for part in path)
    assert look(picked, closed) == found
    assert (picked == {}) is (found is None)


@given(items, st.lists(st.tuples(names, st.lists(names, max_size=2)), min_size=1, max_size=3))
def test_projecting_twice_is_projecting_once(item, chosen):
    text = ", ".join(path_text((head, *rest)) for head, rest in chosen)
    asked = refused_or(lambda: projection(text, Placeholders()))
    assume(not isinstance(asked, str))
    once = asked.apply(item)
    assert asked.apply(once) == once


@given(items, paths)
def test_exists_and_projection_agree(item, path):
    assert holds(f"attribute_exists({path_text(path)})", item) is (look(item, path) is not None)


@given(items, paths, values)
def test_what_is_set_is_there_and_nothing_else_changes(item, path, value):
    before = copy.deepcopy(item)
    new = refused_or(lambda: updated(f"SET {path_text(path)} = :v", item, {":v": value}))
    if isinstance(new, str):
        assert new == "The document path provided in the update expression is invalid for update"
        assert len(path) > 1
        assert look(item, path) is None
        return
    assert item == before
    place = path
    if isinstance(path[-1], int):
        place = (*path[:-1], min(path[-1], len(look(item, path[:-1])["L"])))
    assert look(new, place) == value
    # Taking it away again, or putting back what was there, gives the old item.
    old = look(item, place)
    if old is None:
        assert updated(f"REMOVE {path_text(place)}", new) == item
    else:
        assert updated(f"SET {path_text(place)} = :v", new, {":v": old}) == item


@given(items, st.permutations("abc"))
def test_operands_are_read_from_the_old_item(item, order):
    """A rotation of three attributes in one update, against a copy taken before."""
    item = {name: {"N": "0"} for name in "abc"} | item
    sets = ", ".join(f"{a} = {b}" for a, b in zip("abc", order, strict=True))
    new = updated(f"SET {sets}", item)
    assert new == {a: item[b] for a, b in zip("abc", order, strict=True)}


@given(items, st.lists(paths, min_size=1, max_size=4), values)
def test_the_order_of_actions_says_nothing(item, chosen, value):
    actions = [f"{path_text(path)} = :v" for path in chosen]

    def applied(ordered: list[str]) -> Any:
        new = refused_or(lambda: updated(f"SET {', '.join(ordered)}", item, {":v": value}))
        return None if isinstance(new, str) else new

    assert applied(actions) == applied(actions[::-1])
