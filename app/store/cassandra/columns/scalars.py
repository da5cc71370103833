"""Single values: from the bytes of the native protocol to attributes, and back.

https://github.com/apache/cassandra/blob/trunk/doc/native_protocol_v4.spec, section 6
"""

from __future__ import annotations

import ipaddress
import math
import struct
import uuid
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from ....errors import ApiError
from ....values import number

TEXTS = frozenset(("ascii", "text", "varchar"))
INTEGERS = {"tinyint": 1, "smallint": 2, "int": 4, "bigint": 8, "timestamp": 8}
_NUMBERS = frozenset((*INTEGERS, "counter", "varint", "decimal", "float", "double"))
SCALARS = _NUMBERS | TEXTS | {"blob", "boolean", "uuid", "timeuuid", "date", "time", "inet"}

_EPOCH = date(1970, 1, 1)
_DATE_ZERO = 1 << 31
_NANOS = 1_000_000_000
_DAY = 86_400 * _NANOS
_FLOAT_DIGITS = 9


def kind(name: str) -> str:
    """S, N, B or BOOL."""
    if name in _NUMBERS:
        return "N"
    return {"blob": "B", "boolean": "BOOL"}.get(name, "S")


def attribute(name: str, raw: bytes) -> dict[str, object]:
    """A number that there is no N for (more than 38 digits, too large or small, NaN, Infinity) and
    a date outside the years 1 to 9999 are told in an S."""
    if name == "boolean":
        return {"BOOL": raw != b"\0"}
    text = text_of(name, raw)
    if name not in _NUMBERS:
        return {kind(name): text}
    try:
        return {"N": number.canonical(text)}
    except ApiError:
        return {"S": text}


def text_of(name: str, raw: bytes) -> str:
    """The content of the attribute."""
    if name in TEXTS:
        return raw.decode()
    if name in INTEGERS or name in ("varint", "counter"):
        return str(int.from_bytes(raw, "big", signed=True))
    return _TEXT[name](raw)


def raw_of(name: str, text: str) -> bytes:
    """The inverse of `text_of`. Raises ValueError for any other text."""
    raw = _raw(name, text)
    if text_of(name, raw) != text:
        raise ValueError(f"{text_of(name, raw)} is meant")
    return raw


def raw_of_attribute(name: str, value: Mapping[str, Any]) -> bytes:
    """The inverse of `attribute`. Raises ValueError for what would be read as something else."""
    ((given, content),) = value.items()
    wanted = kind(name)
    if given != wanted and not (given == "S" and wanted == "N"):
        raise ValueError(f"an attribute of type {wanted} is needed")
    raw = _raw(name, ("true" if content else "false") if wanted == "BOOL" else content)
    read = attribute(name, raw)
    if read != value:
        ((_, content),) = read.items()
        raise ValueError(f"{content} is what it would hold")
    return raw


ORDERED = SCALARS - {"uuid", "timeuuid", "counter"}


def order(name: str, raw: bytes) -> Any:
    """Sorts values of one of the types in `ORDERED` as Cassandra does."""
    if name in INTEGERS or name == "varint":
        return int.from_bytes(raw, "big", signed=True)
    if name == "decimal":
        return Decimal(_decimal_text(raw))
    if name in ("float", "double"):
        (value,) = struct.unpack(">f" if name == "float" else ">d", raw)
        # NaN is the largest, and -0 before 0.
        return (True, 0.0, 0.0) if math.isnan(value) else (False, value, math.copysign(1, value))
    return raw


def _raw(name: str, text: str) -> bytes:
    if name in INTEGERS:
        return _integer(name, text)
    try:
        return (_RAW.get(name) or _RAW_NUMBERS[name])(text)
    except ArithmeticError as exc:
        raise ValueError("it is out of range, or no number") from exc


def _integer(name: str, text: str) -> bytes:
    size = INTEGERS[name]
    value = int(text)
    if not -(1 << 8 * size - 1) <= value < 1 << 8 * size - 1:
        raise ValueError("it is out of range")
    return value.to_bytes(size, "big", signed=True)


def _varint_raw(text: str) -> bytes:
    return _least_bytes(int(text))


def _least_bytes(value: int) -> bytes:
    magnitude = value if value >= 0 else ~value
    return value.to_bytes(magnitude.bit_length() // 8 + 1, "big", signed=True)


def _decimal_raw(text: str) -> bytes:
    sign, digits, exponent = Decimal(text).as_tuple()
    if not isinstance(exponent, int):
        raise ValueError("it is no number")
    value = int("".join(map(str, digits)))
    return (-exponent).to_bytes(4, "big", signed=True) + _least_bytes(-value if sign else value)


def _decimal_text(raw: bytes) -> str:
    scale = int.from_bytes(raw[:4], "big", signed=True)
    unscaled = Decimal(int.from_bytes(raw[4:], "big", signed=True)).as_tuple()
    return str(Decimal((unscaled.sign, unscaled.digits, -scale)))


def _float_text(raw: bytes) -> str:
    """The shortest text that means this float."""
    (value,) = struct.unpack(">f", raw)
    if not math.isfinite(value):
        return _no_number(value)
    for digits in range(1, _FLOAT_DIGITS):
        text = f"{value:.{digits}g}"
        try:
            if struct.pack(">f", float(text)) == raw:
                return text
        except OverflowError:
            continue  # Rounded up past the largest float: more digits are needed.
    return f"{value:.{_FLOAT_DIGITS}g}"


def _float_raw(text: str) -> bytes:
    return struct.pack(">f", float(text))


def _double_raw(text: str) -> bytes:
    return struct.pack(">d", float(text))


def _double_text(raw: bytes) -> str:
    (value,) = struct.unpack(">d", raw)
    return repr(value) if math.isfinite(value) else _no_number(value)


def _no_number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _blob_text(raw: bytes) -> str:
    return b2a_base64(raw, newline=False).decode()


def _ascii_raw(text: str) -> bytes:
    return text.encode("ascii")


def _boolean_text(raw: bytes) -> str:
    return "false" if raw == b"\0" else "true"


def _boolean_raw(text: str) -> bytes:
    return b"\1" if text == "true" else b"\0"


def _uuid_text(raw: bytes) -> str:
    return str(uuid.UUID(bytes=raw))


def _uuid_raw(text: str) -> bytes:
    return uuid.UUID(text).bytes


def _timeuuid_raw(text: str) -> bytes:
    value = uuid.UUID(text)
    if value.version != 1:
        raise ValueError("a UUID of version 1 is needed")
    return value.bytes


def _date_text(raw: bytes) -> str:
    days = int.from_bytes(raw, "big") - _DATE_ZERO
    try:
        return (_EPOCH + timedelta(days)).isoformat()
    except OverflowError:
        return f"{days} days from {_EPOCH}"


def _date_raw(text: str) -> bytes:
    return ((date.fromisoformat(text) - _EPOCH).days + _DATE_ZERO).to_bytes(4, "big")


def _time_text(raw: bytes) -> str:
    seconds, nanos = divmod(int.from_bytes(raw, "big"), _NANOS)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{nanos:09}"


def _time_raw(text: str) -> bytes:
    clock, _, nanos = text.partition(".")
    hours, minutes, seconds = (int(part) for part in clock.split(":"))
    total = (hours * 3600 + minutes * 60 + seconds) * _NANOS + int(nanos)
    if not 0 <= total < _DAY:
        raise ValueError("it is out of range")
    return total.to_bytes(8, "big")


def _inet_text(raw: bytes) -> str:
    return str(ipaddress.ip_address(raw))


def _inet_raw(text: str) -> bytes:
    return ipaddress.ip_address(text).packed


_TEXT: dict[str, Callable[[bytes], str]] = {
    "decimal": _decimal_text,
    "float": _float_text,
    "double": _double_text,
    "boolean": _boolean_text,
    "blob": _blob_text,
    "uuid": _uuid_text,
    "timeuuid": _uuid_text,
    "date": _date_text,
    "time": _time_text,
    "inet": _inet_text,
}
_RAW: dict[str, Callable[[str], bytes]] = {
    "ascii": _ascii_raw,
    "text": str.encode,
    "varchar": str.encode,
    "boolean": _boolean_raw,
    "blob": a2b_base64,
    "uuid": _uuid_raw,
    "timeuuid": _timeuuid_raw,
    "date": _date_raw,
    "time": _time_raw,
    "inet": _inet_raw,
}
# There is none for a counter: it is only counted.
_RAW_NUMBERS: dict[str, Callable[[str], bytes]] = {
    "varint": _varint_raw,
    "decimal": _decimal_raw,
    "float": _float_raw,
    "double": _double_raw,
}
KEY_TYPES = frozenset((*_RAW, *INTEGERS))
