"""Strict base64: the one standard encoding of some bytes, and nothing else."""

from __future__ import annotations

import string
from binascii import a2b_base64

_ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
_CHARACTERS = frozenset(_ALPHABET)
# The last character before padding carries 4 bits ("=") or 2 bits ("=="): its others must be 0.
_LAST_OF_4_BITS = frozenset(_ALPHABET[::4])
_LAST_OF_2_BITS = frozenset(_ALPHABET[::16])


def is_base64(text: str) -> bool:
    # Python's strict mode lets "YWJj=" pass.
    if len(text) % 4:
        return False
    try:
        a2b_base64(text, strict_mode=True)
    except ValueError:
        return False
    if text[-1:] != "=":
        return True
    return text[-3] in _LAST_OF_2_BITS if text[-2] == "=" else text[-2] in _LAST_OF_4_BITS


def base64_fault(text: str) -> str | None:
    """What the service says about `text`, None if it `is_base64`."""
    length = len(text.encode(errors="surrogatepass"))
    if length % 4:
        return f"Base64 encoded length is expected a multiple of 4 bytes but found: {length}"
    pads = 2 if text.endswith("==") else 1 if text.endswith("=") else 0
    for character in text[: len(text) - pads]:
        if character not in _CHARACTERS:
            return f"Invalid Base64 character: '{character}'"
    last = {0: _CHARACTERS, 1: _LAST_OF_4_BITS, 2: _LAST_OF_2_BITS}[pads]
    if text and text[-1 - pads] not in last:
        # "dectected" is the service's.
        return "Invalid last non-pad Base64 character dectected"
    return None
