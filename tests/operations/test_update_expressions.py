"""UpdateExpression of UpdateItem.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
"""

from __future__ import annotations

from typing import Any

import pytest

S, N = {"S": "x"}, {"N": "1"}
MISSING_ATTRIBUTE = "The provided expression refers to an attribute that does not exist in the item"
BAD_PATH = "The document path provided in the update expression is invalid for update"
WRONG_TYPE = "An operand in the update expression has an incorrect data type"


def syntax(token: str, near: str) -> str:
    return f'Syntax error; token: "{token}", near: "{near}"'


def paths(how: str, one: str, two: str) -> str:
    return (
        f"Two document paths {how} with each other; must remove or rewrite one of these paths; "
        f"path one: {one}, path two: {two}"
    )


def operand(operator: str, type: str) -> str:
    return (
        "Incorrect operand type for operator or function; "
        f"operator or function: {operator}, operand type: {type}"
    )


def set_operand(operator: str, type: str, types: str) -> str:
    return (
        "Incorrect operand type for operator or function; "
        f"operator: {operator}, operand type: {type}, typeSet: {types}"
    )


@pytest.mark.parametrize(
    ("text", "value", "message"),
    [
        ("", None, "The expression can not be empty;"),
        ("SET", None, syntax("<EOF>", "SET")),
        ("SET a", None, syntax("<EOF>", "a")),
        ("SET a = :v,", S, syntax("<EOF>", ",")),
        ("a = :v", S, syntax("a", "a =")),
        ("INCREASE a", None, syntax("INCREASE", "INCREASE a")),
        ("ADD a b", None, syntax("b", "a b")),
        ("SET a = :v + :v + :v", N, syntax("+", ":v + :v")),
        ("SET a = ((:v + :v))", N, "The expression has redundant parentheses;"),
        (
            "SET a = :v REMOVE b SET c = :v",
            S,
            'The "SET" section can only be used once in an update expression;',
        ),
        ("SET a = :v, a = :v", S, paths("overlap", "[a]", "[a]")),
        ("SET a = :v REMOVE a", S, paths("overlap", "[a]", "[a]")),
        ("SET a = :v, a.b = :v", S, paths("overlap", "[a]", "[a, b]")),
        ("REMOVE a[1], a[1]", None, paths("overlap", "[a, [1]]", "[a, [1]]")),
        ("SET a[0] = :v, a.b = :v", S, paths("conflict", "[a, [0]]", "[a, b]")),
        ("SET name = :v", S, "Attribute name is a reserved keyword; reserved keyword: name"),
        ("SET a = further(b)", None, "Invalid function name; function: further"),
        (
            "SET a = size(b)",
            None,
            "The function is not allowed in an update expression; function: size",
        ),
        (
            "SET a = if_not_exists(b)",
            None,
            "Incorrect number of operands for operator or function; "
            "operator or function: if_not_exists, number of operands: 1",
        ),
        (
            "SET a = if_not_exists(:v, b)",
            S,
            "Operator or function requires a document path; operator or function: if_not_exists",
        ),
        ("SET a = :v + :v", S, operand("+", "S")),
        ("SET a = b - :v", S, operand("-", "S")),
        ("SET a = list_append(b, :v)", S, operand("list_append", "S")),
        ("ADD a :v", S, set_operand("ADD", "STRING", "ALLOWED_FOR_ADD_OPERAND")),
        ("ADD a :v", {"L": []}, set_operand("ADD", "LIST", "ALLOWED_FOR_ADD_OPERAND")),
        ("DELETE a :v", N, set_operand("DELETE", "NUMBER", "ALLOWED_FOR_DELETE_OPERAND")),
        (
            "SET a = :v",
            None,
            "An expression attribute value used in expression is not defined; attribute value: :v",
        ),
        (
            "SET #a = b",
            None,
            "An expression attribute name used in the document path is not defined; "
            "attribute name: #a",
        ),
    ],
)
def test_bad_expressions(
    fails: Any, table: str, key: str, text: str, value: dict[str, Any] | None, message: str
) -> None:
    values = {} if value is None else {"ExpressionAttributeValues": {":v": value}}
    fails(
        "update_item",
        "ValidationException",
        f"Invalid UpdateExpression: {message}",
        TableName=table,
        Key={"pk": {"S": key}},
        UpdateExpression=text,
        **values,
    )


ITEM = {
    "n": {"N": "5"},
    "s": {"S": "text"},
    "l": {"L": [{"N": "0"}, {"N": "1"}, {"N": "2"}]},
    "m": {"M": {"a": {"N": "1"}, "b": {"M": {"c": {"S": "deep"}}}}},
    "ss": {"SS": ["a", "b"]},
    "ns": {"NS": ["1", "2"]},
}


def sets_equal(left: dict[str, Any], right: dict[str, Any]) -> bool:
    """Whether two values are equal, sets without order."""
    ((kind, one),) = left.items()
    ((other, two),) = right.items()
    return kind == other and (sorted(one) == sorted(two) if kind in ("SS", "NS") else one == two)


@pytest.fixture
def stored(client: Any, table: str, key: str) -> dict[str, Any]:
    """The arguments that name an item with the attributes of ITEM."""
    client.put_item(TableName=table, Item={"pk": {"S": key}, **ITEM})
    return {"TableName": table, "Key": {"pk": {"S": key}}}


@pytest.mark.parametrize(
    ("text", "values", "changed"),
    [
        ("SET a = :v", {":v": S}, {"a": S}),
        ("SET a = n", {}, {"a": {"N": "5"}}),
        ("SET n = n + :v", {":v": {"N": "1.5"}}, {"n": {"N": "6.5"}}),
        ("SET n = :v - n", {":v": {"N": "1"}}, {"n": {"N": "-4"}}),
        ("SET a = (n + :v)", {":v": N}, {"a": {"N": "6"}}),
        # Every operand is read from the item as it was.
        ("SET n = :v, a = n", {":v": S}, {"n": S, "a": {"N": "5"}}),
        ("SET n = s, s = n", {}, {"n": {"S": "text"}, "s": {"N": "5"}}),
        ("SET a = n REMOVE n", {}, {"a": {"N": "5"}, "n": None}),
        ("SET a = if_not_exists(n, :v)", {":v": S}, {"a": {"N": "5"}}),
        ("SET a = if_not_exists(absent, :v)", {":v": S}, {"a": S}),
        ("SET a = if_not_exists(absent, :v) + :v", {":v": {"N": "2"}}, {"a": {"N": "4"}}),
        ("SET a = if_not_exists(m.a, :v)", {":v": S}, {"a": {"N": "1"}}),
        (
            "SET l = list_append(l, :v)",
            {":v": {"L": [S]}},
            {"l": {"L": [{"N": "0"}, {"N": "1"}, {"N": "2"}, S]}},
        ),
        (
            "SET l = list_append(:v, l)",
            {":v": {"L": [S]}},
            {"l": {"L": [S, {"N": "0"}, {"N": "1"}, {"N": "2"}]}},
        ),
        (
            "SET a = list_append(if_not_exists(absent, :v), :v)",
            {":v": {"L": [S]}},
            {"a": {"L": [S, S]}},
        ),
        ("SET l[1] = :v", {":v": S}, {"l": {"L": [{"N": "0"}, S, {"N": "2"}]}}),
        # What is set behind the end is appended, in the order of the indexes.
        (
            "SET l[9] = :v, l[5] = :w",
            {":v": S, ":w": N},
            {"l": {"L": [{"N": "0"}, {"N": "1"}, {"N": "2"}, N, S]}},
        ),
        ("SET m.a = :v", {":v": S}, {"m": {"M": {"a": S, "b": ITEM["m"]["M"]["b"]}}}),
        (
            "SET m.b.d = :v",
            {":v": S},
            {"m": {"M": {"a": N, "b": {"M": {"c": {"S": "deep"}, "d": S}}}}},
        ),
        ("REMOVE s", {}, {"s": None}),
        ("REMOVE absent", {}, {}),
        ("REMOVE m.a", {}, {"m": {"M": {"b": ITEM["m"]["M"]["b"]}}}),
        ("REMOVE m.absent", {}, {}),
        ("REMOVE l[0]", {}, {"l": {"L": [{"N": "1"}, {"N": "2"}]}}),
        # Indexes are those of the list as it was.
        ("REMOVE l[0], l[1]", {}, {"l": {"L": [{"N": "2"}]}}),
        ("REMOVE l[7]", {}, {}),
        ("SET l[0] = :v REMOVE l[1]", {":v": S}, {"l": {"L": [S, {"N": "2"}]}}),
        ("ADD n :v", {":v": {"N": "-2"}}, {"n": {"N": "3"}}),
        ("ADD absent :v", {":v": {"N": "-2"}}, {"absent": {"N": "-2"}}),
        (
            "ADD m.a :v",
            {":v": {"N": "2"}},
            {"m": {"M": {"a": {"N": "3"}, "b": ITEM["m"]["M"]["b"]}}},
        ),
        ("ADD ss :v", {":v": {"SS": ["b", "c"]}}, {"ss": {"SS": ["a", "b", "c"]}}),
        ("ADD ns :v", {":v": {"NS": ["2.0", "3"]}}, {"ns": {"NS": ["1", "2", "3"]}}),
        ("ADD absent :v", {":v": {"SS": ["b"]}}, {"absent": {"SS": ["b"]}}),
        ("DELETE ss :v", {":v": {"SS": ["b", "x"]}}, {"ss": {"SS": ["a"]}}),
        # A set is never empty: the attribute goes with its last element.
        ("DELETE ss :v", {":v": {"SS": ["b", "a"]}}, {"ss": None}),
        ("DELETE absent :v", {":v": {"SS": ["b"]}}, {}),
        (
            "set a = :v remove s add n :n delete ns :ns",
            {":v": S, ":n": N, ":ns": {"NS": ["1"]}},
            {"a": S, "s": None, "n": {"N": "6"}, "ns": {"NS": ["2"]}},
        ),
    ],
)
def test_updates(
    client: Any, stored: dict[str, Any], text: str, values: dict[str, Any], changed: dict[str, Any]
) -> None:
    given = {"ExpressionAttributeValues": values} if values else {}
    client.update_item(**stored, UpdateExpression=text, **given)
    item = client.get_item(**stored)["Item"]
    expected = {**stored["Key"], **ITEM, **changed}
    expected = {name: value for name, value in expected.items() if value is not None}
    assert item.keys() == expected.keys()
    assert all(sets_equal(item[name], value) for name, value in expected.items()), item


@pytest.mark.parametrize(
    ("text", "value", "message"),
    [
        ("SET a = absent", None, MISSING_ATTRIBUTE),
        ("SET a = absent + :v", N, MISSING_ATTRIBUTE),
        ("SET a = m.absent", None, MISSING_ATTRIBUTE),
        ("SET a = list_append(absent, :v)", {"L": []}, MISSING_ATTRIBUTE),
        ("SET absent.b = :v", S, BAD_PATH),
        ("SET absent[0] = :v", S, BAD_PATH),
        ("SET s.b = :v", S, BAD_PATH),
        ("SET m[0] = :v", S, BAD_PATH),
        ("SET l.b = :v", S, BAD_PATH),
        ("REMOVE s.b", None, BAD_PATH),
        ("REMOVE absent.b.c", None, BAD_PATH),
        ("ADD absent.b :v", N, BAD_PATH),
        ("SET a = s + :v", N, WRONG_TYPE),
        ("SET a = list_append(s, :v)", {"L": []}, WRONG_TYPE),
        ("ADD s :v", N, WRONG_TYPE),
        ("ADD ss :v", {"NS": ["1"]}, WRONG_TYPE),
        ("DELETE ns :v", {"SS": ["1"]}, WRONG_TYPE),
        ("DELETE n :v", {"NS": ["1"]}, WRONG_TYPE),
    ],
)
def test_updates_that_the_item_does_not_allow(
    client: Any,
    fails: Any,
    stored: dict[str, Any],
    text: str,
    value: dict[str, Any] | None,
    message: str,
) -> None:
    values = {} if value is None else {"ExpressionAttributeValues": {":v": value}}
    fails("update_item", "ValidationException", message, **stored, UpdateExpression=text, **values)
    assert client.get_item(**stored)["Item"] == {**stored["Key"], **ITEM}


def test_nothing_of_an_update_is_done_when_a_part_cannot_be(
    client: Any, fails: Any, stored: dict[str, Any]
) -> None:
    text = "SET a = n, b = absent REMOVE s"
    fails("update_item", "ValidationException", MISSING_ATTRIBUTE, **stored, UpdateExpression=text)
    assert client.get_item(**stored)["Item"] == {**stored["Key"], **ITEM}


def test_numbers_do_not_overflow(client: Any, fails: Any, table: str, key: str) -> None:
    huge = {"N": "9E125"}
    client.put_item(TableName=table, Item={"pk": {"S": key}, "n": huge})
    fails(
        "update_item",
        "ValidationException",
        "Number overflow. Attempting to store a number with magnitude larger than supported range",
        TableName=table,
        Key={"pk": {"S": key}},
        UpdateExpression="ADD n :n",
        ExpressionAttributeValues={":n": huge},
    )
