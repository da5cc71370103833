"""What conditions hold for."""

from __future__ import annotations

import pytest

from app.expressions import (
    Placeholders,
    check_no_key_attributes,
    check_scalar_keys,
    condition,
)
from app.model.table import Index, KeyAttribute, Table
from tests.expressions.ask import holds, message_of

ITEM = {
    "n": {"N": "5"},
    "s": {"S": "hello"},
    "b": {"B": "aGVsbG8="},
    "yes": {"BOOL": True},
    "nil": {"NULL": True},
    "ns": {"NS": ["1", "2"]},
    "ss": {"SS": ["a", "b"]},
    "bs": {"BS": ["aGVsbG8="]},
    "l": {"L": [{"S": "x"}, {"N": "1"}, {"SS": ["p", "q"]}]},
    "m": {"M": {"k": {"L": [{"N": "7"}]}, "void_": {"M": {}}}},
}


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("n = :v", {"N": "5"}, True),
        ("n = :v", {"N": "6"}, False),
        # No conversion between types.
        ("n = :v", {"S": "5"}, False),
        ("n <> :v", {"S": "5"}, True),
        ("n < :v", {"S": "6"}, False),
        # 10 is more than 5 although "10" sorts before "5".
        ("n < :v", {"N": "10"}, True),
        ("n >= :v", {"N": "-10"}, True),
        ("n <= :v", {"N": "5"}, True),
        ("n > :v", {"N": "5"}, False),
        ("s < :v", {"S": "help"}, True),
        # Unsigned: 0xff is more than 0x68.
        ("b < :v", {"B": "/w=="}, True),
        # The order of sets says nothing, at any depth.
        ("ns = :v", {"NS": ["2", "1"]}, True),
        ("l = :v", {"L": [{"S": "x"}, {"N": "1"}, {"SS": ["q", "p"]}]}, True),
        ("l = :v", {"L": [{"N": "1"}, {"S": "x"}, {"SS": ["q", "p"]}]}, False),
        ("m.void_ = :v", {"M": {}}, True),
        ("yes = :v", {"BOOL": True}, True),
        ("nil = :v", {"NULL": True}, True),
        (":v = n", {"N": "5"}, True),
        (":v < n", {"N": "4"}, True),
        ("m.k[0] = :v", {"N": "7"}, True),
        ("m.k[1] = :v", {"N": "7"}, False),
        ("m[0] = :v", {"N": "7"}, False),
        ("l.k = :v", {"N": "7"}, False),
        ("s.k = :v", {"N": "7"}, False),
    ],
)
def test_comparisons(text, value, expected):
    assert holds(text, ITEM, {":v": value}) is expected


# Only <> holds for what is not there, being the negation of =.
@pytest.mark.parametrize("operator", ["=", "<", "<=", ">", ">="])
def test_an_absent_attribute_compares_with_nothing(operator):
    assert not holds(f"gone {operator} :v", ITEM, {":v": {"N": "5"}})
    assert not holds(f"gone {operator} absent", ITEM)
    assert not holds(f"s {operator} gone", ITEM)


def test_an_absent_attribute_is_unequal():
    assert holds("gone <> :v", ITEM, {":v": {"N": "5"}})
    assert holds("gone <> absent", ITEM)


def test_an_absent_item_has_no_attributes():
    assert holds("attribute_not_exists(n)", None)
    assert not holds("attribute_exists(n)", None)


def test_two_attributes():
    item = {"a": {"N": "1"}, "b": {"N": "2"}, "c": {"N": "1"}, "d": {"SS": ["x", "y"]}}
    item["e"] = {"SS": ["y", "x"]}
    assert holds("a < b AND a = c AND d = e", item)


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [("5", "5", True), ("4", "6", True), ("6", "7", False), ("-1", "4.99", False)],
)
def test_between_includes_both_ends(lower, upper, expected):
    values = {":l": {"N": lower}, ":u": {"N": upper}}
    assert holds("n BETWEEN :l AND :u", ITEM, values) is expected


def test_between_of_another_type_or_nothing_is_false():
    assert not holds("s BETWEEN :l AND :u", ITEM, {":l": {"N": "1"}, ":u": {"N": "9"}})
    assert not holds("gone BETWEEN :l AND :u", ITEM, {":l": {"N": "1"}, ":u": {"N": "9"}})
    assert not holds("n BETWEEN :l AND gone", ITEM, {":l": {"N": "1"}})


def test_in_compares_with_each():
    values = {":a": {"S": "x"}, ":b": {"N": "5"}}
    assert holds("n IN (:a, :b)", ITEM, values)
    assert holds("n IN (s, :a, :b)", ITEM, values)
    assert not holds("s IN (:a, :b)", ITEM, values)
    assert not holds("gone IN (:a, :b)", ITEM, values)
    assert holds("ns IN (:v)", ITEM, {":v": {"NS": ["2", "1"]}})


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("begins_with(s, :v)", {"S": "he"}, True),
        ("begins_with(s, :v)", {"S": "lo"}, False),
        # "hel" and "hello" in base64 do not begin alike: bytes are compared.
        ("begins_with(b, :v)", {"B": "aGVs"}, True),
        ("begins_with(b, :v)", {"B": "aGU="}, True),
        ("begins_with(s, :v)", {"B": "aGVs"}, False),
        ("begins_with(n, :v)", {"S": "5"}, False),
        ("begins_with(gone, :v)", {"S": "5"}, False),
        ("begins_with(:v, s)", {"S": "hello, you"}, True),
        ("contains(s, :v)", {"S": "ell"}, True),
        ("contains(s, :v)", {"N": "1"}, False),
        ("contains(b, :v)", {"B": "ZWw="}, True),
        ("contains(ss, :v)", {"S": "a"}, True),
        ("contains(ss, :v)", {"S": "ab"}, False),
        ("contains(ns, :v)", {"N": "2"}, True),
        ("contains(ns, :v)", {"S": "2"}, False),
        ("contains(bs, :v)", {"B": "aGVsbG8="}, True),
        ("contains(l, :v)", {"N": "1"}, True),
        ("contains(l, :v)", {"SS": ["q", "p"]}, True),
        ("contains(l, :v)", {"S": "1"}, False),
        ("contains(m, :v)", {"S": "k"}, False),
        ("contains(n, :v)", {"N": "5"}, False),
        ("contains(gone, :v)", {"N": "5"}, False),
        ("attribute_type(ss, :v)", {"S": "SS"}, True),
        ("attribute_type(ss, :v)", {"S": "S"}, False),
        ("attribute_type(gone, :v)", {"S": "S"}, False),
        ("attribute_type(m.k, :v)", {"S": "L"}, True),
        ("attribute_type(size(s), :v)", {"S": "N"}, True),
        ("size(s) = :v", {"N": "5"}, True),
        ("size(b) = :v", {"N": "5"}, True),
        ("size(l) = :v", {"N": "3"}, True),
        ("size(m) = :v", {"N": "2"}, True),
        ("size(ss) > :v", {"N": "1"}, True),
        ("size(:v) = size(s)", {"S": "12345"}, True),
        # In units of UTF-16: the last one is two.
        ("size(:v) = size(s)", {"S": "123\U0001f600"}, True),
        ("size(:v) = size(s)", {"S": "1234é"}, True),
        # These have no size, nor has what is not there.
        ("size(n) >= :v", {"N": "0"}, False),
        ("size(yes) >= :v", {"N": "0"}, False),
        ("size(gone) >= :v", {"N": "0"}, False),
        ("size(s) IN (:v)", {"N": "5"}, True),
        ("size(s) = :v", {"S": "5"}, False),
    ],
)
def test_functions(text, value, expected):
    assert holds(text, ITEM, {":v": value}) is expected


def test_attribute_exists_looks_into_maps_and_lists():
    assert holds("attribute_exists(m.k[0]) AND attribute_not_exists(m.k[1])", ITEM)
    assert holds("attribute_exists(nil)", ITEM)
    assert holds("attribute_not_exists(s.k) AND attribute_not_exists(m.k.x)", ITEM)


def test_names_with_dots_are_one_attribute():
    item = {"a.b": {"N": "1"}}
    assert holds("attribute_exists(#n)", item, names={"#n": "a.b"})
    assert not holds("attribute_exists(a.b)", item)


def test_a_bound_condition_asks_any_number_of_items():
    placeholders = Placeholders({"#n": "n"}, {":v": {"N": "5"}})
    asked = condition("#n = :v", placeholders, "FilterExpression")
    assert [asked.matches({"n": {"N": number}}) for number in "4545"] == [False, True] * 2


def test_one_text_is_bound_to_different_names_and_values():
    text = "#a = :b"
    one = condition(text, Placeholders({"#a": "x"}, {":b": {"N": "1"}}), "FilterExpression")
    two = condition(text, Placeholders({"#a": "y"}, {":b": {"N": "2"}}), "FilterExpression")
    assert one.matches({"x": {"N": "1"}})
    assert two.matches({"y": {"N": "2"}})
    assert not one.matches({"y": {"N": "2"}})


def test_it_tells_which_attributes_it_looks_at():
    asked = condition(
        "a = :v AND size(b.c) > :v OR attribute_exists(#d[0])",
        Placeholders({"#d": "e"}, {":v": {"N": "1"}}),
        "FilterExpression",
    )
    assert asked.top_level_names == {"a", "b", "e"}
    assert asked.nested_names == {"b", "e"}


def test_a_filter_may_not_look_at_keys():
    asked = condition("attribute_exists(sk)", Placeholders(), "FilterExpression")
    message = message_of(lambda: check_no_key_attributes(asked, ("pk", "sk"), "FilterExpression"))
    assert message == (
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk"
    )
    message = message_of(lambda: check_no_key_attributes(asked, ("sk",), "QueryFilter"))
    assert message == (
        "QueryFilter can only contain non-primary key attributes: Primary key attribute: sk"
    )
    check_no_key_attributes(asked, ("pk",), "FilterExpression")


TABLE = Table(
    "0" * 32,
    "things",
    KeyAttribute("pk", "S"),
    KeyAttribute("sk", "S"),
    created=0.0,
    indexes=(Index(1, "by-c", False, (KeyAttribute("c", "S"),)),),
)


def test_keys_have_nothing_inside():
    asked = condition("attribute_exists(pk.a)", Placeholders(), "ConditionExpression")
    assert message_of(lambda: check_scalar_keys(asked.nested_names, TABLE)) == (
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are "
        "not allowed: Key: pk"
    )
    asked = condition("attribute_exists(c[0])", Placeholders(), "ConditionExpression")
    assert message_of(lambda: check_scalar_keys(asked.nested_names, TABLE)).endswith("IndexKey: c")
    whole = condition("attribute_exists(pk)", Placeholders(), "ConditionExpression")
    check_scalar_keys(whole.nested_names, TABLE)
