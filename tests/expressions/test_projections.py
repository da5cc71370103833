"""Which parts of an item a projection takes."""

from __future__ import annotations

import pytest

from app.expressions import Placeholders, projection
from tests.expressions.ask import message_of, projected

ITEM = {
    "a": {"S": "x"},
    "b": {"M": {"c": {"N": "1"}, "d": {"L": [{"S": "0"}, {"S": "1"}, {"S": "2"}]}}},
    "l": {"L": [{"M": {"x": {"N": "1"}, "y": {"N": "2"}}}, {"S": "s"}, {"L": [{"N": "3"}]}]},
    "n.m": {"N": "9"},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", {"a": {"S": "x"}}),
        ("gone, a", {"a": {"S": "x"}}),
        ("b.c", {"b": {"M": {"c": {"N": "1"}}}}),
        ("b.d[1]", {"b": {"M": {"d": {"L": [{"S": "1"}]}}}}),
        # Elements close up and keep the order of the list, whatever that of the paths.
        ("b.d[2], b.d[0]", {"b": {"M": {"d": {"L": [{"S": "0"}, {"S": "2"}]}}}}),
        ("b.d[2], b.d[7]", {"b": {"M": {"d": {"L": [{"S": "2"}]}}}}),
        ("l[0].x, l[2][0]", {"l": {"L": [{"M": {"x": {"N": "1"}}}, {"L": [{"N": "3"}]}]}}),
        ("l[0].y, l[0].x", {"l": {"L": [{"M": {"x": {"N": "1"}, "y": {"N": "2"}}}]}}),
        # Of what is not there nothing is left, not even the map around it.
        ("b.gone", {}),
        ("b.c.gone", {}),
        ("b[0]", {}),
        ("l.x", {}),
        ("a.x", {}),
        ("l[9], l[1].x, l[0].gone", {}),
        ("n.m", {}),
    ],
)
def test_what_is_taken(text, expected):
    assert projected(text, ITEM) == expected


def test_an_alias_may_hold_a_dot():
    assert projected("#n, b.#d[0]", ITEM, {"#n": "n.m", "#d": "d"}) == {
        "n.m": {"N": "9"},
        "b": {"M": {"d": {"L": [{"S": "0"}]}}},
    }


def test_the_item_stays_as_it_was():
    before = repr(ITEM)
    projected("b.d[1], l[0].x", ITEM)
    assert repr(ITEM) == before


@pytest.mark.parametrize(
    ("text", "what", "one", "two"),
    [
        ("a, a", "overlap", "[a]", "[a]"),
        ("a, a.b", "overlap", "[a]", "[a, b]"),
        ("a.b, a", "overlap", "[a, b]", "[a]"),
        ("a[1], a[1].b", "overlap", "[a, [1]]", "[a, [1], b]"),
        ("a.b, a[1]", "conflict", "[a, b]", "[a, [1]]"),
        ("a[0].b, a[0][1]", "conflict", "[a, [0], b]", "[a, [0], [1]]"),
        # The service goes from the last path to the first.
        ("a, a, b, b", "overlap", "[b]", "[b]"),
        ("a.b, a[1], a.b", "conflict", "[a, [1]]", "[a, b]"),
        ("a, a.b, a.c", "overlap", "[a]", "[a, c]"),
        ("#a, a", "overlap", "[a]", "[a]"),
    ],
)
def test_paths_must_be_apart(text, what, one, two):
    placeholders = Placeholders({"#a": "a"})
    assert message_of(lambda: projection(text, placeholders)) == (
        f"Invalid ProjectionExpression: Two document paths {what} with each other; must remove or "
        f"rewrite one of these paths; path one: {one}, path two: {two}"
    )


def test_going_backwards_the_first_fault_is_told():
    assert "overlap" in message_of(lambda: projection("#u, a, a", Placeholders()))
    assert "#u" in message_of(lambda: projection("a, a, #u", Placeholders()))
    deep = ".".join("b" * 33)
    assert "nesting levels: 33" in message_of(lambda: projection(f"#u, {deep}", Placeholders()))


def test_it_tells_which_attributes_it_takes_from():
    asked = projection("a, #b.c", Placeholders({"#b": "pk"}))
    assert asked.top_level_names == {"a", "pk"}
    assert asked.nested_names == {"pk"}


def test_used_names_count():
    placeholders = Placeholders({"#a": "a", "#b": "b"})
    projection("#a.x", placeholders)
    assert message_of(placeholders.check_unused).endswith("keys: {#b}")
