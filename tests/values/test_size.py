from base64 import b64encode
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.values import is_larger, item_size, normalize_item, value_size


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": ""}, 0),
        ({"S": "abc"}, 3),
        ({"S": "é€😀"}, 9),
        ({"N": "0"}, 1),
        ({"N": "-12.5"}, 4),
        ({"B": ""}, 0),
        ({"B": "AQ=="}, 1),
        ({"B": "AQI="}, 2),
        ({"B": "AQIDBA=="}, 4),
        ({"BOOL": False}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["ab", "é"]}, 4),
        ({"NS": ["1", "100", "0"]}, 5),
        ({"BS": ["AQ==", "AQID"]}, 4),
        # 3 for a list or map, 1 for each of its elements.
        ({"L": []}, 3),
        ({"M": {}}, 3),
        ({"L": [{"S": "ab"}, {"BOOL": True}]}, 3 + 1 + 2 + 1 + 1),
        ({"M": {"é": {"S": "ab"}, "n": {"N": "1"}}}, 3 + 1 + 2 + 2 + 1 + 1 + 2),
        ({"L": [{"M": {"a": {"L": []}}}]}, 3 + 1 + 3 + 1 + 1 + 3),
    ],
)
def test_value_size(value: dict[str, Any], size: int) -> None:
    assert value_size(value) == size


def test_item_size_is_names_and_values() -> None:
    assert item_size({}) == 0
    assert item_size({"id": {"S": "abc"}, "é": {"N": "1"}, "l": {"L": []}}) == 5 + 4 + 4


@given(st.dictionaries(st.text(), st.text()))
def test_item_size_counts_utf8_bytes(texts: dict[str, str]) -> None:
    item = {name: {"S": text} for name, text in texts.items()}
    expected = sum(len(name.encode()) + len(text.encode()) for name, text in texts.items())
    assert item_size(item) == expected


_SCALARS = st.one_of(
    st.builds(lambda text: {"S": text}, st.text()),
    st.builds(lambda data: {"B": b64encode(data).decode()}, st.binary()),
    st.builds(
        lambda digits, exponent: {"N": f"{digits}E{exponent}"},
        st.integers(-(10**38) + 1, 10**38 - 1),
        st.integers(-90, 80),
    ),
    st.builds(lambda texts: {"SS": sorted(texts)}, st.sets(st.text(), min_size=1)),
    st.sampled_from([{"BOOL": True}, {"NULL": True}, {"L": []}, {"M": {}}]),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda values: st.one_of(
        st.builds(lambda some: {"L": some}, st.lists(values, max_size=5)),
        st.builds(lambda some: {"M": some}, st.dictionaries(st.text(min_size=1), values)),
    ),
    max_leaves=10,
)


# Only what is larger as JSON is measured: an item whose JSON were smaller would slip through.
@given(st.dictionaries(st.text(min_size=1), _VALUES))
def test_no_item_is_larger_than_its_json(item: dict[str, Any]) -> None:
    item = normalize_item(item)
    size = item_size(item)
    assert size <= len(orjson.dumps(item))
    assert not is_larger(item, size)
    assert size == 0 or is_larger(item, size - 1)
