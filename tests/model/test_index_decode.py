from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.model.index import decode, encode
from app.model.table import KeyAttribute

# Zeros, what escapes them, and what ends a value are where it could go wrong.
TEXT = st.text(st.sampled_from("\0\1\xffaé"), max_size=6).map(lambda text: ("S", text))
BYTES = st.binary(max_size=6) | st.lists(st.sampled_from([0, 1, 255]), max_size=6).map(bytes)
VALUES = st.lists(TEXT | BYTES.map(lambda data: ("B", data)), min_size=1, max_size=4)


@given(VALUES)
def test_places_give_back_the_values_they_are_made_of(
    values: list[tuple[str, str | bytes]],
) -> None:
    keys = [KeyAttribute(f"k{number}", kind) for number, (kind, _) in enumerate(values)]
    assert decode(encode([value for _, value in values]), keys) == [value for _, value in values]
