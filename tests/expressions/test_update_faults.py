"""What is told of updates before there is an item."""

from __future__ import annotations

import pytest

from tests.expressions.ask import update_fault

N, S, L, SS = {"N": "1"}, {"S": "a"}, {"L": []}, {"SS": ["a"]}
TYPE = "Incorrect operand type for operator or function; operator"
COUNT = "Incorrect number of operands for operator or function; operator or function: "
NAME = "An expression attribute name used in the document path is not defined; attribute name: "
VALUE = "An expression attribute value used in expression is not defined; attribute value: "
OVERLAP = "Two document paths overlap with each other; must remove or rewrite one of these paths; "
CONFLICT = OVERLAP.replace("overlap", "conflict")


@pytest.mark.parametrize(
    ("text", "values", "told"),
    [
        ("SET a = if_not_exists(b)", {}, COUNT + "if_not_exists, number of operands: 1"),
        ("SET a = list_append(b, c, d)", {}, COUNT + "list_append, number of operands: 3"),
        (
            "SET a = if_not_exists(:v, b)",
            {":v": N},
            "Operator or function requires a document path; operator or function: if_not_exists",
        ),
        (
            "SET a = if_not_exists(b, b)",
            {},
            "The first operand must be distinct from the remaining operands for this operator or "
            "function; operator: if_not_exists, first operand: [b]",
        ),
        (
            "SET a = list_append(b, :v)",
            {":v": S},
            TYPE + " or function: list_append, operand type: S",
        ),
        ("SET a = b + :v", {":v": S}, TYPE + " or function: +, operand type: S"),
        ("SET a = :v - b", {":v": L}, TYPE + " or function: -, operand type: L"),
        (
            "ADD a :v",
            {":v": S},
            TYPE + ": ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND",
        ),
        (
            "ADD a :v",
            {":v": L},
            TYPE + ": ADD, operand type: LIST, typeSet: ALLOWED_FOR_ADD_OPERAND",
        ),
        (
            "ADD a :v",
            {":v": {"BOOL": True}},
            TYPE + ": ADD, operand type: BOOLEAN, typeSet: ALLOWED_FOR_ADD_OPERAND",
        ),
        (
            "DELETE a :v",
            {":v": N},
            TYPE + ": DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND",
        ),
        (
            "DELETE a :v",
            {":v": {"M": {}}},
            TYPE + ": DELETE, operand type: MAP, typeSet: ALLOWED_FOR_DELETE_OPERAND",
        ),
    ],
)
def test_operands(text, values, told):
    assert update_fault(text, values) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SET a = b, a = c", OVERLAP + "path one: [a], path two: [a]"),
        ("SET a = b REMOVE a", OVERLAP + "path one: [a], path two: [a]"),
        ("SET a = b, a.b = c", OVERLAP + "path one: [a], path two: [a, b]"),
        ("SET a[1].b = b REMOVE a[1]", OVERLAP + "path one: [a, [1], b], path two: [a, [1]]"),
        ("SET a.b = b, a[1] = c", CONFLICT + "path one: [a, b], path two: [a, [1]]"),
        ("SET #x = b, a = c", OVERLAP + "path one: [a], path two: [a]"),
    ],
)
def test_paths_must_be_apart(text, told):
    assert update_fault(text, names={"#x": "a"}) == told


# All paths come before all operands, and both from the last action to the first.
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SET a = :u, #u = b", NAME + "#u"),
        ("SET #u = a REMOVE #w", NAME + "#w"),
        ("SET b = c, b = d, #u = e", NAME + "#u"),
        ("SET #u = e, b = c, b = d", OVERLAP),
        ("SET b = #u, b = d", OVERLAP),
        ("SET b = c, b = d, a = :u", OVERLAP),
        ("SET a = list_append(b), c = #u", NAME + "#u"),
        ("SET c = #u, a = list_append(b)", COUNT),
        ("ADD a :s DELETE b :n", TYPE + ": DELETE"),
        ("ADD a :s, b :u", VALUE + ":u"),
        ("ADD b :u, a :s", TYPE + ": ADD"),
    ],
)
def test_order_of_faults(text, told):
    assert update_fault(text, {":s": S, ":n": N}).startswith(told)


def test_undefined_names_and_values():
    assert update_fault("SET #a.b = c") == NAME + "#a"
    assert update_fault("SET a = :v") == VALUE + ":v"
    assert update_fault("DELETE a :v", {":w": SS}) == VALUE + ":v"
