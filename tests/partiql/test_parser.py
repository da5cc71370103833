"""Statements as text: what they mean, and which are refused in which words."""

from __future__ import annotations

import pytest

from app.errors import ApiError
from app.expressions.tree import And, Call, Comparison, In, Literal, Not, Or, Path
from app.partiql import Delete, Exists, Insert, Select, Update, bind
from app.partiql.parser import parse


def condition(text: str) -> object:
    statement = parse(f"SELECT * FROM t WHERE {text}")
    assert isinstance(statement, Select)
    assert statement.where is not None
    return statement.where.tree


def refusal(text: str) -> str | None:
    with pytest.raises(ApiError) as caught:
        parse(text)
    assert caught.value.code == "ValidationException"
    return caught.value.message


def eq(name: str, number: int) -> Comparison:
    return Comparison("=", Path((name,)), Literal({"N": str(number)}))


def test_names_are_quoted_or_not_and_keywords_are_of_any_case() -> None:
    statement = parse('sElEcT "a ""b""", c.d[0] FROM "my-table"."my.index" wHeRe "order"=1;')
    assert isinstance(statement, Select)
    assert (statement.table, statement.index) == ("my-table", "my.index")
    assert statement.columns is not None
    assert [column.label for column in statement.columns] == ['a "b"', "d[0]"]
    assert condition('"order" = 1') == eq("order", 1)


def test_and_binds_closer_than_or_and_not_closest() -> None:
    assert condition("a=1 OR b=2 AND NOT c=3") == Or(
        (eq("a", 1), And((eq("b", 2), Not(eq("c", 3)))))
    )
    assert condition("(a=1 OR b=2) AND c=3") == And((Or((eq("a", 1), eq("b", 2))), eq("c", 3)))


def test_negated_tests() -> None:
    choices = (Literal({"N": "1"}), Literal({"N": "2"}))
    assert condition("a NOT IN [1, 2]") == Not(In(Path(("a",)), choices))
    assert condition("a IS NOT MISSING") == Call("attribute_exists", (Path(("a",)),))
    null = Literal({"S": "NULL"})
    assert condition("a IS NOT NULL") == Not(Call("attribute_type", (Path(("a",)), null)))


def test_values_of_every_type() -> None:
    statement = parse(
        "INSERT INTO t VALUE {'s': 'it''s', 'n': -1.50e1, 't': TRUE, 'z': null, 'l': [1, []], "
        "'m': {'k': {}}, 'ns': <<1, 2>>, 'ss': <<'a'>>, 'p': ?}"
    )
    assert isinstance(statement, Insert)
    assert statement.parameters == 1
    values = {
        name: value.value for name, value in statement.item.items() if isinstance(value, Literal)
    }
    assert values == {
        "s": {"S": "it's"},
        "n": {"N": "-15"},
        "t": {"BOOL": True},
        "z": {"NULL": True},
        "l": {"L": [{"N": "1"}, {"L": []}]},
        "m": {"M": {"k": {"M": {}}}},
        "ns": {"NS": ["1", "2"]},
        "ss": {"SS": ["a"]},
    }


def test_returning() -> None:
    update = parse("UPDATE t SET a = 1 WHERE p = 1 RETURNING MODIFIED OLD *")
    assert isinstance(update, Update)
    assert update.returning == "UPDATED_OLD"
    delete = parse("DELETE FROM t WHERE p = 1 RETURNING ALL OLD *")
    assert isinstance(delete, Delete)
    assert delete.returning == "ALL_OLD"


def test_comments_mean_nothing() -> None:
    assert isinstance(parse("SELECT * /* all\nof it */ FROM t -- the end"), Select)
    assert isinstance(parse("EXISTS(SELECT * FROM t WHERE a=1)"), Exists)


MALFORMED = "Statement wasn't well formed, can't be processed: "


@pytest.mark.parametrize(
    "text",
    [
        " ",
        "SELECT",
        "SELECT * FRO t",
        "SELECT *, a FROM t",
        "SELECT date FROM t",
        "SELECT a FROM t WHERE",
        "SELECT a FROM t WHERE a =",
        "SELECT a FROM t WHERE (a = 1",
        "SELECT a FROM t WHERE a = 'b",
        "SELECT a FROM t WHERE a = 1 ORDER a",
        "SELECT a FROM t; SELECT a FROM t",
        "INSERT INTO t VALUES {'a': 1}",
        "INSERT INTO t VALUE {'a': 1",
        "UPDATE t WHERE a = 1",
        "UPDATE t REMOVE a, b WHERE c = 1",
        "UPDATE t SET a = 1 WHERE b = 1 RETURNING OLD *",
        "DELETE t WHERE a = 1",
        "SELECT a FROM t WHERE a.b[1.5] = 1",
        "SELECT a FROM t WHERE " + "(" * 500 + "a = 1" + ")" * 500,
        "INSERT INTO t VALUE {'a': " + "[" * 500 + "]" * 500 + "}",
    ],
)
def test_statements_that_are_none(text: str) -> None:
    assert refusal(text) == MALFORMED + text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sel", "Unsupported operation: VariableReference"),
        ("CREATE TABLE t", "Unsupported operation: CreateTable"),
        ("INSERT INTO t {'a': 1}", "Unsupported operation: InsertOp"),
        ("SELECT a AS b FROM t", "Aliasing is not supported"),
        ("SELECT a FROM t x", "Aliasing is not supported"),
        ("SELECT a, m.a FROM t", "Duplicate identifiers in select clause: a"),
        ("SELECT a FROM t, u", "Only select from a single table or index is supported."),
        ("SELECT a FROM (SELECT a FROM t)", "Unexpected from source"),
        ("SELECT DISTINCT a FROM t", "Unsupported token in expression: DISTINCT"),
        ("SELECT a FROM t GROUP BY a", "Unsupported clause: GROUP BY"),
        (
            "SELECT a FROM t WHERE a",
            "WHERE clause must contain an expression that resolves to a boolean",
        ),
        ("SELECT a FROM t WHERE f(a)", "Unrecognized function: f"),
        # Only a SET may make values of what an item holds.
        ("SELECT a FROM t WHERE list_append(a, b) = c", "Unrecognized function: list_append"),
        ("UPDATE t SET a = size(b) WHERE c = 1", "Unrecognized function: size"),
        (
            "SELECT a FROM t WHERE a LIKE 'b'",
            "Unsupported operator in Condition Expression. Operator: LIKE",
        ),
        (
            "SELECT a FROM t WHERE a + 1 = 2",
            "Unsupported operator in Condition Expression. Operator: +",
        ),
        ("SELECT a FROM t WHERE a = MISSING", "MISSING must be compared using IS operator"),
        (
            "SELECT a FROM t WHERE a IN []",
            "IN operator must have a left hand argument of type Variable Reference and right hand "
            "argument of type Seq with at least one member",
        ),
        (
            "SELECT a FROM t ORDER BY a",
            "Must have WHERE clause in the statement when using ORDER BY clause.",
        ),
        (
            "INSERT INTO t VALUE {'a': 1} RETURNING ALL NEW *",
            "RETURNING is not supported in INSERT",
        ),
        (
            "INSERT INTO t VALUE {'a': 1, 'a': 2}",
            "Duplicate keys in tuple. Key: a under root at 1:30:3",
        ),
        (
            "INSERT INTO t VALUE\n {'m': {'a': ?}}",
            "Unsupported data type: Parameter under key root.a at 2:14:1",
        ),
        ("INSERT INTO t VALUE {'a': <<>>}", "Empty bags are not supported at 1:27:2"),
        (
            "INSERT INTO t VALUE {'a': <<1, 'b'>>}",
            "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in "
            "bags",
        ),
        ("INSERT INTO t VALUE {'a': <<1, 1>>}", "Input collection contains duplicates"),
        ("UPDATE t.i SET a = 1 WHERE b = 1", "This operation is not supported on an index"),
        (
            "UPDATE t SET a = 1 WHERE b = 1 RETURNING ALL OLD a",
            "Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause",
        ),
        (
            "DELETE FROM t WHERE b = 1 RETURNING MODIFIED OLD *",
            "Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is "
            "allowed in DELETE statements.",
        ),
        (
            "UPDATE t SET a = 1, a = 2 WHERE b = 1",
            "Two document paths overlap with each other; must remove or rewrite one of these "
            "paths; path one: [a], path two: [a]",
        ),
    ],
)
def test_what_is_not_supported_is_said(text: str, message: str) -> None:
    assert refusal(text) == message


def test_every_parameter_needs_a_value() -> None:
    with pytest.raises(ApiError, match="Number of parameters in request and statement don't match"):
        bind("SELECT * FROM t WHERE a = ? AND b = ?", [{"S": "x"}])


def test_parameters_are_taken_in_order() -> None:
    bound = bind("SELECT * FROM t WHERE a = ? AND b IN [?, 'c']", [{"S": "x"}, {"S": "y"}])
    assert isinstance(bound.statement, Select)
    terms = bound.key_terms(bound.statement.where, ["a", "b"])
    assert terms == [("a", "EQ", ({"S": "x"},)), ("b", "IN", ({"S": "y"}, {"S": "c"}))]


def test_what_a_where_says_of_keys() -> None:
    bound = bind("SELECT * FROM t WHERE 1 < s AND (p = 1 OR p = 2) AND (x = 1 OR p = 3)", None)
    assert isinstance(bound.statement, Select)
    terms = bound.key_terms(bound.statement.where, ["p", "s"])
    assert terms == [("s", "GT", ({"N": "1"},)), ("p", "IN", ({"N": "1"}, {"N": "2"}))]
