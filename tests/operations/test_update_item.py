"""UpdateItem: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html

What its parameters do that are older than expressions is in test_legacy.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.operations.texts import (
    BAD_KEYS,
    BAD_NAME,
    CAPACITY,
    EMPTY_KEYS,
    EMPTY_VALUE,
    INVALID,
    METRICS,
    NO_TABLE,
    NOT_ATTRIBUTES,
    NOT_SCALAR,
    NOT_STRING,
    RETURN_VALUES,
    SERIALIZATION,
    constraints,
    misfits,
    missing,
    mixed,
    no_coral,
    not_in,
    own_words,
)

KB = 1024
S, N = {"S": "x"}, {"N": "1"}
MISSING_ATTRIBUTE = "The provided expression refers to an attribute that does not exist in the item"
BAD_PATH = "The document path provided in the update expression is invalid for update"
WRONG_TYPE = "An operand in the update expression has an incorrect data type"


@pytest.mark.differs_locally("JSON of the wrong type is taken for absent or answered 500")
@pytest.mark.parametrize(
    ("member", "message"),
    [
        *misfits(
            TableName=NOT_STRING,
            Key=NOT_ATTRIBUTES,
            UpdateExpression=NOT_STRING,
            ConditionExpression=NOT_STRING,
            ReturnValues=NOT_STRING,
            ExpressionAttributeValues=NOT_ATTRIBUTES,
        ),
        ({"AttributeUpdates": {"a": "x"}}, "Unexpected value type in payload"),
        (
            {"AttributeUpdates": {"a": {"Action": 5}}},
            "NUMBER_VALUE cannot be converted to String",
        ),
    ],
)
def test_json_of_the_wrong_type(raw: Any, member: dict[str, Any], message: str) -> None:
    assert raw("UpdateItem", member) == (400, {"__type": SERIALIZATION, "Message": message})


@no_coral
def test_all_broken_constraints_are_reported_in_the_order_of_the_service(fails: Any) -> None:
    fails(
        "update_item",
        "ValidationException",
        constraints(
            not_in(CAPACITY, "a", "returnConsumedCapacity"),
            missing("tableName"),
            missing("key"),
            not_in(METRICS, "b", "returnItemCollectionMetrics"),
            not_in(RETURN_VALUES, "c", "returnValues"),
            not_in("[ADD, DELETE, PUT]", "d", "attributeUpdates.a.member.action"),
        ),
        ReturnConsumedCapacity="a",
        ReturnItemCollectionMetrics="b",
        ReturnValues="c",
        AttributeUpdates={"a": {"Action": "d"}},
    )


@pytest.mark.parametrize("name", ["ab", "x" * 256, "a;bc"])
def test_table_names(fails: Any, name: str) -> None:
    fails("update_item", "ValidationException", BAD_NAME, TableName=name, Key={"pk": {"S": "a"}})


@own_words
@pytest.mark.parametrize(("bad", "message"), BAD_KEYS)
def test_keys_that_do_not_fit(fails: Any, table: str, bad: dict[str, Any], message: str) -> None:
    fails("update_item", "ValidationException", message, TableName=table, Key=bad)


@pytest.mark.parametrize(("bad", "message"), EMPTY_KEYS)
def test_keys_that_are_no_values(fails: Any, table: str, bad: dict[str, Any], message: str) -> None:
    fails("update_item", "ValidationException", message, TableName=table, Key=bad)


@own_words
def test_a_table_that_is_not_there(fails: Any) -> None:
    key = {"pk": {"S": "a"}}
    fails("update_item", "ResourceNotFoundException", NO_TABLE, TableName="not-there", Key=key)


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


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"ExpressionAttributeValues": {":v": S}},
            "ExpressionAttributeValues can only be specified when using expressions: "
            "UpdateExpression and ConditionExpression are null",
        ),
        (
            {"ExpressionAttributeNames": {"#a": "b"}},
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
        (
            {"UpdateExpression": "SET a = :v", "ExpressionAttributeValues": {":v": S, ":w": S}},
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}",
        ),
        (
            {"UpdateExpression": "REMOVE a", "ExpressionAttributeNames": {"#a": "b"}},
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}",
        ),
        (
            {"UpdateExpression": "SET a = :v", "ExpressionAttributeValues": {":v": {"SS": []}}},
            "ExpressionAttributeValues contains invalid value: One or more parameter values were "
            "invalid: An string set  may not be empty for key :v",
        ),
        (
            {"UpdateExpression": "SET a = :v", "ExpressionAttributeValues": {":v": {}}},
            f"ExpressionAttributeValues contains invalid value: {EMPTY_VALUE} for key :v",
        ),
        (
            {"UpdateExpression": "REMOVE #a", "ExpressionAttributeNames": {"#a": ""}},
            "ExpressionAttributeNames contains invalid value: Empty attribute name for key #a",
        ),
        (
            {
                "UpdateExpression": "REMOVE a",
                "AttributeUpdates": {"a": {"Action": "DELETE"}},
                "Expected": {},
            },
            mixed("AttributeUpdates, Expected", "UpdateExpression"),
        ),
        (
            {
                "ConditionExpression": "attribute_exists(a)",
                "AttributeUpdates": {"a": {"Action": "DELETE"}},
            },
            mixed("AttributeUpdates", "ConditionExpression"),
        ),
        (
            {"UpdateExpression": "REMOVE a", "ConditionExpression": "a"},
            'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "a"',
        ),
        ({"ConditionExpression": "attribute_exists(pk.a)"}, NOT_SCALAR),
        ({"UpdateExpression": "SET a = if_not_exists(pk[0], b)"}, NOT_SCALAR),
    ],
)
def test_bad_parameters(
    fails: Any, table: str, key: str, parameters: dict[str, Any], message: str
) -> None:
    wanted = {"pk": {"S": key}}
    fails("update_item", "ValidationException", message, TableName=table, Key=wanted, **parameters)


@pytest.mark.parametrize("text", ["SET pk = :v", "SET pk.a = :v", "ADD pk :v"])
def test_the_key_cannot_be_updated(fails: Any, table: str, key: str, text: str) -> None:
    message = INVALID + "Cannot update attribute pk. This attribute is part of the key"
    fails(
        "update_item",
        "ValidationException",
        message,
        TableName=table,
        Key={"pk": {"S": key}},
        UpdateExpression=text,
        ExpressionAttributeValues={":v": N},
    )


def test_the_sort_key_cannot_be_removed(fails: Any, table_ss: str, key: str) -> None:
    message = INVALID + "Cannot update attribute sk. This attribute is part of the key"
    fails(
        "update_item",
        "ValidationException",
        message,
        TableName=table_ss,
        Key={"pk": {"S": key}, "sk": S},
        UpdateExpression="REMOVE a, sk",
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
        ("ADD m.a :v", {":v": {"N": "2"}}, {"m": {"M": {"a": {"N": "3"}, "b": ITEM["m"]["M"]["b"]}}}),
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
    fails(
        "update_item", "ValidationException", MISSING_ATTRIBUTE, **stored, UpdateExpression=text
    )
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


def test_an_item_that_is_not_there_is_made(client: Any, table: str, key: str) -> None:
    wanted = {"TableName": table, "Key": {"pk": {"S": key}}}
    client.update_item(
        **wanted, UpdateExpression="SET a = :v", ExpressionAttributeValues={":v": S}
    )
    assert client.get_item(**wanted)["Item"] == {"pk": {"S": key}, "a": S}


def test_an_update_of_nothing_makes_an_item_of_its_key(client: Any, table: str, key: str) -> None:
    wanted = {"TableName": table, "Key": {"pk": {"S": key}}}
    client.update_item(**wanted)
    assert client.get_item(**wanted)["Item"] == {"pk": {"S": key}}


def test_an_update_of_nothing_keeps_the_item(client: Any, stored: dict[str, Any]) -> None:
    client.update_item(**stored)
    assert client.get_item(**stored)["Item"] == {**stored["Key"], **ITEM}


# "DELETE - Causes nothing to happen; there is no attribute to delete", says the documentation.
@pytest.mark.differs_locally("it makes an item of the key alone")
@pytest.mark.parametrize(
    "parameters",
    [
        {"UpdateExpression": "REMOVE a, b"},
        {
            "UpdateExpression": "DELETE a :v",
            "ExpressionAttributeValues": {":v": {"SS": ["x"]}},
        },
        {"UpdateExpression": "REMOVE a.b"},
    ],
)
def test_removing_from_an_item_that_is_not_there_makes_none(
    raw: Any, table: str, key: str, parameters: dict[str, Any]
) -> None:
    wanted = {"TableName": table, "Key": {"pk": {"S": key}}}
    assert raw("UpdateItem", {**wanted, **parameters, "ReturnValues": "ALL_NEW"}) == (200, {})
    assert raw("GetItem", wanted) == (200, {})


def test_the_sort_key_is_in_the_item_that_is_made(client: Any, table_sn: str, key: str) -> None:
    wanted = {"TableName": table_sn, "Key": {"pk": {"S": key}, "sk": {"N": "7.0"}}}
    client.update_item(**wanted)
    assert client.get_item(**wanted)["Item"] == {"pk": {"S": key}, "sk": {"N": "7"}}


@pytest.mark.parametrize(
    ("mode", "attributes"),
    [
        ("NONE", None),
        ("ALL_OLD", ITEM),
        ("ALL_NEW", {**ITEM, "n": {"N": "6"}, "s": None, "a": S}),
        ("UPDATED_OLD", {"n": {"N": "5"}, "s": {"S": "text"}}),
        ("UPDATED_NEW", {"n": {"N": "6"}, "a": S}),
    ],
)
def test_return_values(
    raw: Any, stored: dict[str, Any], mode: str, attributes: dict[str, Any] | None
) -> None:
    request = {
        **stored,
        "UpdateExpression": "SET n = n + :n, a = :a REMOVE s",
        "ExpressionAttributeValues": {":n": N, ":a": S},
        "ReturnValues": mode,
    }
    expected = None
    if attributes is not None:
        key = stored["Key"] if mode.startswith("ALL") else {}
        expected = {**key, **{name: value for name, value in attributes.items() if value}}
    status, answer = raw("UpdateItem", request)
    assert (status, answer) == (200, {} if expected is None else {"Attributes": expected})


@pytest.mark.parametrize(
    ("mode", "key_only"), [("ALL_OLD", False), ("UPDATED_OLD", False), ("ALL_NEW", True)]
)
def test_return_values_of_an_item_that_was_not_there(
    raw: Any, table: str, key: str, mode: str, key_only: bool
) -> None:
    request = {"TableName": table, "Key": {"pk": {"S": key}}, "ReturnValues": mode}
    expected = {"Attributes": {"pk": {"S": key}}} if key_only else {}
    assert raw("UpdateItem", request) == (200, expected)


@pytest.mark.differs_locally("it returns the whole attribute a nested path is in")
@pytest.mark.parametrize(
    ("mode", "attributes"),
    [
        ("UPDATED_OLD", {"m": {"M": {"b": {"M": {"c": {"S": "deep"}}}}}, "l": {"L": [{"N": "1"}]}}),
        ("UPDATED_NEW", {"m": {"M": {"b": {"M": {"c": S}}}}, "l": {"L": [S]}}),
    ],
)
def test_updated_values_are_those_of_the_paths(
    raw: Any, stored: dict[str, Any], mode: str, attributes: dict[str, Any]
) -> None:
    request = {
        **stored,
        "UpdateExpression": "SET m.b.c = :a, l[1] = :a",
        "ExpressionAttributeValues": {":a": S},
        "ReturnValues": mode,
    }
    assert raw("UpdateItem", request) == (200, {"Attributes": attributes})


def test_a_condition_is_held_against_the_old_item(client: Any, stored: dict[str, Any]) -> None:
    client.update_item(
        **stored,
        UpdateExpression="SET n = :six",
        ConditionExpression="n = :five",
        ExpressionAttributeValues={":five": {"N": "5"}, ":six": {"N": "6"}},
    )
    assert client.get_item(**stored)["Item"]["n"] == {"N": "6"}


def test_a_condition_that_fails_changes_nothing(
    client: Any, fails: Any, stored: dict[str, Any]
) -> None:
    answer = fails(
        "update_item",
        "ConditionalCheckFailedException",
        "The conditional request failed",
        **stored,
        UpdateExpression="SET n = :six",
        ConditionExpression="n = :six",
        ExpressionAttributeValues={":six": {"N": "6"}},
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    assert answer["Item"] == {**stored["Key"], **ITEM}
    assert client.get_item(**stored)["Item"] == {**stored["Key"], **ITEM}


def test_a_condition_that_fails_makes_no_item(
    client: Any, fails: Any, table: str, key: str
) -> None:
    wanted = {"TableName": table, "Key": {"pk": {"S": key}}}
    fails(
        "update_item",
        "ConditionalCheckFailedException",
        "The conditional request failed",
        **wanted,
        UpdateExpression="SET a = :v",
        ConditionExpression="attribute_exists(pk)",
        ExpressionAttributeValues={":v": S},
    )
    assert "Item" not in client.get_item(**wanted)


def test_the_condition_comes_before_faults_of_the_item(fails: Any, stored: dict[str, Any]) -> None:
    fails(
        "update_item",
        "ConditionalCheckFailedException",
        "The conditional request failed",
        **stored,
        UpdateExpression="SET a = absent",
        ConditionExpression="attribute_exists(absent)",
    )


def test_an_update_may_not_outgrow_an_item(client: Any, fails: Any, table: str, key: str) -> None:
    wanted = {"TableName": table, "Key": {"pk": {"S": key}}}
    client.put_item(TableName=table, Item={"pk": {"S": key}, "a": {"S": "x" * 300 * KB}})
    fails(
        "update_item",
        "ValidationException",
        "Item size to update has exceeded the maximum allowed size",
        **wanted,
        UpdateExpression="SET b = :b",
        ExpressionAttributeValues={":b": {"S": "x" * 100 * KB}},
    )
    assert "b" not in client.get_item(**wanted)["Item"]


def test_a_hundred_increments_are_a_hundred(client: Any, table: str, key: str) -> None:
    for _ in range(100):
        answer = client.update_item(
            TableName=table,
            Key={"pk": {"S": key}},
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": N},
            ReturnValues="UPDATED_NEW",
        )
    assert answer["Attributes"] == {"n": {"N": "100"}}


def test_the_larger_of_the_old_and_the_new_item_is_counted(
    client: Any, table: str, key: str
) -> None:
    request = {"TableName": table, "Key": {"pk": {"S": key}}, "ReturnConsumedCapacity": "TOTAL"}
    client.put_item(TableName=table, Item={"pk": {"S": key}, "a": {"S": "x" * 3 * KB}})
    shrunk = client.update_item(**request, UpdateExpression="REMOVE a")["ConsumedCapacity"]
    small = client.update_item(**request, UpdateExpression="REMOVE a")["ConsumedCapacity"]
    assert shrunk == {"TableName": table, "CapacityUnits": 4}
    assert small == {"TableName": table, "CapacityUnits": 1}
