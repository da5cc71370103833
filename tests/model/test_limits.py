"""The text in which limits are relaxed."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model.limits import MOST, SERVICE, Limits, WrongLimits, relaxed

BYTES = 8 << 20


def of(text: str, base: Limits = SERVICE, item_bytes: int = BYTES) -> Limits:
    return relaxed(text, base, item_bytes=item_bytes)


def test_nothing_relaxed() -> None:
    assert of("") == of(" , ") == SERVICE


@pytest.mark.parametrize("text", ["item=1MB,batch_write=100", "batch_write=100 item=1048576"])
def test_some_relaxed(text: str) -> None:
    found = of(text)
    assert (found.item, found.batch_write) == (1 << 20, 100)
    assert found.sort_key == 1024


# The tag relaxes what the server's setting is.
def test_over_the_setting() -> None:
    base = of("page=2MB,sort_key=2KB")
    found = of("sort_key=3KB", base)
    assert (found.page, found.sort_key) == (2 << 20, 3 << 10)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("item", "'item' is not a limit"),
        ("item=", "'item=' is not a limit"),
        ("item=x", "'item=x' is not a limit"),
        ("items=1MB", "'items=1MB' is not a limit"),
        ("item=1mb", "'item=1mb' is not a limit"),
        ("item=-1", "'item=-1' is not a limit"),
        ("item=\u0661MB", "is not a limit"),
        ("batch_get=1KB", "'batch_get=1KB' is not a limit"),
        ("item=399KB", "item must be from 409600 to 8388608, but is 408576"),
        ("item=9MB", "item must be from 409600 to 8388608, but is 9437184"),
        ("batch_write=24", "batch_write must be from 25 to 1000, but is 24"),
        ("batch_write=1001", "batch_write must be from 25 to 1000, but is 1001"),
    ],
)
def test_what_is_no_limit(text: str, message: str) -> None:
    with pytest.raises(WrongLimits, match=message):
        of(text)


def test_a_store_that_holds_less() -> None:
    with pytest.raises(WrongLimits, match="item must be from 409600 to 1048576"):
        of("item=2MB", item_bytes=1 << 20)


names = st.sampled_from(list(Limits.__slots__))


@given(st.dictionaries(names, st.integers(0, 1 << 51)))
def test_never_tighter_than_the_service_nor_wider_than_possible(given: dict[str, int]) -> None:
    text = ",".join(f"{name}={value}" for name, value in given.items())
    fits = all(
        getattr(SERVICE, name) <= value <= getattr(MOST, name) for name, value in given.items()
    )
    try:
        found = of(text)
    except WrongLimits:
        assert not fits
    else:
        assert fits
        assert found == Limits(**given)


@given(st.text(max_size=50))
def test_any_text_is_limits_or_refused(text: str) -> None:
    with suppress(WrongLimits):
        assert of(text) is not None
