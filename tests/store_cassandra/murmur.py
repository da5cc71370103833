"""Partition keys that share a token: Murmur3 of sixteen bytes, run backwards."""

from __future__ import annotations

_M = 2**64 - 1
_C1, _C2 = 0x87C37B91114253D5, 0x4CF5AD432745937F


def _rotr(x: int, r: int) -> int:
    return ((x >> r) | (x << (64 - r))) & _M


def _inverse(x: int, factor: int) -> int:
    return x * pow(factor, -1, 2**64) & _M


def _unmix(k: int) -> int:
    # x ^= x >> 33 undoes itself for 64 bits.
    k ^= k >> 33
    k = _inverse(k, 0xC4CEB9FE1A85EC53)
    k ^= k >> 33
    k = _inverse(k, 0xFF51AFD7ED558CCD)
    return k ^ (k >> 33)


def key_with(token: int, other: int) -> bytes:
    """Sixteen bytes whose hash is (token, other); `other` makes keys of one token differ."""
    h1, h2 = token & _M, other & _M
    h2 = (h2 - h1) & _M
    h1 = (h1 - h2) & _M
    h1, h2 = _unmix(h1), _unmix(h2)
    h2 = (h2 - h1) & _M
    h1 = (h1 - h2) & _M
    h1, h2 = h1 ^ 16, h2 ^ 16
    # One block: both halves go back through their round.
    h2_mixed = (_inverse((h2 - 0x38495AB5) & _M, 5) - h1) & _M
    k2 = _rotr(h2_mixed, 31)
    h1_mixed = _inverse((h1 - 0x52DCE729) & _M, 5)
    k1 = _rotr(h1_mixed, 27)
    k1 = _inverse(_rotr(_inverse(k1, _C2), 31), _C1)
    k2 = _inverse(_rotr(_inverse(k2, _C1), 33), _C2)
    return k1.to_bytes(8, "little") + k2.to_bytes(8, "little")
