"""JSON read while other threads have their turns: as orjson reads it, or not at all."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.aside import Aside, loads, start_turns


def by_orjson(data: bytes) -> Any:
    """The value, or ValueError itself."""
    try:
        return orjson.loads(data)
    except ValueError:
        return ValueError


def by_us(data: bytes) -> Any:
    try:
        return loads(data)
    except ValueError:
        return ValueError


def same(data: bytes) -> bool:
    ours, theirs = by_us(data), by_orjson(data)
    # 1 and 1.0 and True are equal, but not the same.
    return repr(ours) == repr(theirs)


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b" ", b"{", b"{}}", b"null", b"[]", b"1", b'"a"', b"{'a':1}", b'{"a":1,}', b"\x00"),
        *(b"NaN", b"[Infinity]", b"[-Infinity]", b"[-]", b"[01]", b"[1.]", b"[.5]", b"[1e5]"),
        *(b"[-0]", b"[-0.0]", b"[1E400]", b"[1e-400]", b"[0.1]", b"[123456789.987654321]"),
        *(b"[9223372036854775808]", b"[18446744073709551616]", b"[-9223372036854775809]"),
        *(b'["\xff"]', b'["\xed\xa0\x80"]', b"\xef\xbb\xbf{}", b'["\x1f"]', b'["\x7f"]', b'["\t"]'),
        *(b'["\\ud800"]', b'["\\udc00"]', b'["\\ud83d\\ude00"]', b'["\\uD83D\\uDE00"]'),
        *(b'["\\ude00\\ud83d"]', b'["\\ud83d\\ud83d\\ude00"]', b'["\\ud83dx"]', b'["\\ud83d"]'),
        *(b'["\\\\ud800"]', b'["\\\\\\ud800"]', b'["\\ud83d\\\\ude00"]', b'["\\ud83d\\n"]'),
        *(b'["\\u00e9\\ud83d\\ude00\\n"]', b'["\\uZZZZ"]', b'["\\u12"]', b'["\\x41"]', b'["\\/"]'),
        *(b'{"a":1,"a":2}', b'{"":{}}', b' {"a" :\t1}\r\n', b"[1]\x0b", b"[1]\xc2\xa0"),
        *(b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000),
    ],
    ids=lambda data: repr(data[:16]),
)
def test_odd_json(data: bytes) -> None:
    assert same(data)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES, st.booleans())
def test_any_json(value: Any, ascii_only: bool) -> None:
    assert same(json.dumps(value, ensure_ascii=ascii_only).encode(errors="surrogatepass"))


PIECES = (
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    '"a"',
    "\\",
    "\\u",
    "d83d",
    "\\ude00",
    "1",
    "-",
    "e",
    ".",
)


@given(st.lists(st.sampled_from((*PIECES, " ", "true", "null", "é")), max_size=12))
def test_any_text(pieces: list[str]) -> None:
    assert same("".join(pieces).encode())


@pytest.fixture
def _turns() -> Iterator[None]:
    before = sys.getswitchinterval()
    start_turns()
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_turns")
async def test_the_loop_goes_on_while_a_thread_parses() -> None:
    # orjson would let no other thread run before it has read all of it.
    data = orjson.dumps({"a": [{"N": str(number)} for number in range(300_000)]})
    parsing = asyncio.ensure_future(Aside()(loads, data))
    turns = 0
    while not parsing.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert (await parsing)["a"][-1] == {"N": "299999"}
    assert turns > 5


async def test_what_the_work_raises_is_raised() -> None:
    def fail(text: str) -> None:
        raise KeyError(text, threading.current_thread() is threading.main_thread())

    with pytest.raises(KeyError) as caught:
        await Aside()(fail, "a")
    assert caught.value.args == ("a", False)
