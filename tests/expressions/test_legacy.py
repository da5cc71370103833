"""Expected, filters, AttributeUpdates and AttributesToGet."""

from __future__ import annotations

import copy

import pytest

from app.expressions import legacy
from tests.expressions.ask import message_of

A, B, N = {"S": "a"}, {"S": "b"}, {"N": "1"}
INVALID = "One or more parameter values were invalid: "
ITEM = {
    "s": {"S": "abc"},
    "n": {"N": "5"},
    "ss": {"SS": ["a", "b"]},
    "l": {"L": [{"S": "a"}]},
    "dotted.name": {"S": "a"},
}


def filtered(name, operator, *values, item=ITEM):
    condition = {"ComparisonOperator": operator, "AttributeValueList": copy.deepcopy(list(values))}
    asked = legacy.query_filter({name: condition}, None, "ScanFilter")
    assert asked is not None
    return asked.matches(item)


@pytest.mark.parametrize(
    ("name", "operator", "values", "expected"),
    [
        ("s", "EQ", [{"S": "abc"}], True),
        ("n", "EQ", [{"N": "5.0"}], True),
        ("ss", "EQ", [{"SS": ["b", "a"]}], True),
        ("gone", "EQ", [A], False),
        ("s", "NE", [A], True),
        ("gone", "NE", [A], True),
        ("n", "LE", [{"N": "5"}], True),
        ("n", "LT", [{"N": "10"}], True),
        ("n", "GE", [{"N": "5"}], True),
        ("n", "GT", [{"S": "1"}], False),
        ("n", "BETWEEN", [{"N": "4"}, {"N": "6"}], True),
        ("s", "IN", [A, {"S": "abc"}], True),
        ("s", "IN", [A, B], False),
        ("s", "NOT_NULL", [], True),
        ("s", "NULL", [], False),
        ("gone", "NULL", [], True),
        ("s", "CONTAINS", [B], True),
        ("ss", "CONTAINS", [B], True),
        ("l", "CONTAINS", [A], True),
        ("s", "NOT_CONTAINS", [N], True),
        ("ss", "NOT_CONTAINS", [A], False),
        # What is not there neither contains nor does not contain.
        ("gone", "NOT_CONTAINS", [A], False),
        ("s", "BEGINS_WITH", [A], True),
        ("s", "BEGINS_WITH", [B], False),
        # A name, not a path; and no word is reserved.
        ("dotted.name", "EQ", [A], True),
        ("name", "NULL", [], True),
    ],
)
def test_comparison_operators(name, operator, values, expected):
    assert filtered(name, operator, *values) is expected


@pytest.mark.parametrize(
    ("operator", "values", "told"),
    [
        ("EQ", [], INVALID + "Invalid number of argument(s) for the EQ ComparisonOperator"),
        ("LT", [N, N], INVALID + "Invalid number of argument(s) for the LT ComparisonOperator"),
        ("IN", [], INVALID + "Invalid number of argument(s) for the IN ComparisonOperator"),
        ("NULL", [A], INVALID + "Invalid number of argument(s) for the NULL ComparisonOperator"),
        (
            "BETWEEN",
            [A],
            INVALID + "Invalid number of argument(s) for the BETWEEN ComparisonOperator",
        ),
        (
            "GE",
            [{"SS": ["a"]}],
            INVALID + "ComparisonOperator GE is not valid for SS AttributeValue type",
        ),
        (
            "BEGINS_WITH",
            [N],
            INVALID + "ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type",
        ),
        (
            "CONTAINS",
            [{"L": []}],
            INVALID + "ComparisonOperator CONTAINS is not valid for L AttributeValue type",
        ),
        (
            "IN",
            [{"BOOL": True}],
            INVALID + "ComparisonOperator IN is not valid for BOOL AttributeValue type",
        ),
        (
            "IN",
            [A, N],
            INVALID + "AttributeValues inside AttributeValueList must be of same type",
        ),
        (
            "BETWEEN",
            [B, A],
            "The BETWEEN condition was provided a range where the lower bound is greater than "
            "the upper bound",
        ),
        ("EQ", [{"SS": []}], INVALID + "An string set  may not be empty"),
    ],
)
def test_arguments(operator, values, told):
    assert message_of(lambda: filtered("a", operator, *values)) == told


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ({}, "Value must be provided when Exists is null"),
        ({"Exists": True}, "Value must be provided when Exists is true"),
        ({"Exists": False, "Value": A}, "Value cannot be used when Exists is false"),
        (
            {"Value": A, "AttributeValueList": [A]},
            "Value and AttributeValueList cannot be used together",
        ),
        (
            {"ComparisonOperator": "EQ", "Exists": True, "Value": A},
            "Exists and ComparisonOperator cannot be used together",
        ),
        (
            {"ComparisonOperator": "EQ"},
            "Value or AttributeValueList must be used with ComparisonOperator: EQ",
        ),
        (
            {"AttributeValueList": [A]},
            "AttributeValueList can only be used with a ComparisonOperator",
        ),
        (
            {"Exists": False, "AttributeValueList": []},
            "AttributeValueList can only be used with a ComparisonOperator",
        ),
    ],
)
def test_expected_must_fit_together(condition, told):
    assert message_of(lambda: legacy.expected({"a": condition}, None)) == (
        f"{INVALID}{told} for Attribute: a"
    )


def test_expected_without_operator_compares_or_wants_nothing_there():
    equal = legacy.expected({"s": {"Value": {"S": "abc"}}}, None)
    also_equal = legacy.expected({"s": {"Value": {"S": "abc"}, "Exists": True}}, None)
    absent = legacy.expected({"s": {"Exists": False}}, None)
    null = legacy.expected({"s": {"ComparisonOperator": "NULL"}}, None)
    more = legacy.expected({"n": {"ComparisonOperator": "GT", "Value": {"N": "4"}}}, None)
    assert [asked.matches(ITEM) for asked in (equal, also_equal, more)] == [True] * 3
    assert [asked.matches(None) for asked in (equal, also_equal, more)] == [False] * 3
    assert [asked.matches(ITEM) for asked in (absent, null)] == [False] * 2
    assert [asked.matches(None) for asked in (absent, null)] == [True] * 2


def test_conditional_operator_joins():
    conditions = {"s": {"Value": {"S": "abc"}}, "n": {"Value": {"N": "6"}}}
    assert not legacy.expected(conditions, None).matches(ITEM)
    assert not legacy.expected(conditions, "AND").matches(ITEM)
    assert legacy.expected(conditions, "OR").matches(ITEM)


def test_conditional_operator_needs_two_conditions():
    one = {"s": {"Value": A}}
    assert message_of(lambda: legacy.expected(one, "OR")) == (
        "ConditionalOperator can only be used when Filter or Expected has two or more elements"
    )
    nothing = "ConditionalOperator cannot be used without Filter or Expected"
    assert message_of(lambda: legacy.query_filter({}, "AND", "QueryFilter")) == nothing
    assert message_of(lambda: legacy.expected(None, "AND")) == nothing
    # What is wrong within a condition comes first.
    assert "Value must be provided" in message_of(lambda: legacy.expected({"a": {}}, "OR"))


def test_nothing_asked_is_no_condition():
    assert legacy.expected({}, None) is None
    assert legacy.query_filter(None, None, "ScanFilter") is None


def applied(updates, item=ITEM):
    return legacy.attribute_updates(copy.deepcopy(updates)).apply(item)


@pytest.mark.parametrize(
    ("update", "old", "new"),
    [
        ({"Value": A}, N, A),
        ({"Action": "PUT", "Value": A}, None, A),
        ({"Action": "DELETE"}, A, None),
        ({"Action": "DELETE"}, None, None),
        ({"Action": "ADD", "Value": {"N": "2"}}, {"N": "5"}, {"N": "7"}),
        ({"Action": "ADD", "Value": {"N": "2.0"}}, None, {"N": "2"}),
        (
            {"Action": "ADD", "Value": {"SS": ["b", "c"]}},
            {"SS": ["a", "b"]},
            {"SS": ["a", "b", "c"]},
        ),
        ({"Action": "ADD", "Value": {"L": [B]}}, {"L": [A]}, {"L": [A, B]}),
        ({"Action": "ADD", "Value": {"L": [B]}}, None, {"L": [B]}),
        ({"Action": "DELETE", "Value": {"SS": ["b"]}}, {"SS": ["a", "b"]}, {"SS": ["a"]}),
        ({"Action": "DELETE", "Value": {"SS": ["b"]}}, {"SS": ["b"]}, None),
        ({"Action": "DELETE", "Value": {"SS": ["b"]}}, None, None),
    ],
)
def test_attribute_updates(update, old, new):
    item = {} if old is None else {"a.b": old}
    assert applied({"a.b": update}, item) == ({} if new is None else {"a.b": new})


@pytest.mark.parametrize(
    ("update", "told"),
    [
        ({}, INVALID + "Only DELETE action is allowed when no attribute value is specified"),
        (
            {"Action": "ADD"},
            INVALID + "Only DELETE action is allowed when no attribute value is specified",
        ),
        ({"Action": "ADD", "Value": A}, INVALID + "ADD action is not supported for the type S"),
        (
            {"Action": "DELETE", "Value": N},
            INVALID + "DELETE action with value is not supported for the type N",
        ),
        ({"Value": {"SS": []}}, INVALID + "An string set  may not be empty"),
        ({"Action": "ADD", "Value": {"SS": ["x"]}}, "Type mismatch for attribute to update"),
        ({"Action": "DELETE", "Value": {"SS": ["x"]}}, "Type mismatch for attribute to update"),
    ],
)
def test_attribute_updates_that_do_not_fit(update, told):
    assert message_of(lambda: applied({"n": update})) == told


def test_attribute_updates_tell_what_they_touch():
    change = legacy.attribute_updates(
        {"s": {"Value": A}, "n": {"Action": "DELETE"}, "dotted.name": {"Value": B}}
    )
    assert change.paths == ("s", "n", "dotted.name")
    assert change.old_values(ITEM) == {key: ITEM[key] for key in change.paths}
    assert not change.reads_item
    assert not change.only_removes
    assert legacy.attribute_updates({"n": {"Action": "DELETE"}}).only_removes


def test_attributes_to_get():
    assert legacy.attributes_to_get(["dotted.name", "gone"]).apply(ITEM) == {"dotted.name": A}
    assert message_of(lambda: legacy.attributes_to_get(["a", "b", "a"])) == (
        INVALID + "Duplicate value in attribute name: a"
    )
