"""What is grammar and what is not, and what a syntax error says."""

from __future__ import annotations

import pytest

from app.expressions import Placeholders, condition, projection
from app.expressions.condition_parser import parse_condition
from app.expressions.parser import parse_projection
from app.expressions.tree import (
    Add,
    Alias,
    And,
    Arithmetic,
    Assign,
    Between,
    Call,
    Comparison,
    Delete,
    In,
    Not,
    Or,
    Path,
    Remove,
    ValueRef,
)
from app.expressions.update_parser import parse_update
from tests.expressions.ask import condition_fault, message_of, update_fault

A, B, C, D = (Path((name,)) for name in "abcd")
V, W = ValueRef(":v"), ValueRef(":w")


def test_or_binds_looser_than_and_and_not_tightest():
    parsed = parse_condition("NOT a = b AND b = c OR c = d")
    assert parsed == Or(
        (
            And((Not(Comparison("=", A, B)), Comparison("=", B, C))),
            Comparison("=", C, D),
        )
    )


def test_parentheses_change_precedence():
    parsed = parse_condition("a = b AND (b = c OR NOT (c = d))")
    assert parsed == And(
        (
            Comparison("=", A, B),
            Or((Comparison("=", B, C), Not(Comparison("=", C, D)))),
        )
    )


def test_the_and_of_between_is_not_a_conjunction():
    parsed = parse_condition("a BETWEEN b AND :v AND NOT c IN (:v, d)")
    assert parsed == And((Between(A, B, V), Not(In(C, (V, D)))))


def test_an_operand_may_stand_in_parentheses():
    parsed = parse_condition("(a) < (size(b)) AND (attribute_exists(c))")
    assert parsed == And((Comparison("<", A, Call("size", (B,))), Call("attribute_exists", (C,))))


def test_a_path_has_names_aliases_and_indexes():
    parsed = parse_condition("a.#b[0] [12] . c = :v")
    assert parsed == Comparison("=", Path(("a", Alias("#b"), 0, 12, "c")), V)


def test_keywords_are_read_in_any_case_and_functions_are_not():
    assert parse_condition("a Between b anD c") == Between(A, B, C)
    assert condition_fault("Size(a) > b") == "Invalid function name; function: Size"


def test_every_update_section_in_any_order():
    parsed = parse_update(
        "remove a[1], b DELETE c :v Add d :w SET a[0] = :v, b.x = if_not_exists(b, :v) - c"
    )
    assert parsed.actions == (
        Remove(Path(("a", 1))),
        Remove(B),
        Delete(C, V),
        Add(D, W),
        Assign(Path(("a", 0)), V),
        Assign(Path(("b", "x")), Arithmetic("-", Call("if_not_exists", (B, V)), C)),
    )


def test_set_takes_parentheses_around_operands_and_around_the_whole():
    assert parse_update("SET a = (b + (c))").actions == (Assign(A, Arithmetic("+", B, C)),)
    assert parse_update("SET a = (b), b = list_append((c), :v)").actions == (
        Assign(A, B),
        Assign(B, Call("list_append", (C, V))),
    )


def test_projection_is_a_list_of_paths():
    assert parse_projection("a, b.c[0]").paths == (A, Path(("b", "c", 0)))


@pytest.mark.parametrize(
    ("text", "token", "near"),
    [
        ("a x b", "x", "a x b"),
        ("a = ", "<EOF>", "= "),
        ("a", "<EOF>", "a"),
        ("= a", "=", "= a"),
        ("a = b c", "c", "b c"),
        # A word that stands for an operator cannot name an attribute at all.
        ("a = :v AND in = :v", "in", "AND in ="),
        # There are no literals: neither numbers, nor strings, nor != .
        ("a = 10", "10", "= 10"),
        ('a = "x"', '"', '= "x'),
        ("a != b", "!", "a !="),
        # An attribute name begins with a letter.
        ("_a = b", "_", "_a"),
        ("a = :", ":", "= :"),
        ("a-b = c", "-", "a-b"),
        ("a = b = c", "=", "b = c"),
        ("(a = b", "<EOF>", "b"),
        ("a = b)", ")", "b)"),
        ("()", ")", "()"),
        ("a AND b = c", "AND", "a AND b"),
        ("a = (b = c)", "=", "b = c"),
        ("a = (NOT b)", "NOT", "(NOT b"),
        ("size(a = b) > :v", "=", "a = b"),
        ("size(NOT a) > :v", "NOT", "(NOT a"),
        ("attribute_exists()", ")", "()"),
        ("attribute_exists(a", "<EOF>", "a"),
        ("attribute_exists(a,)", ")", ",)"),
        ("a IN b", "b", "IN b"),
        ("a IN ()", ")", "()"),
        ("a BETWEEN b OR c", "OR", "b OR c"),
        ("a BETWEEN b", "<EOF>", "b"),
        ("a[b] = c", "b", "[b]"),
        ("a[-1] = c", "-", "[-1"),
        ("a. = c", "=", ". = c"),
        (":v.a = c", ".", ":v.a"),
        ("a[01] = c", "1", "01]"),
        ("\u00a0a = b", "\u00a0", "\u00a0a"),
        # What is near reaches over spaces to the neighbours, or to the ends.
        ("  = a", "=", "  = a"),
        ("  ", "<EOF>", "  "),
        ("a = b  c  ", "c", "b  c  "),
        ("a = set", "set", "= set"),
    ],
)
def test_condition_syntax_errors_name_the_token_and_its_neighbours(text, token, near):
    assert condition_fault(text) == f'Syntax error; token: "{token}", near: "{near}"'


@pytest.mark.parametrize(
    ("text", "token", "near"),
    [
        ("a = b", "a", "a ="),
        ("SET", "<EOF>", "SET"),
        ("SET a", "<EOF>", "a"),
        ("SET a =", "<EOF>", "="),
        ("SET a = b,", "<EOF>", ","),
        ("SET a = b, REMOVE c", "REMOVE", ", REMOVE c"),
        ("SET a += b", "+", "a +="),
        # One operator for each SET, as the developer guide's grammar has it.
        ("SET a = b + c + d", "+", "c + d"),
        ("SET a = (b + c) - d", "-", ") - d"),
        ("SET a = b - (c + d)", "+", "c + d"),
        ("SET a = list_append(b, c + d)", "+", "c + d"),
        ("SET set = b", "set", "SET set ="),
        ("SET and = b", "and", "SET and ="),
        ("SET a = b = c", "=", "b = c"),
        ("REMOVE a = b", "=", "a = b"),
        ("REMOVE :v", ":v", "REMOVE :v"),
        ("ADD a b", "b", "a b"),
        ("ADD a = :v", "=", "a = :v"),
        ("DELETE a", "<EOF>", "a"),
        ("SET a = f(b", "<EOF>", "b"),
        ("SET a = (b", "<EOF>", "b"),
        ("SET a = b)", ")", "b)"),
    ],
)
def test_update_syntax_errors(text, token, near):
    assert update_fault(text) == f'Syntax error; token: "{token}", near: "{near}"'


@pytest.mark.parametrize(
    ("text", "token", "near"),
    [("a,", "<EOF>", ","), ("a b", "b", "a b"), ("a..b", ".", "..b"), (":v", ":v", ":v")],
)
def test_projection_syntax_errors(text, token, near):
    message = message_of(lambda: projection(text, Placeholders()))
    assert message == (
        f'Invalid ProjectionExpression: Syntax error; token: "{token}", near: "{near}"'
    )


def test_messages_name_the_parameter_that_was_wrong():
    message = message_of(lambda: condition("a", Placeholders(), "FilterExpression"))
    assert message == 'Invalid FilterExpression: Syntax error; token: "<EOF>", near: "a"'


@pytest.mark.parametrize(
    "text", ["((a = b))", "((a)) = b", "a = b AND ((c = d))", "NOT ((a = b))", "((size(a))) > b"]
)
def test_doubled_parentheses_are_redundant(text):
    assert condition_fault(text) == "The expression has redundant parentheses;"


@pytest.mark.parametrize("text", ["SET a = ((b))", "SET a = ((b + c))", "SET a = b + ((c))"])
def test_doubled_parentheses_in_set_are_redundant(text):
    assert update_fault(text) == "The expression has redundant parentheses;"


# The service reads from left to right.
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("((a = b)) AND", "redundant"),
        ("((a = b)) c", "redundant"),
        ("((a)) =", "redundant"),
        ("a IN (((b)), c", "redundant"),
        ("size(((a))) =", "redundant"),
        ("a = AND ((b = c))", "Syntax error"),
        # It does not show yet whether this is an operand.
        ("((a)) AND", "Syntax error"),
        ("contains(((a)), b", "Syntax error"),
        ("((a = b", "Syntax error"),
    ],
)
def test_the_first_of_wrong_syntax_and_parentheses_is_told(text, told):
    assert told in condition_fault(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SET a = ((b)) REMOVE", "redundant"),
        ("SET a = ((b)) + ((c)", "redundant"),
        ("SET a = if_not_exists(((b)), c) ,", "redundant"),
        ("SET a = , b = ((c))", "Syntax error"),
        ("SET a = list_append(((b)), c", "Syntax error"),
        ("SET a = ((b)", "Syntax error"),
    ],
)
def test_the_first_of_wrong_syntax_and_parentheses_is_told_of_updates(text, told):
    assert told in update_fault(text)


# Single parentheses are fine wherever something else is in them too.
@pytest.mark.parametrize("text", ["(a = b)", "((a = b) AND c = d)", "(NOT (a = b))", "((a) = b)"])
def test_other_parentheses_are_not(text):
    assert parse_condition(text)


FUNCTION = "Invalid function name; function: f"
RESERVED = "Attribute name is a reserved keyword; reserved keyword: name"
MISUSED = "The function is not allowed to be used this way in an expression; function: size"
INDEX = "List index is not within the allowable range; index: [4294967295]"
REDUNDANT = "The expression has redundant parentheses;"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("f(name) = a", FUNCTION),
        ("name = f(a)", RESERVED),
        ("size(name)", MISUSED),
        ("name = a AND size(b)", RESERVED),
        ("size(b) AND f(c)", MISUSED),
        ("a[4294967295] = b AND name = a", INDEX),
        ("name = a AND a[4294967295] = b", RESERVED),
        # Parentheses are looked for in the whole text before any of these.
        ("name = f(b) AND ((a = c))", REDUNDANT),
        ("a = name AND (b = ", 'Syntax error; token: "<EOF>", near: "= "'),
    ],
)
def test_of_several_faults_the_first_in_the_text_is_told(text, told):
    assert condition_fault(text) == told


SECTION = 'The "SET" section can only be used once in an update expression;'
INNER = "The function is not allowed to be used this way in an expression; function: list_append"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SET a = b SET c = d", SECTION),
        ("SET a = b REMOVE c SET d = e", SECTION),
        # The section is told at its end, so that what is wrong in it comes before.
        ("SET a = b SET name = d", RESERVED),
        ("SET a = b SET c = d REMOVE name", SECTION),
        ("SET a = list_append(list_append(name, b), c)", INNER),
        ("SET a = if_not_exists(a, list_append(b, c))", INNER),
        ("SET a = b + list_append(a, b)", INNER),
        ("SET a = (list_append(a, b)) + c", INNER),
        ("SET a = f(b)", FUNCTION),
        (
            "SET a = size(b)",
            "The function is not allowed in an update expression; function: size",
        ),
    ],
)
def test_faults_of_updates(text, told):
    assert update_fault(text) == told


def test_faults_of_functions_in_conditions():
    assert condition_fault("if_not_exists(a, b)") == (
        "The function is not allowed in a condition expression; function: if_not_exists"
    )
    misused = "The function is not allowed to be used this way in an expression; function: "
    assert condition_fault("attribute_exists(a) = b") == misused + "attribute_exists"
    assert condition_fault("a IN (contains(b, c))") == misused + "contains"
    assert condition_fault("a BETWEEN b AND contains(c, d)") == misused + "contains"
    assert condition_fault("attribute_exists(contains(a, b))") == misused + "contains"


def test_a_list_append_may_stand_in_parentheses():
    assert parse_update("SET a = (list_append(b, c))")
