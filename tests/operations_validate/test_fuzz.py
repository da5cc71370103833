"""No body whatever makes a validator fail, and its fast answer is the exact one."""

from __future__ import annotations

import contextlib
import copy
from functools import cache
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import ApiError
from app.operations.validate import OPERATION_NAMES, examine, validator
from app.operations.validate.accept import compiled
from app.operations.validate.shapes import Shape, input_shape

OPERATIONS = sorted(target.partition(".")[2] for target in OPERATION_NAMES)

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(2**63), max_value=2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "abc", "YQ==", "YR==", "=", "x" * 300, "ALL_OLD"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
)
KINDS = ["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M", "Foo"]
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*KINDS, "abc"]), inner, max_size=3)
    ),
    max_leaves=6,
)
ATTRIBUTE_VALUES = st.recursive(
    st.one_of(
        st.builds(lambda text: {"S": text}, st.just("x")),
        st.just({"N": "1"}),
        st.just({"B": "YQ=="}),
        st.just({"BOOL": False}),
        st.just({"NULL": True}),
        st.just({"SS": ["a"]}),
        st.just({"NS": ["1"]}),
        st.just({"BS": ["YQ=="]}),
    ),
    lambda inner: st.one_of(
        st.builds(lambda values: {"L": values}, st.lists(inner, max_size=3)),
        st.builds(
            lambda values: {"M": values},
            st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
        ),
    ),
    max_leaves=4,
)


@cache
def mostly(shape: Shape, rare: int = 15) -> st.SearchStrategy[Any]:
    """Values that fit `shape`, but for one place in `rare`."""
    fitting = fit(shape, rare)
    return st.integers(1, rare).flatmap(lambda n: JSON if n == rare else fitting)


def fit(shape: Shape, rare: int) -> st.SearchStrategy[Any]:
    low, high = shape.min or 0, shape.max
    if shape.name == "AttributeValue":
        return ATTRIBUTE_VALUES
    if shape.name == "TableArn":
        return st.sampled_from(["abc", "arn:aws:dynamodb:x:1:table/abc", "a"])
    if shape.name == "ResourceArnString":
        return st.sampled_from(["arn:aws:dynamodb:x:1:table/abc", "arn:x"])
    if shape.type == "structure":
        members = {name: mostly(member, rare) for name, member in shape.members.items()}
        return st.fixed_dictionaries(
            {name: members[name] for name in shape.required},
            optional={
                **{name: members[name] for name in members if name not in shape.required},
                "Foo": st.none(),
            },
        )
    if shape.type == "list":
        assert shape.element
        return st.lists(mostly(shape.element, rare), min_size=min(low, 1), max_size=3)
    if shape.type == "map":
        assert shape.key
        assert shape.element
        keys = fit(shape.key, rare)
        return st.dictionaries(keys, mostly(shape.element, rare), min_size=min(low, 1), max_size=2)
    if shape.type == "boolean":
        return st.booleans()
    if shape.type in ("integer", "long", "double", "timestamp"):
        return st.integers(low, 2**31 if high is None else high)
    if shape.enum:
        return st.sampled_from(shape.enum)
    if shape.matches:
        return st.sampled_from(["abcd", "a" * 37, "0123456789abcdef" * 7])
    return st.sampled_from(["x" * max(low, 3), "x" * low])


DATATYPES = {"S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"}


def has_odd_value(body: Any) -> bool:
    """Whether there may be an attribute value that has not just one datatype."""
    if isinstance(body, list):
        return any(map(has_odd_value, body))
    if not isinstance(body, dict):
        return False
    return (len(body) != 1 and body.keys() <= DATATYPES) or any(map(has_odd_value, body.values()))


def checked(operation: str, body: Any) -> ApiError | None:
    try:
        examine(input_shape(operation), body)
    except ApiError as error:
        return error
    return None


@pytest.mark.parametrize("operation", OPERATIONS)
@settings(max_examples=10, deadline=None)
@given(body=JSON)
def test_any_json_is_accepted_or_refused(operation: str, body: Any) -> None:
    with contextlib.suppress(ApiError):
        validator(operation)(body)


@pytest.mark.parametrize("operation", OPERATIONS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_fast_answer_is_the_exact_one(operation: str, data: st.DataObject) -> None:
    shape = input_shape(operation)
    body = data.draw(mostly(shape))
    before = copy.deepcopy(body)
    fast = compiled(shape)(body)
    # As JSON text: in Python 1 == 1.0 == True.
    assert orjson.dumps(body) == orjson.dumps(before)
    error = checked(operation, body)
    exact = error is None and orjson.dumps(body) == orjson.dumps(before)
    if fast:
        assert exact, error
    else:
        # A value of no datatype or of several is sound so far, and left to the exact way.
        assert not exact or has_odd_value(body)


@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem", "Query", "CreateTable"])
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_request_that_passed_passes_again_unchanged(operation: str, data: st.DataObject) -> None:
    body = data.draw(mostly(input_shape(operation), 6))
    if checked(operation, body) is None:
        once = orjson.dumps(body)
        assert checked(operation, body) is None
        assert orjson.dumps(body) == once
