"""Key columns as one key attribute, and back. README.md has the encoding.

One column of text is an S, one whole number or timestamp an N, one blob a B. Everything else is an
S: its components in order with "##" between them. Characters up to "#" are escaped, so that texts
of several components sort as the components do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .... import errors
from ....model.attachment import Column
from ....model.rows import KeyValue
from ....values import number
from . import scalars

_SEPARATOR = "##"
_ESCAPE = "#"
_SHIFT = 0x30
_escaped = re.compile("[\0-#]")
_unescaped = re.compile("#(.)", re.DOTALL)


def key_type(columns: Sequence[Column]) -> str:
    """S, N or B."""
    if len(columns) > 1:
        return "S"
    kind = scalars.kind(columns[0].type.name)
    return "S" if kind == "BOOL" else kind


def in_order(columns: Sequence[Column]) -> bool:
    """Whether key attributes sort as their columns do. Cassandra sorts UUIDs and addresses its own
    way."""
    return not any(column.type.name in ("uuid", "timeuuid", "inet") for column in columns)


def key_value(columns: Sequence[Column], raws: Sequence[bytes]) -> KeyValue:
    if len(columns) > 1:
        pairs = zip(columns, raws, strict=True)
        return _SEPARATOR.join(_component(column.type.name, raw) for column, raw in pairs)
    kind = key_type(columns)
    if kind == "B":
        return raws[0]
    text = scalars.text_of(columns[0].type.name, raws[0])
    return number.encode(text) if kind == "N" else text


def raw_values(columns: Sequence[Column], key: KeyValue) -> list[bytes]:
    """The inverse of `key_value`. Raises a ValidationException that names the column."""
    if len(columns) == 1:
        return [_single(columns[0], key)]
    assert isinstance(key, str)
    parts = key.split(_SEPARATOR)
    if len(parts) != len(columns):
        names = _SEPARATOR.join(column.name for column in columns)
        raise errors.validation(f"The key is not of the form {names}: {key}")
    return [_raw(column, part) for column, part in zip(columns, parts, strict=True)]


def _single(column: Column, key: KeyValue) -> bytes:
    name = column.type.name
    if isinstance(key, str):
        text = key
    elif name == "blob":
        return key
    else:
        text = number.decode(key)
    try:
        return scalars.raw_of(name, text)
    except ValueError as exc:
        raise _misfit(column, text) from exc


def _component(name: str, raw: bytes) -> str:
    if name == "blob":
        return raw.hex()
    if name in scalars.INTEGERS:
        least = -(1 << 8 * scalars.INTEGERS[name] - 1)
        value = int.from_bytes(raw, "big", signed=True)
        digits = len(str(-least))
        # What it is above the least one: negative numbers sort, too.
        return f"{value:0{digits}}" if value >= 0 else f"-{value - least:0{digits}}"
    text = scalars.text_of(name, raw)
    return _escaped.sub(lambda found: _ESCAPE + chr(ord(found[0]) + _SHIFT), text)


def _raw(column: Column, part: str) -> bytes:
    name = column.type.name
    try:
        if name == "blob":
            raw = bytes.fromhex(part)
        elif name in scalars.INTEGERS:
            least = -(1 << 8 * scalars.INTEGERS[name] - 1)
            value = int(part[1:]) + least if part.startswith("-") else int(part)
            raw = scalars.raw_of(name, str(value))
        else:
            text = _unescaped.sub(lambda found: chr(ord(found[1]) - _SHIFT), part)
            raw = scalars.raw_of(name, text)
    except ValueError as exc:
        raise _misfit(column, part) from exc
    if _component(name, raw) != part:
        raise _misfit(column, part)
    return raw


def _misfit(column: Column, text: str) -> errors.ApiError:
    return errors.validation(
        f"The value does not fit column {column.name} of type {column.type.name}: {text}"
    )
