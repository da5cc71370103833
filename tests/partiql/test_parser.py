"""Statements as text: what they mean, and which are refused in which words."""

from __future__ import annotations

import pytest

from app.errors import ApiError
from app.expressions.tree import And, Call, Comparison, In, Literal, Not, Or, Path, Truth
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


# What DynamoDB Local takes, which parses statements by the service's own library.
def test_a_condition_is_a_value_too() -> None:
    prefix = Call("begins_with", (Path(("a",)), Literal({"S": "x"})))
    true = Literal({"BOOL": True})
    assert condition("begins_with(a, 'x') = true") == Comparison("=", Truth(prefix), true)
    assert condition("true <> (a = 1)") == Comparison("<>", true, Truth(eq("a", 1)))
    assert condition("a IN [b = 1]") == In(Path(("a",)), (Truth(eq("b", 1)),))
    assert condition("NOT begins_with(a, 'x') = true") == Not(Comparison("=", Truth(prefix), true))


@pytest.mark.parametrize(
    ("type", "shown"),
    [
        ("string", "S"),
        ("Numeric(3)", "N"),
        ("bool", "BOOL"),
        ("BOOLEAN", "BOOL"),
        ("blob", "B"),
        ("list", "L"),
        ("struct", "M"),
        ("tuple", "M"),
        ("null", "NULL"),
    ],
)
def test_tests_of_types(type: str, shown: str) -> None:
    test = Call("attribute_type", (Path(("a",)), Literal({"S": shown})))
    assert condition(f"a IS {type}") == test
    assert condition(f"(a) IS NOT {type}") == Not(test)


def test_parentheses_and_signs_and_scopes() -> None:
    assert condition("((a)) = -(1)") == eq("a", -1)
    assert condition("@a = - - 1") == condition('@"a" = 1') == eq("a", 1)
    paths = [condition(f"m{part} = 1") for part in (".k", "['k']", "[k]", '["k"]')]
    assert paths == [Comparison("=", Path(("m", "k")), Literal({"N": "1"}))] * 4
    pair = Literal({"L": [{"N": "1"}, {"S": "b"}]})
    assert condition("a = (1, 'b')") == Comparison("=", Path(("a",)), pair)
    statement = parse("((SELECT ALL (m).k, @b FROM (@t['by-g']) WHERE a = 1 ORDER BY (@a)))")
    assert isinstance(statement, Select)
    assert (statement.table, statement.index) == ("t", "by-g")
    assert statement.columns is not None
    assert [column.label for column in statement.columns] == ["k", "b"]
    made = parse("INSERT INTO t VALUE ({'a': (1), 'b': <<(2)>>, 'c': [(1, 2)], 'd': -(3)})")
    assert isinstance(made, Insert)
    assert made.item == {
        "a": Literal({"N": "1"}),
        "b": Literal({"NS": ["2"]}),
        "c": Literal({"L": [{"L": [{"N": "1"}, {"N": "2"}]}]}),
        "d": Literal({"N": "-3"}),
    }


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


# The words of PartiQL's own parser, which the service hands on:
# https://github.com/awsdocs/aws-sdk-for-javascript-v3/issues/98 and
# https://github.com/passren/PyDynamoDB/issues/26 show two of them.
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (" ", "Unexpected term"),
        ("SELECT", "Unexpected term"),
        ("SELECT a", "Expected FROM after SELECT list"),
        ("SELECT * FRO t", "Expected FROM after SELECT list"),
        ("SELEKT * FROM t", "Expected data manipulation"),
        ("SELEKT a FROM t", "Unexpected token after expression"),
        (
            "SELECT *, a FROM t",
            "Other expressions may not be present in the select list when '*' is used without dot "
            "notation.",
        ),
        ("SELECT date FROM t", "Unexpected keyword"),
        ("SELECT a FROM t WHERE", "Unexpected term"),
        ("SELECT a FROM t WHERE a =", "Missing right-hand side expression of infix operator"),
        ("SELECT a FROM t WHERE = 1", "Unexpected operator"),
        ("SELECT a FROM t WHERE (a = 1", "Expected RIGHT_PAREN"),
        ("SELECT a FROM t WHERE a[0 = 1", "Expected RIGHT_BRACKET"),
        ("SELECT a FROM t WHERE a. = 1", "Invalid path dot component"),
        ("SELECT a FROM t WHERE a = 'b", ""),
        ("SELECT a FROM t WHERE a BETWEEN 1", "Expected AND keyword"),
        ("SELECT a FROM t WHERE a BETWEEN 1 AND", "Expected expression after AND"),
        ("SELECT a FROM t WHERE a IS 'b'", "Expected type name"),
        ("SELECT a FROM t WHERE a = 1 ORDER a", "Expected BY"),
        ("SELECT a FROM t JOIN u", "Expected 'ON'"),
        ("SELECT a AS FROM t", "Expected identifier for AS-alias"),
        (
            "SELECT a FROM t; SELECT a FROM t",
            "Unexpected token after semicolon. (Only one query is allowed.)",
        ),
        ("SELECT a FROM t WHERE a = 1 b", "Unexpected token after expression"),
        ("INSERT INTO t (key) VALUES (?)", "Unexpected keyword"),
        ("INSERT INTO t VALUES {'a': 1}", "Expected LEFT_PAREN for row value constructor"),
        ("INSERT INTO t VALUE {'a': 1", "Expected RIGHT_CURLY"),
        ("INSERT INTO t VALUE {'a'}", "Expected COLON"),
        ("INSERT INTO t VALUE", "Unexpected term"),
        ("INSERT t VALUE {'a': 1}", "Unexpected keyword"),
        ("UPDATE t WHERE a = 1", "Expected data manipulation"),
        ("UPDATE a-b SET c = 1 WHERE a = 1", "Expected data manipulation"),
        ("UPDATE t SET a WHERE b = 1", "Expected '='"),
        ("UPDATE t SET WHERE b = 1", "Expected identifier for simple path"),
        ("UPDATE t REMOVE a, b WHERE c = 1", "Unexpected token after expression"),
        (
            "UPDATE t SET a = 1 WHERE b = 1 RETURNING OLD *",
            "Expected ( MODIFIED | ALL ) ( NEW | OLD ) in each returning element.",
        ),
        ("DELETE t WHERE a = 1", "Expected FROM after DELETE"),
        ("DELETE FROM @t WHERE a = 1", "Expected identifier for simple path"),
        ("CREATE VIEW t", "Unexpected token following CREATE"),
        ("SELECT a FROM t WHERE " + "(" * 500 + "a = 1" + ")" * 500, "Unexpected term"),
        ("INSERT INTO t VALUE {'a': " + "[" * 500 + "]" * 500 + "}", "Unexpected term"),
    ],
)
def test_statements_that_are_none(text: str, fault: str) -> None:
    assert refusal(text) == f"Statement wasn't well formed, can't be processed: {fault}"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a FROM t ORDER BY a foo",
        "SELECT a FROM t ORDER BY 1 foo",
        "DELETE FROM t x y WHERE a = 1",
        "DELETE FROM t WHERE a = 1 RETURNING ALL NEW *, foo",
        "INSERT INTO t VALUE {'a': ?} RETURNING",
        "SELECT a AS b FROM t WHERE",
    ],
)
def test_syntax_is_looked_at_before_what_is_supported(text: str) -> None:
    message = refusal(text)
    assert message is not None
    assert message.startswith("Statement wasn't well formed")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sel", "Unsupported operation: VariableReference"),
        ("a.b", "Unsupported operation: Path"),
        ("1", "Unsupported operation: Literal"),
        ("?", "Unsupported operation: Parameter"),
        ("{}", "Unsupported operation: Struct"),
        ("CREATE TABLE t", "Unsupported operation: CreateTable"),
        ("CREATE INDEX ON t (a, b)", "Unsupported operation: CreateIndex"),
        ("DROP INDEX i ON t", "Unsupported operation: DropIndex"),
        ("EXEC f 1, 'a'", "Unsupported operation: Exec"),
        ("INSERT INTO t {'a': 1}", "Unsupported operation: InsertOp"),
        ("SELECT a AS b FROM t", "Aliasing is not supported"),
        ("SELECT a FROM t x", "Aliasing is not supported"),
        ("SELECT a, m.a FROM t", "Duplicate identifiers in select clause: a"),
        ("SELECT a b FROM t", "Aliasing is not supported"),
        ("SELECT 1 FROM t", "Unexpected path component at 1:8:1"),
        ("SELECT a + 1 FROM t", "Unexpected path component at 1:10:1"),
        ("SELECT COUNT(*) FROM t", "Unexpected path component at 1:8:5"),
        ("SELECT a.* FROM t", "Changing item's hierarchy while reading isn't supported"),
        (
            "SELECT m, m.a FROM t",
            "Two document paths overlap with each other; must remove or rewrite one of these "
            "paths; path one: [m, a], path two: [m]",
        ),
        ("SELECT a FROM my-things", "Unexpected from source"),
        ("SELECT a FROM 't'", "Unexpected from source"),
        ("SELECT a FROM ?", "Unexpected from source"),
        (
            "SELECT a FROM t.i.j",
            "A path may contain at most 2 components in the FROM clause",
        ),
        (
            "SELECT a FROM t JOIN u ON a = b",
            "Only select from a single table or index is supported.",
        ),
        ("SELECT a FROM t HAVING b", "Unsupported clause: HAVING at 1:24:1"),
        # The place is that of the number.
        ("SELECT a FROM t LIMIT 10", "Unsupported clause: LIMIT at 1:23:2"),
        (
            "SELECT a FROM t WHERE a[*] = 1",
            "Wildcard path component like a[*].b are not supported at 1:25:1",
        ),
        (
            "SELECT a FROM t WHERE a.* = 1",
            "Unpivot path component like a.*.b are not supported at 1:25:1",
        ),
        (
            "SELECT a FROM t WHERE a[-1] = 1",
            "List index is not within the allowable range; index: [-1] at 1:26:1",
        ),
        (
            "SELECT a[2147483648] FROM t",
            "List index is not within the allowable range; index: [2147483648] at 1:10:10",
        ),
        ("SELECT a FROM t WHERE a.b[1.5] = 1", "Unexpected path component at 1:27:3"),
        (
            "SELECT a FROM t WHERE CASE WHEN a THEN b END",
            "Unsupported token in expression: CASE at 1:23:4",
        ),
        ("SELECT a FROM t WHERE count(a) = 1", "Unsupported token in expression: count at 1:23:5"),
        (
            "SELECT a FROM t WHERE a = -b",
            "Unsupported operator in Condition Expression. Operator: -",
        ),
        (
            "SELECT a FROM t WHERE size(a) IS MISSING",
            "The left hand side argument to IS must be a Variable Reference, Literal, or Path",
        ),
        (
            "SELECT a FROM t WHERE a IS NOT varchar(3)",
            "Unsupported data type for IS operator: CHARACTER_VARYING. Supported data types are "
            "[MISSING, NULL, BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST] at 1:25:2",
        ),
        ("SELECT a FROM t WHERE a = 1 AND b", "The arguments to AND/OR must be Expressions"),
        ("SELECT a FROM t WHERE NOT a", "The argument to NOT must be a Type or Expression"),
        (
            "SELECT a FROM t WHERE size(a) OR b = 1",
            "Incorrect operand type for operator or function; operator or function: OR, operand "
            "type: N",
        ),
        (
            "SELECT a FROM t WHERE exists(SELECT a FROM t)",
            "Unsupported token in expression: SELECT at 1:30:6",
        ),
        ("SELECT a FROM t WHERE missing = a", "MISSING must be compared using IS operator"),
        ("SELECT a FROM t AT b", "Aliasing is not supported"),
        ("SELECT a FROM UNPIVOT t", "Only select from a single table or index is supported."),
        (
            "SELECT a FROM t UNION SELECT a FROM t",
            "EXISTS can only be used in ExecuteTransaction write requests.",
        ),
        ("SELECT a FROM t, u", "Only select from a single table or index is supported."),
        ("SELECT a FROM (SELECT a FROM t)", "Unexpected from source"),
        ("SELECT DISTINCT a FROM t", "Unsupported token in expression: DISTINCT"),
        ("SELECT a FROM t GROUP BY a", "Unsupported clause: GROUP BY"),
        (
            "SELECT a FROM t WHERE a",
            "WHERE clause must contain an expression that resolves to a boolean",
        ),
        ("SELECT a FROM t WHERE f(a)", "Unrecognized function: f"),
        (
            "SELECT a FROM t WHERE list_append(a, b) = c",
            "The function is not allowed in a condition expression; function: list_append",
        ),
        (
            "UPDATE t SET a = size(b) WHERE c = 1",
            "The function is not allowed in an update expression; function: size",
        ),
        ("UPDATE t SET a = f(b) WHERE c = 1", "Unrecognized function: f"),
        (
            "UPDATE t SET a = b * 2 WHERE c = 1",
            "Unsupported operator in Update Expression. Operator: *",
        ),
        (
            "UPDATE t SET a = -b WHERE c = 1",
            "Incorrect number of operands for operator or function; operator or function: -, "
            "number of operands: 1",
        ),
        ("UPDATE t SET a = MISSING WHERE c = 1", "MISSING must be compared using IS operator"),
        (
            "UPDATE t SET a = set_add(b, <<1>>) WHERE c = 1",
            "The first argument to SET_ADD must equal the assignment value",
        ),
        (
            "UPDATE t SET a = set_delete(a, 1) WHERE c = 1",
            "The second argument to SET_DELETE must be a value with type SET at 1:29:1",
        ),
        (
            "UPDATE t SET a = set_add(a) WHERE c = 1",
            "SET_ADD must have exactly two arguments at 1:18:7",
        ),
        (
            "UPDATE t SET a = list_append(b, set_add(b, <<1>>)) WHERE c = 1",
            "Unrecognized function: set_add",
        ),
        ("UPDATE t SET a = set_add(a, <<1>>) + 1 WHERE c = 1", "Unrecognized function: set_add"),
        (
            "UPDATE t SET a = set_add(list_append(a, b), 1) WHERE c = 1",
            "The first argument to SET_ADD must equal the assignment value",
        ),
        (
            "UPDATE t SET a = if_not_exists(a, 1 IS NULL) WHERE c = 1",
            "IS operator is not supported in update expressions",
        ),
        (
            "UPDATE t SET a = list_append(a, (b NOT IN [1])) WHERE c = 1",
            "Unsupported operator in Update Expression. Operator: in",
        ),
        (
            "UPDATE t SET a = if_not_exists(b, size(b)) WHERE c = 1",
            "The function is not allowed in an update expression; function: size",
        ),
        (
            "UPDATE t SET a = if_not_exists(a, MISSING) WHERE c = 1",
            "MISSING must be compared using IS operator",
        ),
        (
            "UPDATE t SET a = exists(SELECT a FROM t) WHERE c = 1",
            "Unsupported token in expression: SELECT at 1:25:6",
        ),
        (
            "SELECT a FROM t WHERE a LIKE 'b'",
            "Unsupported operator in Condition Expression. Operator: like",
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
            "INSERT INTO t VALUE {'a': 1, 'a': 2}",
            "Duplicate keys in tuple. Key: a under root at 1:30:3",
        ),
        (
            "INSERT INTO t VALUE\n {'m': {'a': ?}}",
            "Unsupported data type: Parameter under key root.a at 2:14:1",
        ),
        (
            "INSERT INTO t VALUE {a: 1}",
            "Tuple keys must be of type String. Actual type: VariableReference under root at "
            "1:22:1",
        ),
        (
            "INSERT INTO t VALUE {'a': 1 + 1}",
            "Unsupported data type: + under key root at 1:29:1",
        ),
        (
            "INSERT INTO t VALUE {'a': [b]}",
            "Unsupported data type: VariableReference under key root.0 at 1:28:1",
        ),
        (
            "INSERT INTO t VALUE {'a': `1`}",
            "Ion Literals are not supported: INT under key root at 1:27:3",
        ),
        ("INSERT INTO t VALUE {'a': <<>>}", "Empty bags are not supported at 1:27:2"),
        (
            "INSERT INTO t VALUE {'a': <<1, 'b'>>}",
            "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in "
            "bags",
        ),
        ("INSERT INTO t VALUE {'a': <<1, 1>>}", "Input collection contains duplicates"),
        ("INSERT INTO t VALUE {'a': <<'b', 'b'>>}", "Input collection contains duplicates"),
        ("INSERT INTO t VALUE {'a': b}", "Unsupported data type: b under key root at 1:27:1"),
        ("INSERT INTO t VALUE {'a': b.c}", "Unsupported data type: PATH under key root"),
        (
            "INSERT INTO t VALUE {'a': [1 + 1]}",
            "Unsupported data type: NAry under key root.0 at 1:30:1",
        ),
        (
            "INSERT INTO t VALUE {'a': {'b': 1, 'b': 2}}",
            "Duplicate keys in tuple. Key: b under root at 1:27:1",
        ),
        ("INSERT INTO t VALUE {'': 1}", "Path component cannot be an empty string"),
        (
            "INSERT INTO t VALUE {'a': `2020T`}",
            "Ion Literals are not supported: TIMESTAMP under key root at 1:27:7",
        ),
        ("INSERT INTO t VALUE {'a': 1} AT 1", "AT is not supported in insert statements. at 1:1:6"),
        (
            "INSERT INTO t VALUE {'a': 1} ON CONFLICT WHERE a DO NOTHING",
            "Unsupported clause: ON CONFLICT",
        ),
        (
            "INSERT INTO t VALUE {'a': b.c[0] - 1}",
            "Unsupported data type: - under key root at 1:34:1",
        ),
        (
            "INSERT INTO t VALUE {'a': <<'b', 1>>}",
            "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in "
            "bags at 1:34:1",
        ),
        (
            "INSERT INTO t VALUE {'a': <<1, ?>>}",
            "Unsupported data type: Parameter under key root at 1:32:1",
        ),
        (
            "UPDATE t SET a = b IS NULL WHERE c = 1",
            "IS operator is not supported in update expressions",
        ),
    ],
)
def test_what_is_not_supported_is_said(text: str, message: str) -> None:
    assert refusal(text) == message


LIKE = "Unsupported operator in Condition Expression. Operator: like"
BAD_NAME = (
    "Table name should be within the length [3, 255] and only contain 'a-z', 'A-Z', '0-9', '-', "
    "'_', '.'."
)
NO_FUNCTION = "Unrecognized function: f"
NO_INDEX = "This operation is not supported on an index"
OVERLAP = (
    "Two document paths overlap with each other; must remove or rewrite one of these paths; path "
)
COUNT = "Number of parameters in request and statement don't match."
NO_TYPE = "Incorrect operand type for operator or function; operator or function: "


# As DynamoDB Local answers, which looks at statements by the service's own library.
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT a AS b FROM t GROUP BY a HAVING a LIMIT 1", "Unsupported clause: GROUP BY"),
        ("SELECT a FROM t WHERE b LIKE 'x' LIMIT 1", "Unsupported clause: LIMIT at 1:40:1"),
        ("SELECT a AS b FROM t, u LIMIT 1", "Unsupported clause: LIMIT at 1:31:1"),
        ("SELECT DISTINCT a AS b FROM t", "Unsupported token in expression: DISTINCT"),
        (
            "SELECT a AS b, 1 FROM t, u",
            "Only select from a single table or index is supported.",
        ),
        ("SELECT a, a FROM t x", "Aliasing is not supported"),
        ("SELECT a FROM t x, u AS y", "Only select from a single table or index is supported."),
        ("SELECT VALUE a FROM t.i.j", "A path may contain at most 2 components in the FROM clause"),
        ("SELECT a FROM tbl WHERE f(a) ORDER BY a + 1", NO_FUNCTION),
        (
            "SELECT a FROM t WHERE a = 1 ORDER BY a + 1 LIMIT 1",
            "Unsupported clause: LIMIT at 1:50:1",
        ),
        (
            "SELECT a FROM t, u WHERE f(a)",
            "Only select from a single table or index is supported.",
        ),
        ("SELECT a, a FROM tbl WHERE f(a)", "Duplicate identifiers in select clause: a"),
        ("SELECT a FROM tbl WHERE f(a) ORDER BY 1", NO_FUNCTION),
        ("SELECT a FROM tbl WHERE b < true AND c LIKE 'x'", LIKE),
        # The names of what is read come before all of that.
        ("SELECT a, a FROM t", BAD_NAME),
        ("SELECT VALUE a FROM tbl.i", BAD_NAME),
        ("SELECT a FROM t WHERE f(a)", BAD_NAME),
        ("SELECT DISTINCT a FROM t", "Unsupported token in expression: DISTINCT"),
        ("SELECT a, a FROM t LIMIT 1", "Unsupported clause: LIMIT at 1:26:1"),
        # All of WHERE comes before what is changed.
        ("UPDATE tbl SET a = f(1) WHERE b < true", f"{NO_TYPE}<, operand type: BOOL"),
        ("UPDATE tbl REMOVE a[-1] WHERE b < true", f"{NO_TYPE}<, operand type: BOOL"),
        ("UPDATE tbl SET a = MISSING WHERE b < true AND c = ?", COUNT),
        ("UPDATE tbl SET a = f(?)", COUNT),
        ("UPDATE t SET a = f(1)", NO_FUNCTION),
        ("UPDATE t SET a = f(1) WHERE b LIKE 'x'", LIKE),
        ("UPDATE t.i SET a = f(1) WHERE b = 1", NO_FUNCTION),
        ("UPDATE t x SET a = 1 WHERE f(b)", NO_FUNCTION),
        ("UPDATE t SET a = 1, a = f(1) WHERE b = 1", NO_FUNCTION),
        ("UPDATE tbl.idx SET a = 1 WHERE b = 1 RETURNING ALL OLD a", NO_INDEX),
        ("DELETE FROM tbl['idx'] WHERE a = 1", NO_INDEX),
        ("DELETE FROM tbl.i WHERE a = 1", BAD_NAME),
        ("DELETE FROM tbl.i x WHERE a = 1", "Aliasing is not supported"),
        ("UPDATE tbl.idx SET a = 1 WHERE b < true", f"{NO_TYPE}<, operand type: BOOL"),
        ("UPDATE tbl x SET a = 1 WHERE b < true", f"{NO_TYPE}<, operand type: BOOL"),
        ("UPDATE tbl x SET a = a + 'x'", f"{NO_TYPE}+, operand type: S"),
        ("UPDATE tbl x SET a = ?", COUNT),
        ("DELETE FROM tbl x WHERE a = ?", COUNT),
        ("UPDATE tbl SET a = 1, a = 2 WHERE b = 1", f"{OVERLAP}one: [a], path two: [a]"),
        ("UPDATE tbl x SET a = 1, a.b = 2", f"{OVERLAP}one: [a, b], path two: [a]"),
        ("UPDATE tbl SET a = 1 REMOVE a WHERE b < true", f"{NO_TYPE}<, operand type: BOOL"),
        ("UPDATE tbl SET a = a + 'x', c = list_append(c, 1)", f"{NO_TYPE}+, operand type: S"),
        ("INSERT INTO tbl.idx VALUE {'a': b}", "Unsupported data type: b under key root at 1:33:1"),
        ("INSERT INTO tbl.idx {'a': 1}", "Unsupported operation: InsertOp"),
        (
            "INSERT INTO tbl VALUE {'a': 1, 'a': b}",
            "Unsupported data type: b under key root at 1:37:1",
        ),
        ("INSERT INTO tbl.idx VALUE {'a': ?}", COUNT),
        (
            "INSERT INTO tbl.idx VALUE {'a': 1}",
            "FROM clause may only contain a single table name in data manipulation statements",
        ),
        ("DELETE FROM t x WHERE b LIKE 'x' RETURNING ALL NEW *", LIKE),
        ("DELETE FROM t AS x WHERE b = 1 RETURNING ALL NEW *", "Aliasing is not supported"),
        (
            "INSERT INTO t VALUE {'a': missing} ON CONFLICT WHERE a DO NOTHING",
            "Unsupported clause: ON CONFLICT",
        ),
        (
            "EXISTS(SELECT a AS b FROM t)",
            "EXISTS can only be used in ExecuteTransaction write requests.",
        ),
        # What only the values tell comes last.
        ("UPDATE tbl SET a = a + 'x' WHERE b < true", f"{NO_TYPE}<, operand type: BOOL"),
        ("UPDATE tbl SET a = a + 'x' WHERE b = 1", f"{NO_TYPE}+, operand type: S"),
        (
            "UPDATE tbl SET a = a + 'x' WHERE b = ?",
            COUNT,
        ),
        ("SELECT a FROM t WHERE b < true AND c = ?", BAD_NAME),
        ("SELECT a FROM tbl.i WHERE b < true", BAD_NAME),
        ("UPDATE t SET a = a + 'x'", f"{NO_TYPE}+, operand type: S"),
        ("DELETE FROM t WHERE b < true", f"{NO_TYPE}<, operand type: BOOL"),
        ("DELETE FROM t WHERE b = 1", BAD_NAME),
    ],
)
def test_one_of_two_faults(text: str, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        bind(text, None)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("SELECT a FROM tbl WHERE a = 1" + " AND b = 1" * 149, None),
        ("SELECT a FROM tbl WHERE a = 1" + " AND b = 1" * 150, 301),
        ("UPDATE tbl SET a = 1" + " + 1" * 300 + " WHERE b = 1", None),
        ("UPDATE tbl SET a = 1, c = 1" + " + 1" * 301 + " WHERE b = 1", 301),
        ("DELETE FROM tbl WHERE NOT a NOT IN [1]" + " OR b NOT BETWEEN 1 AND 2" * 100, 301),
    ],
)
def test_an_expression_has_three_hundred_operators(text: str, count: int | None) -> None:
    if count is None:
        bind(text, None)
    else:
        expected = f"The expression contains too many operators; operator count: {count}"
        assert refusal(text) == expected


def test_a_parameter_that_is_no_value_is_found_before_one_that_lacks() -> None:
    with pytest.raises(ApiError, match="cannot be converted to a numeric value"):
        bind("SELECT * FROM tbl WHERE a = ? AND b = ?", [{"N": "x"}])


def test_a_parameter_that_is_no_set_is_told_with_its_place() -> None:
    what = "The second argument to SET_ADD must be a value with type SET"
    with pytest.raises(ApiError, match="operand type: BOOL"):
        bind("UPDATE tbl SET a = set_add(a, ?) WHERE b < true", [{"S": "x"}])
    for path, place in (("a", " at 1:28:1"), ("a.b", "")):
        with pytest.raises(ApiError) as caught:
            bind(f"UPDATE tbl SET {path} = set_add({path}, ?), c = c + 'x'", [{"S": "x"}])
        assert caught.value.message == what + place


def test_every_parameter_needs_a_value() -> None:
    with pytest.raises(ApiError, match="Number of parameters in request and statement don't match"):
        bind("SELECT * FROM tbl WHERE a = ? AND b = ?", [{"S": "x"}])


def test_parameters_are_taken_in_order() -> None:
    bound = bind("SELECT * FROM tbl WHERE a = ? AND b IN [?, 'c']", [{"S": "x"}, {"S": "y"}])
    assert isinstance(bound.statement, Select)
    terms = bound.key_terms(bound.statement.where, ["a", "b"])
    assert terms == [("a", "EQ", ({"S": "x"},)), ("b", "IN", ({"S": "y"}, {"S": "c"}))]


def test_what_a_where_says_of_keys() -> None:
    bound = bind("SELECT * FROM tbl WHERE 1 < s AND (p = 1 OR p = 2) AND (x = 1 OR p = 3)", None)
    assert isinstance(bound.statement, Select)
    terms = bound.key_terms(bound.statement.where, ["p", "s"])
    assert terms == [("s", "GT", ({"N": "1"},)), ("p", "IN", ({"N": "1"}, {"N": "2"}))]
