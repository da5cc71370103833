"""The two frames that every request needs, of native protocol v4: EXECUTE, and rows.

cassandra-driver writes and reads them field by field, and the names and types of the columns with
each answer. All other frames are the driver's.
https://github.com/apache/cassandra/blob/cassandra-5.0/doc/native_protocol_v4.spec
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from struct import Struct
from struct import error as StructError
from typing import Any, NamedTuple

from cassandra.cqltypes import BooleanType, BytesType, LongType, UTF8Type
from cassandra.protocol import RESULT_KIND_ROWS, ExecuteMessage, ResultMessage
from cassandra.query import PreparedStatement

from .session import Result, Value

PROTOCOL = 4
# Version, flags, stream, opcode, length of the body.
HEADER = Struct(">BBhBi")
_INT = Struct(">i")
_INTS = Struct(">ii")
_SHORT = Struct(">H")
_BIGINT = Struct(">iq")
_LONG = Struct(">q")
_VALUES = 0x01
_SKIP_METADATA = 0x02
_SERIAL_CONSISTENCY = 0x10
_HAS_MORE_PAGES = 0x02
_NO_METADATA = 0x04
# An answer to a conditional statement has other columns when it is refused, and the columns of a
# table may be altered while a statement lives.
_MOST_SHAPES = 4

NO_ROWS = Result((), ())
MALFORMED = (StructError, ValueError, IndexError)

_Write = Callable[[Any], bytes]
_Read = Callable[[bytes], Any]


class _Shape(NamedTuple):
    """Columns of an answer. A reader None leaves bytes as they are."""

    columns: tuple[str, ...]
    readers: tuple[_Read | None, ...]


class Execute:
    """EXECUTE of one prepared statement; values of `raw` are bytes whatever the column's type."""

    __slots__ = ("_head", "_partition", "_tail", "_writers")

    def __init__(self, statement: PreparedStatement, *, raw: bool) -> None:
        columns = statement.column_metadata or ()
        self._writers = [_writer(BytesType if raw else column.type) for column in columns]
        serial = statement.serial_consistency_level
        flags = _VALUES
        # Columns are named in our statements, so that no ALTER TABLE changes what is answered.
        if statement.result_metadata:
            flags |= _SKIP_METADATA
        if serial:
            flags |= _SERIAL_CONSISTENCY
        id = statement.query_id
        self._head = b"".join(
            (
                *(_SHORT.pack(len(id)), id),
                *(_SHORT.pack(statement.consistency_level), bytes((flags,))),
                _SHORT.pack(len(columns)),
            )
        )
        self._tail = _SHORT.pack(serial) if serial else b""
        indexes = statement.routing_key_indexes
        self._partition = indexes[0] if indexes and len(indexes) == 1 else None

    def body(self, values: Sequence[Value]) -> tuple[bytes, bytes | None]:
        """And the partition key, if it is of one column and among the values."""
        written = [
            _NULL if value is None else write(value)
            for write, value in zip(self._writers, values, strict=True)
        ]
        key = None if self._partition is None else written[self._partition][_INT.size :]
        return b"".join((self._head, *written, self._tail)), key


def execute(stream: int, body: bytes) -> bytes:
    return HEADER.pack(PROTOCOL, 0, stream, ExecuteMessage.opcode, len(body)) + body


class Rows:
    """Reads what nodes answer to one prepared statement."""

    __slots__ = ("_raw", "_shape", "_shapes")

    def __init__(self, statement: PreparedStatement, *, raw: bool) -> None:
        self._raw = raw
        metadata = statement.result_metadata
        self._shape = _shape(metadata, raw) if metadata else None
        self._shapes: list[tuple[bytes, _Shape]] = []

    def read(self, data: bytes, at: int) -> Result:
        """Of the body of a RESULT that begins there. Raises one of MALFORMED."""
        (kind,) = _INT.unpack_from(data, at)
        if kind != RESULT_KIND_ROWS:
            return NO_ROWS
        at += 4
        flags, _ = _INTS.unpack_from(data, at)
        if flags & _HAS_MORE_PAGES:
            raise ValueError("a page, where all rows were asked for")
        if flags & _NO_METADATA:
            shape = self._shape
            if shape is None:
                raise ValueError("rows without metadata, which were asked for")
            at += 8
        else:
            described, shape = self._described(data, at)
            at += len(described)
        readers = shape.readers
        (count,) = _INT.unpack_from(data, at)
        at += 4
        rows = []
        for _ in range(count):
            row: list[Any] = []
            for read in readers:
                (size,) = _INT.unpack_from(data, at)
                at += 4
                if size < 0:
                    row.append(None)
                    continue
                value = data[at : at + size]
                at += size
                row.append(value if read is None else read(value))
            rows.append(tuple(row))
        return Result(shape.columns, rows)

    def _described(self, data: bytes, at: int) -> tuple[bytes, _Shape]:
        """The metadata that begins there, as bytes and as what it says."""
        for known in self._shapes:
            if data.startswith(known[0], at):
                return known
        message = ResultMessage(RESULT_KIND_ROWS)
        source = BytesIO(data)
        source.seek(at)
        message.recv_results_metadata(source, {})
        found = data[at : source.tell()], _shape(message.column_metadata, self._raw)
        self._shapes = [*self._shapes[-_MOST_SHAPES + 1 :], found]
        return found


_NULL = _INT.pack(-1)


def _text(value: str) -> bytes:
    data = value.encode()
    return _INT.pack(len(data)) + data


def _blob(value: bytes) -> bytes:
    return _INT.pack(len(value)) + value


def _bigint(value: int) -> bytes:
    return _BIGINT.pack(8, value)


def _writer(column_type: Any) -> _Write:
    plain: dict[Any, _Write] = {UTF8Type: _text, BytesType: _blob, LongType: _bigint}
    if column_type in plain:
        return plain[column_type]
    serialize = column_type.serialize
    return lambda value: _blob(serialize(value, PROTOCOL))


def _read_bigint(data: bytes) -> int | None:
    # Empty is a value of the column's own kind of null, which the driver reads as None.
    return _LONG.unpack(data)[0] if data else None


def _reader(column_type: Any) -> _Read | None:
    if column_type is BytesType:
        return None
    plain: dict[Any, _Read] = {
        UTF8Type: bytes.decode,
        LongType: _read_bigint,
        BooleanType: _read_boolean,
    }
    if column_type in plain:
        return plain[column_type]
    from_binary = column_type.from_binary
    return lambda data: from_binary(data, PROTOCOL)


def _read_boolean(data: bytes) -> bool | None:
    return data != b"\0" if data else None


def _shape(metadata: Sequence[Any], raw: bool) -> _Shape:
    names = tuple(column[2] for column in metadata)
    return _Shape(names, tuple(None if raw else _reader(column[3]) for column in metadata))


def behind_warnings(data: bytes) -> tuple[list[str], int]:
    """The warnings in front of a body, and where it begins."""
    (count,) = _SHORT.unpack_from(data, 0)
    at = _SHORT.size
    warnings = []
    for _ in range(count):
        (size,) = _SHORT.unpack_from(data, at)
        at += _SHORT.size
        warnings.append(data[at : at + size].decode())
        at += size
    return warnings, at
