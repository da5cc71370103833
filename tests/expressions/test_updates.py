"""What updates make of an item."""

from __future__ import annotations

import copy
import re

import pytest

from app.expressions import Placeholders, update
from tests.expressions.ask import message_of, updated

ITEM = {
    "n": {"N": "5"},
    "s": {"S": "x"},
    "ss": {"SS": ["a", "b"]},
    "l": {"L": [{"S": "0"}, {"S": "1"}, {"S": "2"}]},
    "m": {"M": {"x": {"N": "1"}, "l": {"L": [{"N": "7"}]}}},
}
V = {":v": {"N": "2"}, ":s": {"S": "new"}, ":l": {"L": [{"S": "3"}]}, ":ss": {"SS": ["b", "c"]}}


def changed(text, item=ITEM):
    """The attributes of the new item that differ from the old one; None for those removed."""
    values = {key: copy.deepcopy(V[key]) for key in re.findall(":[a-z]+", text)}
    new = updated(text, item, values or None)
    return {name: new.get(name) for name in {**item, **new} if new.get(name) != item.get(name)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SET a = :s", {"a": {"S": "new"}}),
        ("SET n = n + :v", {"n": {"N": "7"}}),
        ("SET n = :v - n", {"n": {"N": "-3"}}),
        ("SET n = (n - :v)", {"n": {"N": "3"}}),
        ("SET a = if_not_exists(a, :s)", {"a": {"S": "new"}}),
        ("SET a = if_not_exists(s, :s)", {"a": {"S": "x"}}),
        # Its default is not looked at when there is no need.
        ("SET a = if_not_exists(s, gone)", {"a": {"S": "x"}}),
        ("SET a = if_not_exists(a, n) + :v", {"a": {"N": "7"}}),
        ("SET l = list_append(l, :l)", {"l": {"L": [{"S": c} for c in "0123"]}}),
        ("SET l = list_append(:l, l)", {"l": {"L": [{"S": c} for c in "3012"]}}),
        ("SET a = list_append(if_not_exists(a, :l), :l)", {"a": {"L": [{"S": "3"}] * 2}}),
        ("SET m.y = :s", {"m": {"M": {**ITEM["m"]["M"], "y": {"S": "new"}}}}),
        ("SET m.l[0] = m.x", {"m": {"M": {"x": {"N": "1"}, "l": {"L": [{"N": "1"}]}}}}),
        ("SET l[1] = :s", {"l": {"L": [{"S": "0"}, {"S": "new"}, {"S": "2"}]}}),
        # Past the end is behind the end, in the order of the indexes.
        (
            "SET l[9] = :s, l[5] = s, l[7] = n",
            {"l": {"L": [{"S": c} for c in "012x"] + [{"N": "5"}, {"S": "new"}]}},
        ),
        # Indexes are those of the old list, whatever is removed.
        ("SET l[1] = :s REMOVE l[0]", {"l": {"L": [{"S": "new"}, {"S": "2"}]}}),
        ("REMOVE l[0], l[2]", {"l": {"L": [{"S": "1"}]}}),
        ("REMOVE l[2], l[0], l[1]", {"l": {"L": []}}),
        ("REMOVE l[0] SET l[8] = s", {"l": {"L": [{"S": "1"}, {"S": "2"}, {"S": "x"}]}}),
        ("REMOVE l[3]", {}),
        ("REMOVE gone", {}),
        ("REMOVE m.gone", {}),
        ("REMOVE m.x", {"m": {"M": {"l": {"L": [{"N": "7"}]}}}}),
        ("REMOVE n, s", {"n": None, "s": None}),
        ("ADD n :v", {"n": {"N": "7"}}),
        ("ADD a :v", {"a": {"N": "2"}}),
        ("ADD ss :ss", {"ss": {"SS": ["a", "b", "c"]}}),
        ("ADD a :ss", {"a": {"SS": ["b", "c"]}}),
        ("ADD m.x :v", {"m": {"M": {"x": {"N": "3"}, "l": {"L": [{"N": "7"}]}}}}),
        ("ADD m.l[0] :v", {"m": {"M": {"x": {"N": "1"}, "l": {"L": [{"N": "9"}]}}}}),
        ("ADD l[8] :v", {"l": {"L": [{"S": c} for c in "012"] + [{"N": "2"}]}}),
        ("DELETE ss :ss", {"ss": {"SS": ["a"]}}),
        ("DELETE gone :ss", {}),
        ("DELETE m.gone :ss", {}),
    ],
)
def test_new_items(text, expected):
    before = copy.deepcopy(ITEM)
    assert changed(text) == expected
    # An update may be applied again when a write has lost a race.
    assert before == ITEM


def test_a_set_that_is_added_to_keeps_the_order_of_its_members() -> None:
    assert changed("ADD ss :ss", {"ss": {"SS": ["a", "d"]}}) == {"ss": {"SS": ["a", "b", "c", "d"]}}


def test_a_set_that_becomes_empty_goes():
    assert changed("DELETE ss :ss", {"ss": {"SS": ["c", "b"]}}) == {"ss": None}
    nested = {"m": {"M": {"ss": {"SS": ["b"]}, "x": {"N": "1"}}}}
    assert changed("DELETE m.ss :ss", nested) == {"m": {"M": {"x": {"N": "1"}}}}


# Every operand reads the item as it was, so that two attributes can change places.
def test_operands_read_the_old_item():
    item = {"a": {"N": "1"}, "b": {"N": "2"}}
    assert updated("SET a = b, b = a", item) == {"a": {"N": "2"}, "b": {"N": "1"}}
    assert updated("REMOVE a SET b = a", item) == {"b": {"N": "1"}}
    assert updated("ADD a :v SET b = a", item, {":v": {"N": "5"}}) == {
        "a": {"N": "6"},
        "b": {"N": "1"},
    }


ABSENT = "The provided expression refers to an attribute that does not exist in the item"
BAD_PATH = "The document path provided in the update expression is invalid for update"
BAD_TYPE = "An operand in the update expression has an incorrect data type"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SET a = gone", ABSENT),
        ("SET a = n + gone", ABSENT),
        ("SET a = m.gone", ABSENT),
        ("SET a = l[3]", ABSENT),
        ("SET a = if_not_exists(gone, absent)", ABSENT),
        ("SET l = list_append(gone, l)", ABSENT),
        ("SET gone.x = :s", BAD_PATH),
        ("SET gone.x = absent", BAD_PATH),
        ("SET m.gone.x = :s", BAD_PATH),
        ("SET s.x = :s", BAD_PATH),
        ("SET s[0] = :s", BAD_PATH),
        ("SET m[0] = :s", BAD_PATH),
        ("SET l.x = :s", BAD_PATH),
        ("SET l[0].x = :s", BAD_PATH),
        ("SET l[7].x = :s", BAD_PATH),
        ("REMOVE gone.x", BAD_PATH),
        ("REMOVE m[0]", BAD_PATH),
        ("ADD gone.x :v", BAD_PATH),
        ("DELETE gone.x :ss", BAD_PATH),
        ("SET n = n + s", BAD_TYPE),
        ("SET n = s - n", BAD_TYPE),
        ("SET l = list_append(l, s)", BAD_TYPE),
        ("SET n = if_not_exists(s, :v) + n", BAD_TYPE),
        ("ADD s :v", BAD_TYPE),
        ("ADD n :ss", BAD_TYPE),
        ("ADD l[0] :v", BAD_TYPE),
        ("DELETE s :ss", BAD_TYPE),
    ],
)
def test_items_that_an_update_does_not_fit(text, told):
    assert message_of(lambda: changed(text)) == told


def test_numbers_out_of_range():
    item = {"n": {"N": "9" + "0" * 125}}
    assert message_of(lambda: updated("ADD n :v", item, {":v": {"N": "9E125"}})) == (
        "Number overflow. Attempting to store a number with magnitude larger than supported range"
    )


def nested(lists):
    value = {"S": "x"}
    for _ in range(lists):
        value = {"L": [value]}
    return value


# A value of its own may have 32 lists, an item with it in its place no more than 31.
@pytest.mark.parametrize(
    ("text", "lists", "fits"),
    [
        ("SET a = :v", 31, True),
        ("SET a = :v", 32, False),
        ("SET m.n.o = :v", 29, True),
        ("SET m.n.o = :v", 30, False),
        ("SET l[5] = :v", 30, True),
        ("SET l[0] = :v", 31, False),
        ("SET l = list_append(l, :v)", 31, True),
        ("SET l = list_append(l, :v)", 32, False),
        ("SET m.n.o = deep", 1, False),
    ],
)
def test_items_are_nested_no_deeper_than_others(text, lists, fits):
    values = {":v": nested(lists)} if ":v" in text else None
    placeholders = Placeholders(None, values)
    placeholders.check({"UpdateExpression": text})
    change = update(text, placeholders)
    item = {"m": {"M": {"n": {"M": {}}}}, "l": {"L": [{"N": "1"}]}, "deep": nested(31)}
    if fits:
        change.apply(item)
    else:
        told = message_of(lambda: change.apply(item))
        assert told == "Nesting Levels have exceeded supported limits"


def bound(text, names=None, values=V):
    return update(text, Placeholders(names, values))


def test_it_tells_which_attributes_it_changes():
    change = bound("SET #a.x = :v, b = c.d REMOVE c, #a.y ADD d :v", {"#a": "a"})
    assert change.paths == ("a", "b", "c", "d")
    assert change.nested_names == {"a", "c"}


@pytest.mark.parametrize(
    ("text", "reads", "removes"),
    [
        ("SET a = :v, b = :s REMOVE c", False, False),
        ("REMOVE c", False, True),
        ("REMOVE c.d", True, True),
        ("SET a = b", True, False),
        ("SET a = if_not_exists(a, :v)", True, False),
        ("SET a.b = :v", True, False),
        ("ADD a :v", True, False),
        ("DELETE a :ss", True, True),
        ("DELETE a :ss REMOVE b SET c = :v", True, False),
    ],
)
def test_whether_it_reads_and_whether_it_only_removes(text, reads, removes):
    change = bound(text)
    assert change.reads_item is reads
    assert change.only_removes is removes


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("SET n = :v", {"n": {"N": "5"}}, {"n": {"N": "2"}}),
        ("SET a = :v", {}, {"a": {"N": "2"}}),
        ("REMOVE n", {"n": {"N": "5"}}, {}),
        # Of what is changed inside an attribute only that is returned.
        ("SET m.x = :v", {"m": {"M": {"x": {"N": "1"}}}}, {"m": {"M": {"x": {"N": "2"}}}}),
        ("SET m.y = :v", {}, {"m": {"M": {"y": {"N": "2"}}}}),
        ("REMOVE m.x", {"m": {"M": {"x": {"N": "1"}}}}, {}),
        ("SET l[1] = :s", {"l": {"L": [{"S": "1"}]}}, {"l": {"L": [{"S": "new"}]}}),
        (
            "SET l[2] = :s, l[0] = n",
            {"l": {"L": [{"S": "0"}, {"S": "2"}]}},
            {"l": {"L": [{"N": "5"}, {"S": "new"}]}},
        ),
        # What comes in its place was not updated.
        ("REMOVE l[0]", {"l": {"L": [{"S": "0"}]}}, {}),
        ("SET l[9] = :s", {}, {}),
        (
            "ADD n :v DELETE ss :ss",
            {"n": ITEM["n"], "ss": ITEM["ss"]},
            {"n": {"N": "7"}, "ss": {"SS": ["a"]}},
        ),
    ],
)
def test_what_updated_old_and_updated_new_return(text, old, new):
    change = bound(text)
    assert change.old_values(ITEM) == old
    assert change.new_values(change.apply(ITEM)) == new


def test_a_bound_update_is_applied_any_number_of_times():
    change = bound("SET n = n + :v")
    assert change.apply(change.apply(ITEM))["n"] == {"N": "9"}
    assert change.apply(ITEM)["n"] == {"N": "7"}
