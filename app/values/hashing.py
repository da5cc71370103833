"""The order in which Java's HashSet and HashMap give strings: some messages name them so.

https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/lang/String.html#hashCode()
"""

from __future__ import annotations

from collections.abc import Collection

_CAPACITY = 16
_WORD = 0xFFFFFFFF


def in_hash_order(texts: Collection[str]) -> list[str]:
    """`texts` by their place in the table of a HashSet, which is filled to three quarters."""
    capacity = _CAPACITY
    while len(texts) * 4 > capacity * 3:
        capacity *= 2
    return _placed(texts, capacity)


def in_order_of_copy(texts: Collection[str]) -> list[str]:
    """As `in_hash_order`, of a HashMap that was made for so many."""
    return _placed(texts, 1 << (len(texts) * 4 // 3).bit_length())


def _placed(texts: Collection[str], capacity: int) -> list[str]:
    return sorted(texts, key=lambda text: _spread(java_hash(text)) % capacity)


def java_hash(text: str) -> int:
    """String.hashCode(), without a sign."""
    code = 0
    units = text.encode("utf-16-be", "surrogatepass")
    for high, low in zip(units[::2], units[1::2], strict=True):
        code = (31 * code + (high << 8 | low)) & _WORD
    return code


def _spread(code: int) -> int:
    return code ^ code >> 16
