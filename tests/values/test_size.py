from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.values import item_size, value_size


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
