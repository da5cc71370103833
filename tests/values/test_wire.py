import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def fault(value: dict[str, Any]) -> tuple[str, str | None]:
    with pytest.raises(ApiError) as error:
        normalize(value)
    return error.value.code, error.value.message


def nested(levels: int, wrap: str) -> dict[str, Any]:
    value: dict[str, Any] = {"S": "leaf"}
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
        {"SS": ["", "b", "a"]},
        {"NS": ["3", "1"]},
        {"BS": ["", "AQ=="]},
        {"L": []},
        {"M": {}},
        {"L": [{"S": "a"}, {"L": []}]},
    ],
)
def test_a_canonical_value_is_kept(value: dict[str, Any]) -> None:
    before = repr(value)
    assert repr(normalize(value)) == before


def test_numbers_become_canonical_at_every_depth() -> None:
    item = {
        "n": {"N": "1E2"},
        "s": {"NS": ["1.50", "-0"]},
        "l": {"L": [{"N": "+1"}, {"M": {"n": {"N": "007"}}}]},
    }
    assert normalize_item(item) == {
        "n": {"N": "100"},
        "s": {"NS": ["1.5", "0"]},
        "l": {"L": [{"N": "1"}, {"M": {"n": {"N": "7"}}}]},
    }


# JSON members that the service's model does not know are not there for it.
def test_members_of_unknown_datatypes_are_dropped() -> None:
    assert normalize({"X": "y", "N": "1.0"}) == {"N": "1"}


@pytest.mark.parametrize("value", [{}, {"X": "y"}, {"X": "y", "Z": "z"}, {"M": {"a": {}}}])
def test_a_value_without_datatype_is_refused(value: dict[str, Any]) -> None:
    assert fault(value) == ("ValidationException", NO_DATATYPE)


@pytest.mark.parametrize(
    "value", [{"S": "a", "N": "1"}, {"N": "1", "S": "a"}, {"L": [{"S": "a", "NULL": True}]}]
)
def test_two_datatypes_are_refused(value: dict[str, Any]) -> None:
    assert fault(value) == (
        "ValidationException",
        "Supplied AttributeValue has more than one datatypes set, "
        "must contain exactly one of the supported datatypes",
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
    assert fault(value) == ("ValidationException", message)
    assert fault({"L": [{"M": {"a": value}}]}) == ("ValidationException", message)


def test_number_sets_have_no_duplicates_by_value() -> None:
    assert fault({"NS": ["1", "1.0"]})[1] == "Input collection contains duplicates"


@pytest.mark.parametrize("wrap", ["L", "M"])
def test_nesting_of_32_levels_is_the_limit(wrap: str) -> None:
    # A top-level attribute is the first level, so a scalar may be in 31 lists or maps.
    assert normalize(nested(31, wrap)) == nested(31, wrap)
    assert fault(nested(32, wrap)) == ("ValidationException", TOO_DEEP)


def test_depth_given_is_the_level_of_the_value() -> None:
    with pytest.raises(ApiError, match="Nesting Levels"):
        normalize({"L": [{"S": "a"}]}, depth=32)


# The limit ends the walk, so that depth cannot exhaust the stack.
def test_very_deep_values_are_refused() -> None:
    assert fault(nested(100_000, "L"))[1] == TOO_DEEP


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A", "Base64 encoded length is expected a multiple of 4 bytes but found: 1"),
        ("AQI", "Base64 encoded length is expected a multiple of 4 bytes but found: 3"),
        ("AQ=", "Base64 encoded length is expected a multiple of 4 bytes but found: 3"),
        ("AQ!=", "Invalid Base64 character: '!'"),
        ("AQ\n=", "Invalid Base64 character: '\n'"),
        ("AQ-_", "Invalid Base64 character: '-'"),
        ("AQé=", "Invalid Base64 character: 'é'"),
        ("A===", "Invalid Base64 character: '='"),
        ("====", "Invalid Base64 character: '='"),
        ("AQ==AQ==", "Invalid Base64 character: '='"),
        # Two encodings of the byte 1 would be two keys for one value.
        ("AR==", "Invalid last non-pad Base64 character dectected"),
        ("AQJ=", "Invalid last non-pad Base64 character dectected"),
    ],
)
def test_other_than_strict_base64_is_refused(text: str, message: str) -> None:
    assert fault({"B": text}) == ("SerializationException", message)
    assert fault({"BS": ["AQ==", text]}) == ("SerializationException", message)


@given(st.binary(max_size=20))
def test_standard_base64_of_any_bytes_is_kept(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    assert normalize({"B": text}) == {"B": text}


@given(st.text("ABQRgw/+=", max_size=8))
def test_base64_that_is_kept_is_the_standard_encoding_of_its_bytes(text: str) -> None:
    try:
        normalize({"B": text})
    except ApiError:
        return
    assert base64.b64encode(base64.b64decode(text)).decode() == text
