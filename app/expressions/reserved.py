"""The words that may not name an attribute in an expression, unless through `#name`."""

from __future__ import annotations

import json
from importlib.resources import files

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
RESERVED: frozenset[str] = frozenset(
    json.loads(files(__package__).joinpath("reserved_words.json").read_bytes())
)


def is_reserved(name: str) -> bool:
    """Whether `name` is a reserved word in any case."""
    return name.upper() in RESERVED
