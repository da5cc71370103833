"""Key conditions, from expressions and from KeyConditions, and the range they read."""

from __future__ import annotations

import pytest

from app.expressions import KeyCondition, Placeholders, key_condition, legacy
from app.model.rows import EVERYTHING, Bounds
from app.values.keys import to_key
from tests.expressions.ask import message_of

A, B, C, N = {"S": "a"}, {"S": "b"}, {"S": "c"}, {"N": "1"}
VALUES = {":a": A, ":b": B, ":c": C, ":n": N, ":l": {"L": []}}


def asked(text, sort="sk", names=None):
    return key_condition(text, Placeholders(names, VALUES), "pk", sort)


def fault(text, sort="sk"):
    placeholders = Placeholders(None, {key: VALUES[key] for key in VALUES if key in text})
    return message_of(lambda: key_condition(text, placeholders, "pk", sort))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pk = :a", KeyCondition(A)),
        (":a = pk", KeyCondition(A)),
        ("pk = :a AND sk = :b", KeyCondition(A, "EQ", (B,))),
        ("sk < :b AND pk = :a", KeyCondition(A, "LT", (B,))),
        ("(pk = :a) AND (sk >= :b)", KeyCondition(A, "GE", (B,))),
        ("pk = :a AND :b < sk", KeyCondition(A, "GT", (B,))),
        ("pk = :a AND :b >= sk", KeyCondition(A, "LE", (B,))),
        ("pk = :a AND sk BETWEEN :b AND :c", KeyCondition(A, "BETWEEN", (B, C))),
        ("pk = :a AND begins_with(sk, :b)", KeyCondition(A, "BEGINS_WITH", (B,))),
    ],
)
def test_what_is_asked(text, expected):
    assert asked(text) == expected


def test_aliases_are_names():
    assert asked("#p = :a AND #s > :b", names={"#p": "pk", "#s": "sk"}) == (
        KeyCondition(A, "GT", (B,))
    )


# The caller knows the key schema's types, and what it says of a wrong one.
def test_types_of_keys_are_not_looked_at():
    assert asked("pk = :n AND sk = :l") == KeyCondition(N, "EQ", ({"L": []},))


PREFIX = "Invalid KeyConditionExpression: "
UNFIT = "Invalid condition in KeyConditionExpression: "
OPERATOR = "Invalid operator used in KeyConditionExpression: "


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("pk = :a OR sk = :b", OPERATOR + "OR"),
        ("NOT pk = :a", OPERATOR + "NOT"),
        ("pk <> :a", OPERATOR + "<>"),
        ("pk = :a AND sk IN (:b)", OPERATOR + "IN"),
        ("pk = :a AND contains(sk, :b)", OPERATOR + "contains"),
        ("pk = :a AND attribute_exists(sk)", OPERATOR + "attribute_exists"),
        (
            "pk = :a AND size(sk) > :n",
            f"{PREFIX}KeyConditionExpressions cannot contain nested operations",
        ),
        (
            "pk.x = :a",
            f"{PREFIX}KeyConditionExpressions cannot have conditions on nested attributes",
        ),
        ("pk = sk", UNFIT + "Multiple attribute names used in one condition"),
        (":a = :b", UNFIT + "No key attribute specified"),
        (
            "pk = :a AND begins_with(:b, sk)",
            UNFIT + "begins_with operator must have the key attribute as its first operand",
        ),
        (
            "pk = :a AND :b BETWEEN sk AND :c",
            UNFIT + "BETWEEN operator must have the key attribute as its first operand",
        ),
        (
            "pk = :a AND sk > :b AND sk < :c",
            f"{PREFIX}KeyConditionExpressions must only contain one condition per key",
        ),
        ("pk = :a AND sk = :b AND x = :c", "Conditions can be of length 1 or 2 only"),
        ("sk = :a", "Query condition missed key schema element: pk"),
        ("pk = :a AND x = :b", "Query condition missed key schema element: sk"),
        ("pk > :a", "Query key condition not supported"),
        ("begins_with(pk, :a)", "Query key condition not supported"),
    ],
)
def test_what_cannot_be_asked(text, told):
    assert fault(text) == told


def test_a_table_without_sort_key_takes_one_condition():
    assert asked("pk = :a", sort=None) == KeyCondition(A)
    assert fault("pk = :a AND sk = :b", sort=None) == "Query key condition not supported"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "The expression can not be empty;"),
        ("pk", 'Syntax error; token: "<EOF>", near: "pk"'),
        ("name = :a", "Attribute name is a reserved keyword; reserved keyword: name"),
        (
            "pk = :a AND begins_with(sk, :n)",
            "Incorrect operand type for operator or function; operator or function: "
            "begins_with, operand type: N",
        ),
        (
            "pk = :a AND sk > :l",
            "Incorrect operand type for operator or function; operator or function: "
            ">, operand type: L",
        ),
        (
            "pk = :a AND sk BETWEEN :c AND :b",
            "The BETWEEN operator requires upper bound to be greater than or equal to lower "
            "bound; lower bound operand: AttributeValue: {S:c}, upper bound operand: "
            "AttributeValue: {S:b}",
        ),
        # What is wrong with it as a condition comes before what is wrong for keys.
        (
            "pk = :a OR begins_with(sk, :n)",
            "Incorrect operand type for operator or function; operator or function: "
            "begins_with, operand type: N",
        ),
    ],
)
def test_it_must_be_a_sound_condition_first(text, told):
    assert fault(text) == f"Invalid KeyConditionExpression: {told}"


def test_an_unused_value_is_told_before_what_is_unfit_for_keys():
    unused = Placeholders(None, {":a": A, ":z": A})
    message = message_of(lambda: key_condition("pk = :a OR sk = :a", unused, "pk", "sk"))
    assert (
        message == "Value provided in ExpressionAttributeValues unused in expressions: keys: {:z}"
    )


# Every operator's range holds exactly the keys for which the operator is true.
@pytest.mark.parametrize("operator", ["EQ", "LT", "LE", "GT", "GE", "BETWEEN", "BEGINS_WITH"])
def test_bounds_hold_what_the_operator_means(operator):
    keys = ["", "a", "ab", "abc", "abd", "b", "ba", "c", "\U0010ffff", "a\U0010ffff\U0010ffff"]
    means = {
        "EQ": lambda key, first, second: key == first,
        "LT": lambda key, first, second: key < first,
        "LE": lambda key, first, second: key <= first,
        "GT": lambda key, first, second: key > first,
        "GE": lambda key, first, second: key >= first,
        "BETWEEN": lambda key, first, second: first <= key <= second,
        "BEGINS_WITH": lambda key, first, second: key.startswith(first),
    }[operator]
    for first in keys:
        operands = ({"S": first}, {"S": "b"}) if operator == "BETWEEN" else ({"S": first},)
        bounds = KeyCondition(A, operator, operands).bounds()
        for key in keys:
            assert inside(bounds, key) == means(key, first, "b"), (first, key)


def inside(bounds, key):
    low, high = bounds.lower, bounds.upper
    above = low is None or key > low or (bounds.lower_inclusive and key == low)
    below = high is None or key < high or (bounds.upper_inclusive and key == high)
    return above and below


def test_bounds_of_numbers_and_binaries_are_in_store_form():
    assert KeyCondition(A).bounds() is EVERYTHING
    assert KeyCondition(A, "LE", (N,)).bounds() == Bounds(upper=to_key(N))
    begins = KeyCondition(A, "BEGINS_WITH", ({"B": "YWL/"},)).bounds()
    assert begins == Bounds(lower=b"ab\xff", upper=b"ac", upper_inclusive=False)


def legacy_of(conditions, sort="sk"):
    return legacy.key_conditions(
        {
            name: {"ComparisonOperator": operator, "AttributeValueList": list(values)}
            for name, (operator, *values) in conditions.items()
        },
        "pk",
        sort,
    )


def test_legacy_conditions_are_the_same():
    assert legacy_of({"pk": ("EQ", A)}) == KeyCondition(A)
    assert legacy_of({"sk": ("BEGINS_WITH", B), "pk": ("EQ", A)}) == (
        KeyCondition(A, "BEGINS_WITH", (B,))
    )
    assert legacy_of({"pk": ("EQ", A), "sk": ("BETWEEN", B, C)}) == (
        KeyCondition(A, "BETWEEN", (B, C))
    )


@pytest.mark.parametrize(
    ("conditions", "told"),
    [
        ({}, "Conditions can be of length 1 or 2 only"),
        (
            {"pk": ("EQ", A), "sk": ("EQ", A), "x": ("EQ", A)},
            "Conditions can be of length 1 or 2 only",
        ),
        ({"pk": ("GT", A)}, "Query key condition not supported"),
        ({"sk": ("EQ", A)}, "Query condition missed key schema element: pk"),
        ({"pk": ("EQ", A), "x": ("EQ", A)}, "Query condition missed key schema element: sk"),
        (
            {"pk": ("EQ", A), "sk": ("NE", A)},
            "Attempted conditional constraint is not an indexable operation",
        ),
        (
            {"pk": ("EQ", A), "sk": ("BETWEEN", B, A)},
            "The BETWEEN condition was provided a range where the lower bound is greater than "
            "the upper bound",
        ),
        (
            {"pk": ("EQ",)},
            "One or more parameter values were invalid: Invalid number of argument(s) for the EQ "
            "ComparisonOperator",
        ),
    ],
)
def test_legacy_conditions_that_cannot_be_asked(conditions, told):
    assert message_of(lambda: legacy_of(conditions)) == told
