from typing import Any

import pytest

from app.errors import ApiError
from app.values import normalize, normalize_item

INVALID = "One or more parameter values were invalid: "
NO_DATATYPE = (
    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
)
TOO_DEEP = (
    "Nesting Levels have exceeded supported limits: "
    "Attributes in the item have nested levels beyond supported limit"
)


def fault(value: dict[str, Any]) -> str | None:
    with pytest.raises(ApiError) as error:
        normalize(value)
    assert error.value.code == "ValidationException"
    return error.value.message


def nested(levels: int, wrap: str, leaf: dict[str, Any] | None = None) -> dict[str, Any]:
    value: dict[str, Any] = leaf or {"S": "leaf"}
    for _ in range(levels):
        value = {"L": [value]} if wrap == "L" else {"M": {"a": value}}
    return value


@pytest.mark.parametrize(
    "value",
    [
        {"S": "x"},
        {"S": ""},
        {"B": ""},
        {"B": "AQ=="},
        {"B": "AQI="},
        {"B": "AQID"},
        {"BOOL": False},
        {"NULL": True},
        {"SS": ["", "B", "a", "é", "\U0001f600"]},
        {"NS": ["-2", "-1", "0", "9", "10"]},
        {"BS": ["", "AQ=="]},
        {"L": []},
        {"M": {}},
        {"L": [{"S": "a"}, {"L": []}]},
    ],
)
def test_a_canonical_value_is_kept(value: dict[str, Any]) -> None:
    before = repr(value)
    assert repr(normalize(value)) == before


# By UTF-8 bytes, by value, by bytes: not by their texts.
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"SS": ["é", "b", "\U0001f600", "\uffff", "B"]}, ["B", "b", "é", "\uffff", "\U0001f600"]),
        ({"NS": ["10", "9", "-1", "-10", "1e-3"]}, ["-10", "-1", "0.001", "9", "10"]),
        ({"BS": ["/w==", "AQ==", "", "AQE="]}, ["", "AQ==", "AQE=", "/w=="]),
    ],
)
def test_a_set_has_the_order_of_its_members(given: dict[str, Any], kept: list[str]) -> None:
    assert list(normalize(given).values()) == [kept]


def test_numbers_become_canonical_at_every_depth() -> None:
    item = {
        "n": {"N": "1E2"},
        "s": {"NS": ["1.50", "-0"]},
        "l": {"L": [{"N": "+1"}, {"M": {"n": {"N": "007"}}}]},
    }
    assert normalize_item(item) == {
        "n": {"N": "100"},
        "s": {"NS": ["0", "1.5"]},
        "l": {"L": [{"N": "1"}, {"M": {"n": {"N": "7"}}}]},
    }


@pytest.mark.parametrize("value", [{}, {"M": {"a": {}}}, {"L": [{}]}])
def test_a_value_without_datatype_is_refused(value: dict[str, Any]) -> None:
    assert fault(value) == NO_DATATYPE


@pytest.mark.parametrize(
    "value", [{"S": "a", "N": "1"}, {"N": "1", "S": "a"}, {"L": [{"S": "a", "NULL": True}]}]
)
def test_two_datatypes_are_refused(value: dict[str, Any]) -> None:
    assert fault(value) == (
        "Supplied AttributeValue has more than one datatypes set, "
        "must contain exactly one of the supported datatypes"
    )


def test_a_fault_inside_comes_before_two_datatypes() -> None:
    assert fault({"S": "a", "NULL": False}) == (
        INVALID + "Null attribute value types must have the value of true"
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"NULL": False}, INVALID + "Null attribute value types must have the value of true"),
        ({"SS": []}, INVALID + "An string set  may not be empty"),
        ({"NS": []}, INVALID + "An number set  may not be empty"),
        ({"BS": []}, INVALID + "Binary sets should not be empty"),
        ({"SS": ["a", "b", "a"]}, INVALID + "Input collection [a, b, a] contains duplicates."),
        (
            {"BS": ["AQ==", "AQ=="]},
            INVALID + "Input collection [AQ==, AQ==]of type BS contains duplicates.",
        ),
        ({"NS": ["1", "2", "1"]}, "Input collection contains duplicates"),
        ({"N": "abc"}, "The parameter cannot be converted to a numeric value: abc"),
        ({"NS": ["1", ""]}, "The parameter cannot be converted to a numeric value"),
    ],
)
def test_invalid_values_are_refused(value: dict[str, Any], message: str) -> None:
    assert fault(value) == message
    assert fault({"L": [{"M": {"a": value}}]}) == message


def test_number_sets_have_no_duplicates_by_value() -> None:
    assert fault({"NS": ["1", "1.0"]}) == "Input collection contains duplicates"


@pytest.mark.parametrize("wrap", ["L", "M"])
def test_nesting_of_32_levels_is_the_limit(wrap: str) -> None:
    # A top-level attribute is the first level, so a scalar may be in 31 lists or maps.
    assert normalize(nested(31, wrap)) == nested(31, wrap)
    assert fault(nested(32, wrap)) == TOO_DEEP
    # The last level is for scalars, even an empty list is too deep there.
    assert fault(nested(31, wrap, leaf={"L": []})) == TOO_DEEP


def test_depth_given_is_the_level_of_the_value() -> None:
    with pytest.raises(ApiError, match="Nesting Levels"):
        normalize({"L": []}, depth=32)


# The limit ends the walk, so that depth cannot exhaust the stack.
def test_very_deep_values_are_refused() -> None:
    assert fault(nested(100_000, "L")) == TOO_DEEP


@pytest.mark.parametrize("item", [{"": {"S": "a"}}, {"m": {"M": {"": {"S": "a"}}}}])
def test_empty_names_are_refused_at_every_depth(item: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as error:
        normalize_item(item)
    assert error.value.message == "Empty attribute name"


def test_a_name_has_65535_bytes_at_most() -> None:
    longest = "é" * 32767 + "x"
    assert normalize_item({longest: {"S": "x"}}) == {longest: {"S": "x"}}
    with pytest.raises(ApiError) as error:
        normalize_item({"a": {"M": {longest + "x": {"S": "x"}}}})
    assert error.value.message == "Attribute name is too large, must be less than 65536 bytes"
