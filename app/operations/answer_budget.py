"""Answers that a front door bounds: https://docs.aws.amazon.com/lambda/latest/dg/services-alb.html

The answer of a Lambda function is JSON in which the body is one text, so that what counts are the
bytes of the body as such a text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable


def text_bytes(data: bytes) -> int:
    """Bytes of UTF-8 `data` as an ASCII JSON text, which is the longest a runtime makes of it."""
    return len(json.dumps(data.decode()))


def fitting(parts: Iterable[bytes | None], budget: int, used: int = 0) -> int:
    """How many parts from the first on make an answer of at most `budget` bytes, of which some are
    `used`; None takes none.

    The first that takes any counts in any case: a page must come to its end.
    """
    count = 0
    for part in parts:
        if part is not None:
            size = text_bytes(part)
            if used and used + size > budget:
                break
            used += size
        count += 1
    return count
