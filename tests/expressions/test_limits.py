"""Sizes and depths, none of which may end in a RecursionError."""

from __future__ import annotations

import pytest

from app.expressions import Placeholders, projection, update
from tests.expressions.ask import condition_fault, holds, message_of, update_fault, updated


def test_an_empty_expression():
    assert condition_fault("") == "The expression can not be empty;"
    assert update_fault("") == "The expression can not be empty;"
    assert message_of(lambda: projection("", Placeholders())) == (
        "Invalid ProjectionExpression: The expression can not be empty;"
    )


def test_4096_bytes_pass_and_one_more_does_not():
    assert not holds("a" * 4091 + " = :v", {}, {":v": {"S": "x"}})
    assert condition_fault("a" * 4092 + " = :v") == (
        "Expression size has exceeded the maximum allowed size; expression size: 4097"
    )


# Only conditions tell how large they were.
def test_other_expressions_have_the_same_limit():
    fault = "Expression size has exceeded the maximum allowed size;"
    assert update_fault("REMOVE " + "a" * 4090) == fault
    assert message_of(lambda: projection("a" * 4097, Placeholders())) == (
        f"Invalid ProjectionExpression: {fault}"
    )


def test_the_size_is_in_bytes_of_utf8():
    assert condition_fault("é" * 2049) == (
        "Expression size has exceeded the maximum allowed size; expression size: 4098"
    )


def test_300_operators_pass_and_one_more_does_not():
    # n comparisons and n - 1 AND: 299 here.
    comparisons = " AND ".join(["a = b"] * 150)
    assert not holds("NOT " + comparisons, {})
    assert condition_fault("NOT NOT " + comparisons) == (
        "The expression contains too many operators; operator count: 301"
    )


def test_the_count_of_operators_stops_at_301():
    assert condition_fault("NOT " * 900 + "a = b") == (
        "The expression contains too many operators; operator count: 301"
    )


def test_update_operators_are_functions_plus_and_minus():
    values = {":v": {"N": "1"}}
    most = "SET " + ",".join(f"a{number}=b+:v" for number in range(300))
    assert updated(most, {"b": {"N": "1"}}, values)["a7"] == {"N": "2"}
    assert update_fault(most + ",c=b-:v", values) == (
        "The expression contains too many operators; operator count: 301"
    )
    # Setting and removing are none.
    assert len(updated("SET " + ",".join(f"a{number}=:v" for number in range(400)), {}, values))


def test_a_path_has_at_most_32_elements():
    path = ".".join("a" * 32)
    assert not holds(f"attribute_exists({path})", {})
    assert condition_fault(f"attribute_exists({path}.a)") == (
        "The document path has too many nesting levels; nesting levels: 33"
    )


def test_a_list_index_has_four_bytes():
    assert projection("a[4294967294]", Placeholders()).apply({"a": {"L": []}}) == {}
    assert condition_fault("a[4294967295] = b") == (
        "List index is not within the allowable range; index: [4294967295]"
    )


def test_in_takes_100_operands():
    values = {f":v{number}": {"N": str(number)} for number in range(101)}
    hundred = dict(list(values.items())[:100])
    assert holds(f"a IN ({', '.join(hundred)})", {"a": {"N": "99"}}, hundred)
    assert condition_fault(f"a IN ({', '.join(values)})", values) == (
        "The IN operator is provided with too many operands; number of operands: 101"
    )


@pytest.mark.parametrize(
    "text",
    [
        "(" * 4096,
        "(" * 2000 + "a" + ")" * 2000 + " = b",
        "NOT " * 1000 + "a = b",
        "NOT (" * 650 + "a = b" + ")" * 650,
        "size(" * 600 + "a" + ")" * 600 + " = :v",
        "size(" * 290 + "a" + ")" * 290 + " = a",
        "a." * 2000 + "a = b",
        "a[0]" * 1000 + " = b",
    ],
)
def test_deep_conditions_are_refused_not_crashed_on(text):
    assert condition_fault(text)


def test_a_condition_nested_to_the_limit_is_evaluated():
    text = "NOT (" * 299 + "a = b" + ")" * 299
    assert holds(text, {})


def test_a_set_nested_to_the_limit_is_evaluated():
    deep = "if_not_exists(b," * 240 + "a" + ")" * 240
    assert updated(f"SET a = {deep}", {"a": {"S": "x"}}) == {"a": {"S": "x"}}
    assert update_fault("SET a = " + "(" * 4000)
    assert update_fault("SET a = " + "list_append(" * 330)


def test_many_paths_are_compared_without_going_through_all_pairs():
    # Pairwise it would be a quarter of a million comparisons.
    names = ",".join(f"a.b{number:x}" for number in range(600))
    assert len(names) < 4096
    assert update("REMOVE " + names, Placeholders()).paths == ("a",)
