"""Key attributes between wire form and store form (`model.rows.KeyValue`)."""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping
from typing import Any

from . import number


def to_key(value: Mapping[str, Any]) -> str | bytes:
    """Store form of a canonical {"S"}, {"N"} or {"B"}: its text, sortable bytes, or raw bytes."""
    (kind,) = value
    content: str = value[kind]
    if kind == "S":
        return content
    return number.encode(content) if kind == "N" else a2b_base64(content)


def from_key(type: str, key: str | bytes) -> dict[str, Any]:
    """The inverse of `to_key`; `type` is "S", "N" or "B"."""
    if isinstance(key, str):
        return {type: key}
    if type == "N":
        return {type: number.decode(key)}
    return {type: b2a_base64(key, newline=False).decode()}


def successor(key: str | bytes) -> str | bytes | None:
    """The smallest key greater than every key that starts with `key`; None if there is none."""
    if isinstance(key, bytes):
        head = key.rstrip(b"\xff")
        return head[:-1] + bytes((head[-1] + 1,)) if head else None
    stem = key.rstrip("\U0010ffff")
    if not stem:
        return None
    # Surrogates are no characters: they have no UTF-8 form.
    following = "\ue000" if stem[-1] == "\ud7ff" else chr(ord(stem[-1]) + 1)
    return stem[:-1] + following
