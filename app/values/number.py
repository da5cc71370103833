"""DynamoDB numbers: up to 38 significant decimal digits, 1E-130 to 9.99...E+125 in magnitude.

They have two forms. Canonical text is what answers carry: plain notation, no exponent, no leading
or trailing zeros. Encoded bytes are what keys carry: they sort as the numbers do, and equal numbers
are equal bytes. Every function but `canonical` and `decode` is given canonical text.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
"""

from __future__ import annotations

import re
from decimal import Context, Decimal

from .. import errors
from ..errors import ApiError

MAX_DIGITS = 38
MAX_MAGNITUDE = 125
MIN_MAGNITUDE = -130

_is_canonical = re.compile(r"0|-?(?:[1-9][0-9]*|0(?=\.))(?:\.[0-9]*[1-9])?").fullmatch
# What Java's BigDecimal reads, which takes digits of any script (\d) and bounds the exponent.
_parse = re.compile(r"[-+]?(\d*)(?:\.(\d*))?(?:[eE]([-+]?)0*(\d{1,10}))?").fullmatch
_MAX_JAVA_EXPONENT = 2**31 - 1

# From the first digit of 9.99E+125 to the last of a 38-digit number at 1E-130 there are 293 places.
_EXACT = Context(prec=300)

# Base-100 exponents run from -65 to 62, so that both signs and zero share one head byte:
# negative 0x00..0x7f, zero 0x80 alone, positive 0x80..0xff with digits behind it.
_ZERO = b"\x80"
_POSITIVE_HEAD = 193
_NEGATIVE_HEAD = 62
_HEADS = [bytes((head,)) for head in range(256)]
# Greater than any digit byte, so that -1 sorts behind -1.5.
_NEGATIVE_END = b"\x66"


def _table(entries: dict[int, int]) -> bytes:
    return bytes(entries.get(byte, 0) for byte in range(256))


# Between a base-100 digit as bytes.fromhex("42") gives it, 0x42, and the byte that is kept.
_HEX = [int(str(digit), 16) for digit in range(100)]
_TO_POSITIVE = _table({_HEX[digit]: digit + 1 for digit in range(100)})
_TO_NEGATIVE = _table({_HEX[digit]: 101 - digit for digit in range(100)})
_FROM_POSITIVE = _table({digit + 1: _HEX[digit] for digit in range(100)})
_FROM_NEGATIVE = _table({101 - digit: _HEX[digit] for digit in range(100)})


def canonical(text: str) -> str:
    """The one text of this number. Accepts what Java's BigDecimal does: "+5", ".5", "5.", "1e5".

    Raises ValidationException for no number (spaces, NaN, ...), too many digits, out of range.
    """
    if len(text) <= MAX_DIGITS and _is_canonical(text):
        return text
    if not text:
        raise errors.validation("The parameter cannot be converted to a numeric value")
    match = _parse(text)
    if match is None:
        raise _not_a_number(text)
    whole, fraction = match[1], match[2] or ""
    digits = whole + fraction
    exponent = int(match[3] + match[4]) if match[4] else 0
    if not digits or abs(exponent) > _MAX_JAVA_EXPONENT:
        raise _not_a_number(text)
    if not digits.isascii():
        if max(digits) > "\uffff":  # to Java two chars, neither of them a digit
            raise _not_a_number(text)
        digits = digits.translate({ord(digit): str(int(digit)) for digit in set(digits)})
    digits = digits.lstrip("0")
    point = len(digits) - len(fraction) + exponent
    digits = digits.rstrip("0")
    if not digits:
        return "0"
    if len(digits) > MAX_DIGITS:
        raise errors.validation("Attempting to store more than 38 significant digits in a Number")
    if point > MAX_MAGNITUDE + 1:
        raise errors.validation(
            "Number overflow. Attempting to store a number with magnitude larger than "
            "supported range"
        )
    if point <= MIN_MAGNITUDE:
        raise errors.validation(
            "Number underflow. Attempting to store a number with magnitude smaller than "
            "supported range"
        )
    return _plain(text[0] == "-", digits, point)


def encode(text: str) -> bytes:
    """Head byte with sign and exponent, then one byte for each base-100 digit."""
    if text == "0":
        return _ZERO
    negative = text[0] == "-"
    whole, _, fraction = (text[1:] if negative else text).partition(".")
    if len(whole) & 1:
        whole = "0" + whole
    if len(fraction) & 1:
        fraction += "0"
    digits = bytes.fromhex(whole + fraction).lstrip(b"\0")
    exponent = len(digits) - len(fraction) // 2 - 1
    digits = digits.rstrip(b"\0")
    if negative:
        digits = digits.translate(_TO_NEGATIVE)
        return _HEADS[_NEGATIVE_HEAD - exponent] + digits + _NEGATIVE_END
    return _HEADS[_POSITIVE_HEAD + exponent] + digits.translate(_TO_POSITIVE)


def decode(data: bytes) -> str:
    """The inverse of `encode`."""
    if data == _ZERO:
        return "0"
    negative = data < _ZERO
    if negative:
        exponent = _NEGATIVE_HEAD - data[0]
        digits = data[1:-1].translate(_FROM_NEGATIVE).hex()
    else:
        exponent = data[0] - _POSITIVE_HEAD
        digits = data[1:].translate(_FROM_POSITIVE).hex()
    significant = digits.lstrip("0")
    point = 2 * (exponent + 1) - (len(digits) - len(significant))
    return _plain(negative, significant.rstrip("0"), point)


def add(a: str, b: str) -> str:
    """Exact sum. Raises as `canonical` does when it has too many digits or is out of range."""
    return canonical(str(_EXACT.add(Decimal(a), Decimal(b))))


def subtract(a: str, b: str) -> str:
    """Exact difference. Raises as `add` does."""
    return canonical(str(_EXACT.subtract(Decimal(a), Decimal(b))))


def size(text: str) -> int:
    """Billed bytes, which are those of the encoded form."""
    negative = text[0] == "-"
    if text[-1] == "0" or text[negative] == "0":
        # Pairs of zeros are not kept at either end.
        return len(encode(text))
    point = text.find(".")
    if point < 0:
        return ((len(text) - negative + 3) >> 1) + negative
    return ((point - negative + 1) >> 1) + ((len(text) - point) >> 1) + 1 + negative


def _not_a_number(text: str) -> ApiError:
    return errors.validation(f"The parameter cannot be converted to a numeric value: {text}")


def _plain(negative: bool, digits: str, point: int) -> str:
    """Plain notation of 0.digits * 10**point. `digits` neither begins nor ends with a zero."""
    if point <= 0:
        plain = "0." + "0" * -point + digits
    elif point < len(digits):
        plain = digits[:point] + "." + digits[point:]
    else:
        plain = digits + "0" * (point - len(digits))
    return "-" + plain if negative else plain
