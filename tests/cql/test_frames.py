"""Our frames against cassandra-driver's own: the same bytes out, the same rows in.

Apart from tests that are connected: hypothesis wants `random` for itself, and the driver's threads
use it when a loop that does not run lets their connections time out.
"""

from __future__ import annotations

import struct
from typing import Any

import pytest
from cassandra.cqltypes import (
    BooleanType,
    BytesType,
    Int32Type,
    LongType,
    MapType,
    SetType,
    UTF8Type,
)
from cassandra.protocol import ColumnMetadata, ExecuteMessage, ProtocolHandler, ResultMessage
from cassandra.query import PreparedStatement
from hypothesis import given
from hypothesis import strategies as st

from app.store.cassandra.frames import (
    HEADER,
    MALFORMED,
    NO_ROWS,
    PROTOCOL,
    Execute,
    Rows,
    behind_warnings,
    execute,
)

_MAP = MapType.apply_parameters((UTF8Type, BytesType))
_SET = SetType.apply_parameters((UTF8Type,))
_CODES = {
    UTF8Type: b"\0\x0d",
    BytesType: b"\0\x03",
    LongType: b"\0\x02",
    BooleanType: b"\0\x04",
    Int32Type: b"\0\x09",
    _MAP: b"\0\x21\0\x0d\0\x03",
    _SET: b"\0\x22\0\x0d",
}
_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_LONG = st.integers(-(2**63), 2**63 - 1)
_VALUES: dict[Any, st.SearchStrategy[Any]] = {
    UTF8Type: _TEXT,
    BytesType: st.binary(),
    LongType: _LONG,
    BooleanType: st.booleans(),
    Int32Type: st.integers(-(2**31), 2**31 - 1),
    _MAP: st.dictionaries(_TEXT, st.binary(), min_size=1),
    _SET: st.sets(_TEXT, min_size=1),
}
_CELLS = st.sampled_from(list(_VALUES)).flatmap(
    lambda kind: st.tuples(st.just(kind), st.none() | _VALUES[kind])
)


def _statement(
    kinds: list[Any], *, result: list[Any] | None = None, key: list[int] | None = None
) -> PreparedStatement:
    bound = [ColumnMetadata("space", "rows", f"c{n}", kind) for n, kind in enumerate(kinds)]
    named = [("space", "rows", f"c{n}", kind) for n, kind in enumerate(result or [])]
    made = PreparedStatement(bound, b"id of it", key, "", "space", PROTOCOL, named, None)
    made.consistency_level, made.serial_consistency_level = 6, 9
    return made


def _cell(kind: Any, value: Any) -> bytes:
    if value is None:
        return struct.pack(">i", -1)
    data = kind.serialize(value, PROTOCOL)
    return struct.pack(">i", len(data)) + data


def _string(text: str) -> bytes:
    return struct.pack(">H", len(text.encode())) + text.encode()


def _described(names: list[str], kinds: list[Any]) -> bytes:
    columns = [_string(name) + _CODES[kind] for name, kind in zip(names, kinds, strict=True)]
    return (
        struct.pack(">ii", 1, len(kinds)) + _string("space") + _string("rows") + b"".join(columns)
    )


def _rows(metadata: bytes, rows: list[bytes]) -> bytes:
    return struct.pack(">i", 2) + metadata + struct.pack(">i", len(rows)) + b"".join(rows)


def _by_driver(body: bytes, statement: PreparedStatement) -> tuple[Any, Any]:
    found = ProtocolHandler.decode_message(
        *(PROTOCOL, {}, 1, 0, ResultMessage.opcode, body, None, statement.result_metadata)
    )
    return tuple(found.column_names), found.parsed_rows


@given(cells=st.lists(_CELLS, max_size=6), stream=st.integers(0, 32767))
def test_execute_is_what_the_driver_writes(cells: list[tuple[Any, Any]], stream: int) -> None:
    kinds, values = [kind for kind, _ in cells], [value for _, value in cells]
    statement = _statement(kinds)
    bound = [None if v is None else k.serialize(v, PROTOCOL) for k, v in cells]
    message = ExecuteMessage(b"id of it", bound, 6, 9, None, None, None)
    body, _ = Execute(statement, raw=False).body(values)
    assert execute(stream, body) == ProtocolHandler.encode_message(
        message, stream, PROTOCOL, None, False
    )


def test_columns_that_are_known_are_not_asked_for() -> None:
    # The driver asks for them with every answer.
    asks, _ = Execute(_statement([]), raw=False).body(())
    spares, _ = Execute(_statement([], result=[LongType]), raw=False).body(())
    flags = 2 + len(b"id of it") + 2
    assert spares == asks[:flags] + bytes((asks[flags] | 0x02,)) + asks[flags + 1 :]


def test_a_key_of_one_column_routes() -> None:
    found = Execute(_statement([LongType, UTF8Type], key=[1]), raw=False).body((7, "käse"))[1]
    assert found == "käse".encode()
    two = Execute(_statement([UTF8Type, UTF8Type], key=[0, 1]), raw=False)
    assert two.body(("a", "b"))[1] is None


def test_raw_values_are_taken_as_they_are() -> None:
    body, _ = Execute(_statement([LongType]), raw=True).body((b"1234",))
    assert body.endswith(struct.pack(">i", 4) + b"1234" + b"\0\x09")


@pytest.mark.parametrize("values", [(), ("a", "b")])
def test_a_wrong_number_of_values_is_a_bug(values: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="zip"):
        Execute(_statement([UTF8Type]), raw=False).body(values)


@given(table=st.lists(st.tuples(_CELLS, _CELLS, _CELLS), max_size=3), known=st.booleans())
def test_rows_are_what_the_driver_reads(table: list[Any], known: bool) -> None:
    kinds = [kind for kind, _ in table[0]] if table else [LongType]
    lines = [tuple(value for _, value in row) for row in table[:1]] * 2
    statement = _statement([], result=kinds)
    names = [f"c{n}" for n in range(len(kinds))]
    metadata = struct.pack(">ii", 4, len(kinds)) if known else _described(names, kinds)
    cells = [b"".join(_cell(k, v) for k, v in zip(kinds, line, strict=True)) for line in lines]
    body = _rows(metadata, cells)
    found = Rows(statement, raw=False).read(b"before" + body + b"behind", 6)
    assert (found.columns, found.rows) == _by_driver(body, statement)


def test_an_empty_number_is_none() -> None:
    statement = _statement([], result=[LongType, BooleanType, BytesType, UTF8Type])
    body = _rows(struct.pack(">ii", 4, 4), [struct.pack(">iiii", 0, 0, 0, 0)])
    found = Rows(statement, raw=False).read(body, 0)
    assert list(found.rows) == [(None, None, b"", "")] == _by_driver(body, statement)[1]


def test_each_answer_brings_its_own_columns() -> None:
    # A conditional statement answers one column where it was applied and more where it was not.
    rows = Rows(_statement([]), raw=False)
    applied = _rows(_described(["[applied]"], [BooleanType]), [_cell(BooleanType, True)])
    names = ["[applied]", "ver"]
    refused = _rows(
        _described(names, [BooleanType, LongType]),
        [_cell(BooleanType, False) + _cell(LongType, 5)],
    )
    for _ in range(2):
        assert rows.read(applied, 0) == (("[applied]",), [(True,)])
        assert rows.read(refused, 0) == (tuple(names), [(False, 5)])
    for number in range(20):
        body = _rows(_described([f"c{number}"], [LongType]), [_cell(LongType, number)])
        assert rows.read(body, 0) == ((f"c{number}",), [(number,)])
    assert rows.read(applied, 0).rows == [(True,)]


def test_raw_rows_are_bytes_whatever_the_type() -> None:
    body = _rows(_described(["n"], [LongType]), [_cell(LongType, 1)])
    assert Rows(_statement([]), raw=True).read(body, 0).rows == [(b"\0" * 7 + b"\x01",)]


def test_no_rows() -> None:
    assert Rows(_statement([]), raw=False).read(struct.pack(">i", 1), 0) is NO_ROWS


@pytest.mark.parametrize(
    "body",
    [
        b"",
        struct.pack(">i", 2),
        # A page, where nothing was asked to be paged: rows would be missing.
        struct.pack(">iiii", 2, 2 | 4, 1, 0),
        # Not a single column is known.
        struct.pack(">iii", 2, 4, 1),
        _rows(_described(["n"], [LongType]), [struct.pack(">i", 3) + b"123"]),
    ],
)
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    with pytest.raises(MALFORMED):
        Rows(_statement([]), raw=False).read(body, 0)


def test_warnings_lie_before_a_body() -> None:
    data = struct.pack(">H", 2) + _string("tombstones") + _string("batch") + b"body"
    assert behind_warnings(data) == (["tombstones", "batch"], len(data) - 4)


def test_the_header_is_that_of_protocol_4() -> None:
    assert HEADER.size == 9
    assert execute(-1 % 32768, b"")[:4] == bytes((4, 0, 0x7F, 0xFF))
