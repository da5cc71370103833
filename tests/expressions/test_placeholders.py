"""ExpressionAttributeNames and ExpressionAttributeValues by themselves."""

from __future__ import annotations

import pytest

from app.expressions import Placeholders
from tests.expressions.ask import message_of

V = {"S": "x"}


def check(names=None, values=None, **expressions):
    expressions = expressions or {"ConditionExpression": "a = b"}
    return lambda: Placeholders(names, values).check(expressions)


@pytest.mark.parametrize("key", ["a", "#", "", "#a b", "#é", "##a", ":a"])
def test_keys_of_names(key):
    why = (
        f'Syntax error; key: "{key}"'
        if key
        else "The expression attribute map contains an empty key;"
    )
    assert message_of(check({key: "a"})) == f"ExpressionAttributeNames contains invalid key: {why}"


def test_keys_of_values():
    assert message_of(check(None, {"a": V})) == (
        'ExpressionAttributeValues contains invalid key: Syntax error; key: "a"'
    )
    check(None, {":a_1": V, ":0": V})()


def test_keys_have_255_characters_at_most():
    check({"#" + "a" * 254: "a"})()
    assert message_of(check({"#" + "a" * 255: "a"})) == (
        "ExpressionAttributeNames contains invalid key: "
        "The expression attribute map contains a key that is too long; size of key: 256"
    )
    assert message_of(check(None, {":" + "a" * 255: V})) == (
        "ExpressionAttributeValues contains invalid key: "
        "The expression attribute map contains a key that is too long;"
    )


def test_names_are_neither_empty_nor_too_long():
    prefix = "ExpressionAttributeNames contains invalid value: "
    assert message_of(check({"#a": ""})) == prefix + "Empty attribute name for key #a"
    check({"#a": "é" * 32767})()
    assert message_of(check({"#a": "é" * 32768})) == (
        prefix + "Attribute name is too large, must be less than 65536 bytes for key #a"
    )


def test_empty_maps():
    assert message_of(check({})) == "ExpressionAttributeNames must not be empty"
    assert message_of(check(None, {})) == "ExpressionAttributeValues must not be empty"


def test_they_need_an_expression():
    names = "ExpressionAttributeNames can only be specified when using expressions"
    values = "ExpressionAttributeValues can only be specified when using expressions: "
    both = {"UpdateExpression": None, "ConditionExpression": None}
    assert message_of(check({"#a": "a"}, None, **both)) == names
    assert message_of(check(None, {":a": V}, ConditionExpression=None)) == (
        values + "ConditionExpression is null"
    )
    assert message_of(check(None, {":a": V}, **both)) == (
        values + "UpdateExpression and ConditionExpression are null"
    )
    # A projection takes names, not values.
    only = {"ProjectionExpression": "a", "FilterExpression": None}
    assert message_of(check(None, {":a": V}, **only)) == values + "FilterExpression is null"
    check({"#a": "a"}, None, **only)()


# Whether they may be there at all is asked of both before what is in them.
def test_order_of_checks():
    only = {"ProjectionExpression": "a", "FilterExpression": None}
    assert "FilterExpression is null" in message_of(check({"bad": "a"}, {"bad": V}, **only))
    assert "Names contains invalid key" in message_of(check({"bad": "a"}, {"bad": V}))
    assert "Values contains invalid key" in message_of(check({"#a": "a"}, {":a": {}, "bad": V}))


def test_invalid_values_name_their_key():
    assert message_of(check(None, {":ok": V, ":bad": {"SS": []}})) == (
        "ExpressionAttributeValues contains invalid value: One or more parameter values were "
        "invalid: An string set  may not be empty for key :bad"
    )


def test_values_become_canonical():
    values = {":v": {"N": "1.50"}}
    placeholders = Placeholders(None, values)
    placeholders.check({"ConditionExpression": "a = :v"})
    assert placeholders.value(":v", "ConditionExpression") == {"N": "1.5"}


# As DynamoDB Local, which shares this code with the service, gives them.
def test_unused_keys_are_in_the_order_of_a_hash_set():
    names = {f"#{name}": "a" for name in ("z", "b", "foo", "bar", "name", "status", "x1")}
    assert message_of(Placeholders(names).check_unused) == (
        "Value provided in ExpressionAttributeNames unused in expressions: "
        "keys: {#bar, #foo, #status, #z, #x1, #name, #b}"
    )


def test_what_no_expression_uses_is_told():
    placeholders = Placeholders({"#a": "a", "#b": "b", "#c": "c"}, {":v": V, ":w": V})
    assert placeholders.name("#b", "FilterExpression") == "b"
    placeholders.value(":v", "FilterExpression")
    assert message_of(placeholders.check_unused) == (
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#c, #a}"
    )
    placeholders.name("#a", "FilterExpression")
    placeholders.name("#c", "FilterExpression")
    assert message_of(placeholders.check_unused) == (
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}"
    )
    placeholders.value(":w", "FilterExpression")
    placeholders.check_unused()


def test_undefined_ones_name_the_parameter():
    assert message_of(lambda: Placeholders().name("#a", "ProjectionExpression")) == (
        "Invalid ProjectionExpression: An expression attribute name used in the document path is "
        "not defined; attribute name: #a"
    )
    assert message_of(lambda: Placeholders({"#a": "b"}).value(":a", "UpdateExpression")) == (
        "Invalid UpdateExpression: An expression attribute value used in expression is not "
        "defined; attribute value: :a"
    )
