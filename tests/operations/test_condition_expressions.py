"""ConditionExpression and FilterExpression, which are one language.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

ITEM = {
    "n": {"N": "5"},
    "m": {"N": "7"},
    "s": {"S": "text"},
    "b": {"B": b"abc"},
    "t": {"BOOL": True},
    "nil": {"NULL": True},
    "ss": {"SS": ["x", "yy"]},
    "ns": {"NS": ["1", "2"]},
    "bs": {"BS": [b"a", b"b"]},
    "l": {"L": [{"N": "5"}, {"S": "text"}, {"L": [{"S": "deep"}]}]},
    "d": {"M": {"n": {"N": "5"}, "e": {"M": {"f": {"S": "leaf"}}}}},
    "nought": {"S": ""},
}
VALUES = {
    ":4": {"N": "4"},
    ":5": {"N": "5"},
    ":6": {"N": "6"},
    ":0": {"N": "0"},
    ":1": {"N": "1"},
    ":2": {"N": "2"},
    ":3": {"N": "3"},
    ":s5": {"S": "5"},
    ":text": {"S": "text"},
    ":te": {"S": "te"},
    ":ex": {"S": "ex"},
    ":x": {"S": "x"},
    ":z": {"S": "z"},
    ":ab": {"B": b"ab"},
    ":bc": {"B": b"bc"},
    ":a": {"B": b"a"},
    ":true": {"BOOL": True},
    ":S": {"S": "S"},
    ":N": {"S": "N"},
    ":M": {"S": "M"},
    ":NULL": {"S": "NULL"},
    ":SS": {"S": "SS"},
    ":ss": {"SS": ["yy", "x"]},
    ":deep": {"L": [{"S": "deep"}]},
    ":leaf": {"S": "leaf"},
}

HOLDS = [
    *("n = :5", "n <> :4", "n < :6", "n <= :5", "n > :4", "n >= :5", ":5 = n", ":4 < n"),
    # Values of two types are unequal, and neither is the smaller.
    *("n <> :s5", "NOT n = :s5", "NOT n < :s5", "NOT n >= :s5"),
    *("n < m", "d.n = n", "l[0] = d.n", "l[1] = s", "l[2][0] <> s", "l[2] = :deep"),
    *("d.e.f = :leaf", "ss = :ss", "t = :true", "s > :te", "b < :bc"),
    # An attribute that is not there is equal to nothing.
    *("absent <> :5", "NOT absent = :5", "NOT absent < :5", "NOT absent > :5"),
    *("absent <> another", "d.absent <> :5", "l[9] <> :5", "s.x <> :5", "n[0] <> :5"),
    *("n BETWEEN :5 AND :6", "n BETWEEN :4 AND :5", ":5 BETWEEN n AND m", "n BETWEEN :4 AND m"),
    *("NOT n BETWEEN :6 AND :6", "NOT s BETWEEN :5 AND :6", "NOT absent BETWEEN :5 AND :6"),
    *("n IN (:4, :5)", "n IN (m, d.n)", "NOT n IN (:4)", "NOT n IN (:s5)", "ss IN (:ss)"),
    *("attribute_exists(n)", "attribute_exists(d.e.f)", "attribute_exists(l[2][0])"),
    *("attribute_exists(nil)", "attribute_exists(nought)", "attribute_not_exists(absent)"),
    *("attribute_not_exists(d.absent)", "attribute_not_exists(l[3])", "attribute_not_exists(s.a)"),
    *("attribute_type(n, :N)", "attribute_type(d.e, :M)", "attribute_type(nil, :NULL)"),
    *("attribute_type(ss, :SS)", "NOT attribute_type(n, :S)", "NOT attribute_type(absent, :S)"),
    *("begins_with(s, :te)", "begins_with(b, :ab)", "begins_with(l[1], :te)"),
    *("NOT begins_with(s, :ex)", "NOT begins_with(n, :te)", "NOT begins_with(s, :ab)"),
    *("NOT begins_with(absent, :te)",),
    *("contains(s, :ex)", "contains(b, :bc)", "contains(ss, :x)", "contains(ns, :1)"),
    *(
        "contains(bs, :a)",
        "contains(l, :5)",
        "contains(l, :deep)",
        "contains(l[2][0], :z) OR t = :true",
    ),
    *("NOT contains(s, :z)", "NOT contains(ss, :z)", "NOT contains(ns, :5)", "NOT contains(n, :5)"),
    # Of a set or list, elements are asked for, and no parts of them.
    *("NOT contains(l, :ex)", "NOT contains(ss, :ss)", "NOT contains(absent, :x)"),
    *("size(s) = :4", "size(b) = :3", "size(ss) = :2", "size(l) = :3", "size(d) = :2"),
    *("size(nought) = :0", "size(l[2]) < :2", "size(s) < size(d) OR size(s) > size(d)"),
    *(
        "size(absent) <> :0",
        "NOT size(absent) >= :0",
        "size(s) BETWEEN :3 AND :5",
        "size(ns) IN (:2)",
    ),
    # NOT binds closer than AND, AND closer than OR.
    *("n = :5 OR n = :4 AND n = :6", "NOT n = :4 AND n = :5", "NOT (n = :4 AND n = :5)"),
    *("(n = :4 OR n = :5) AND s = :text", "n = :5 AND NOT (s = :x OR s = :z)", "NOT NOT n = :5"),
    *(
        "n=:5 AND(s=:text)",
        "n\t=\n:5 and s = :text",
        "not (n = :4) Or n = :4",
        "n between :4 and :5",
    ),
]


@pytest.fixture(scope="module")
def stored(client: Any, table: str) -> Iterator[dict[str, Any]]:
    key = {"pk": {"S": f"conditions-{uuid.uuid4().hex[:8]}"}}
    client.put_item(TableName=table, Item={**key, **ITEM})
    yield key
    client.delete_item(TableName=table, Key=key)


def given(text: str, values: dict[str, Any] = VALUES) -> dict[str, Any]:
    """The values that `text` uses."""
    words = set(
        "".join(c if c.isalnum() or c == ":" else " " for c in text.replace(":", " :")).split()
    )
    used = {name: value for name, value in values.items() if name in words}
    return {"ExpressionAttributeValues": used} if used else {}


def holds(client: Any, table: str, key: dict[str, Any], text: str) -> bool:
    try:
        client.update_item(TableName=table, Key=key, ConditionExpression=text, **given(text))
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True


@pytest.mark.parametrize("text", HOLDS)
def test_conditions(client: Any, table: str, stored: dict[str, Any], text: str) -> None:
    assert holds(client, table, stored, text)
    assert not holds(client, table, stored, f"NOT ({text})")


@pytest.mark.parametrize("text", HOLDS[::5])
def test_filters_are_the_same(client: Any, table: str, stored: dict[str, Any], text: str) -> None:
    values = given(text).get("ExpressionAttributeValues", {})
    for expression, count in ((text, 1), (f"NOT ({text})", 0)):
        answer = client.query(
            TableName=table,
            KeyConditionExpression="pk = :pk",
            FilterExpression=expression,
            ExpressionAttributeValues={":pk": stored["pk"], **values},
        )
        assert answer["Count"] == count


def test_names_through_placeholders(client: Any, table: str, key: str) -> None:
    item = {"pk": {"S": key}, "size": {"N": "1"}, "a.b": {"M": {"c d": {"N": "2"}}}}
    client.put_item(TableName=table, Item=item)
    client.delete_item(
        TableName=table,
        Key={"pk": {"S": key}},
        ConditionExpression="#size = :one AND #ab.#cd = :two AND #SIZE <> :two",
        ExpressionAttributeNames={"#size": "size", "#ab": "a.b", "#cd": "c d", "#SIZE": "SIZE"},
        ExpressionAttributeValues={":one": {"N": "1"}, ":two": {"N": "2"}},
    )


def wrong(operator: str, kind: str) -> str:
    return (
        "Incorrect operand type for operator or function; "
        f"operator or function: {operator}, operand type: {kind}"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The expression can not be empty;"),
        ("n", 'Syntax error; token: "<EOF>", near: "n"'),
        ("n = ", 'Syntax error; token: "<EOF>", near: "= "'),
        ("n == :5", 'Syntax error; token: "=", near: "== :5"'),
        ("n = :5 AND", 'Syntax error; token: "<EOF>", near: "AND"'),
        ("(n = :5", 'Syntax error; token: "<EOF>", near: ":5"'),
        ("n = :5)", 'Syntax error; token: ")", near: ":5)"'),
        ("n != :5", 'Syntax error; token: "!", near: "n !="'),
        ("n IN ()", 'Syntax error; token: ")", near: "()"'),
        ("n BETWEEN :4", 'Syntax error; token: "<EOF>", near: ":4"'),
        ("attribute_exists n", 'Syntax error; token: "n", near: "attribute_exists n"'),
        ("((n = :5))", "The expression has redundant parentheses;"),
        ("NOT ((n = :5))", "The expression has redundant parentheses;"),
        ("ATTRIBUTE_EXISTS(n)", "Invalid function name; function: ATTRIBUTE_EXISTS"),
        ("further(n)", "Invalid function name; function: further"),
        (
            "if_not_exists(n, :5)",
            "The function is not allowed in a condition expression; function: if_not_exists",
        ),
        (
            "attribute_exists(n, m)",
            "Incorrect number of operands for operator or function; "
            "operator or function: attribute_exists, number of operands: 2",
        ),
        (
            "contains(n)",
            "Incorrect number of operands for operator or function; "
            "operator or function: contains, number of operands: 1",
        ),
        (
            "attribute_exists(:5)",
            "Operator or function requires a document path; operator or function: attribute_exists",
        ),
        ("begins_with(s, :5)", wrong("begins_with", "N")),
        ("attribute_type(s, :5)", wrong("attribute_type", "N")),
        ("n < :true", wrong("<", "BOOL")),
        ("n BETWEEN :ss AND :ss", wrong("BETWEEN", "SS")),
        ("size(:5) = :5", wrong("size", "N")),
        (
            "n = n",
            "The first operand must be distinct from the remaining operands for this operator or "
            "function; operator: =, first operand: [n]",
        ),
        (
            "n BETWEEN :6 AND :4",
            "The BETWEEN operator requires upper bound to be greater than or equal to lower "
            "bound; lower bound operand: AttributeValue: {N:6}, "
            "upper bound operand: AttributeValue: {N:4}",
        ),
        ("abort = :5", "Attribute name is a reserved keyword; reserved keyword: abort"),
        ("d.Zone = :5", "Attribute name is a reserved keyword; reserved keyword: Zone"),
    ],
)
def test_bad_conditions(
    fails: Any, table: str, stored: dict[str, Any], text: str, message: str
) -> None:
    fails(
        "update_item",
        "ValidationException",
        f"Invalid ConditionExpression: {message}",
        TableName=table,
        Key=stored,
        ConditionExpression=text,
        **given(text),
    )


# 100 operands of IN, 300 operators and 4,096 bytes are the most.
@pytest.mark.parametrize(
    ("most", "above"),
    [
        (f"n IN ({', '.join([':4'] * 99)}, :5)", f"n IN ({', '.join([':4'] * 100)}, :5)"),
        (" OR ".join(["n=:4"] * 149 + ["n=:5"]), " OR ".join(["n=:4"] * 150 + ["n=:5"])),
        ("n = :5" + " " * 4090, "n = :5" + " " * 4091),
    ],
)
def test_limits_of_expressions(
    client: Any, table: str, stored: dict[str, Any], most: str, above: str
) -> None:
    assert holds(client, table, stored, most)
    with pytest.raises(client.exceptions.ClientError) as caught:
        holds(client, table, stored, above)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
