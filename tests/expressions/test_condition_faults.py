"""What is told of conditions whose syntax is good but whose names, values or operands are not."""

from __future__ import annotations

import pytest

from tests.expressions.ask import condition_fault

N, S, SS = {"N": "1"}, {"S": "a"}, {"SS": ["a"]}
TYPE = "Incorrect operand type for operator or function; operator or function: "
COUNT = "Incorrect number of operands for operator or function; operator or function: "
PATH = "Operator or function requires a document path; operator or function: "
SAME = (
    "The first operand must be distinct from the remaining operands for this operator or "
    "function; operator: "
)


def test_undefined_names_and_values():
    name = "An expression attribute name used in the document path is not defined; attribute name: "
    value = "An expression attribute value used in expression is not defined; attribute value: "
    assert condition_fault("#a = b") == name + "#a"
    assert condition_fault("a.#a[0] = b", names={"#b": "b"}) == name + "#a"
    assert condition_fault("a = :a") == value + ":a"
    assert condition_fault("a = :a", {":b": N}) == value + ":a"


@pytest.mark.parametrize(
    ("text", "values", "told"),
    [
        ("contains(a)", {}, COUNT + "contains, number of operands: 1"),
        ("attribute_exists(a, b)", {}, COUNT + "attribute_exists, number of operands: 2"),
        ("size(a, b) = c", {}, COUNT + "size, number of operands: 2"),
        ("begins_with(a, b, c)", {}, COUNT + "begins_with, number of operands: 3"),
        ("attribute_exists(:v)", {":v": S}, PATH + "attribute_exists"),
        ("attribute_not_exists(size(a))", {}, PATH + "attribute_not_exists"),
        ("begins_with(a, :v)", {":v": N}, TYPE + "begins_with, operand type: N"),
        ("begins_with(:v, a)", {":v": SS}, TYPE + "begins_with, operand type: SS"),
        ("begins_with(a, size(b))", {}, TYPE + "begins_with, operand type: N"),
        ("size(:v) > a", {":v": N}, TYPE + "size, operand type: N"),
        ("size(size(a)) > b", {}, TYPE + "size, operand type: N"),
        ("a < :v", {":v": {"BOOL": True}}, TYPE + "<, operand type: BOOL"),
        (":v >= a", {":v": {"L": []}}, TYPE + ">=, operand type: L"),
        ("a BETWEEN :v AND b", {":v": SS}, TYPE + "BETWEEN, operand type: SS"),
        ("attribute_type(a, :v)", {":v": N}, TYPE + "attribute_type, operand type: N"),
        (
            "attribute_type(a, b)",
            {},
            TYPE + "attribute_type, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}",
        ),
        (
            "attribute_type(a, :v)",
            {":v": S},
            "Invalid attribute type name found; type: a, "
            "valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
        ),
        ("a = a", {}, SAME + "=, first operand: [a]"),
        ("a.b[1] < a.b[1]", {}, SAME + "<, first operand: [a, b, [1]]"),
        ("contains(a, a)", {}, SAME + "contains, first operand: [a]"),
        ("a IN (b, a)", {}, SAME + "IN, first operand: [a]"),
        ("a BETWEEN b AND a", {}, SAME + "BETWEEN, first operand: [a]"),
        (
            "a BETWEEN :v AND :w",
            {":v": {"N": "2"}, ":w": N},
            "The BETWEEN operator requires upper bound to be greater than or equal to lower "
            "bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: "
            "AttributeValue: {N:1}",
        ),
        (
            "a BETWEEN :v AND :w",
            {":v": S, ":w": N},
            "The BETWEEN operator requires same data type for lower and upper bounds; lower "
            "bound operand: AttributeValue: {S:a}, upper bound operand: AttributeValue: {N:1}",
        ),
    ],
)
def test_operands(text, values, told):
    assert condition_fault(text, values) == told


# 2 is less than 10 as a number, though not as text.
def test_bounds_are_compared_as_what_they_are():
    values = {":l": {"N": "2"}, ":u": {"N": "10"}, ":x": SS}
    assert condition_fault("a BETWEEN :l AND :u AND b < :x", values).startswith(TYPE)


def test_paths_are_compared_as_what_their_names_stand_for():
    assert condition_fault("#x = #y", names={"#x": "a", "#y": "a"}) == (
        SAME + "=, first operand: [a]"
    )
    assert condition_fault("a = #y", names={"#y": "a"}) == SAME + "=, first operand: [a]"


# Of several faults the first in the text is told, operands before what they belong to.
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("contains(a) AND #u = b", COUNT),
        ("#u = b AND contains(a)", "An expression attribute name"),
        ("contains(#u)", "An expression attribute name"),
        ("a = a AND contains(b)", SAME),
        ("begins_with(a, :n) AND b = b", TYPE),
        ("a BETWEEN a AND :l", TYPE),
        ("begins_with(:n, :u)", "An expression attribute value"),
    ],
)
def test_the_first_fault_in_the_text_is_told(text, told):
    assert condition_fault(text, {":n": N, ":l": {"L": []}}).startswith(told)
