"""Tokens as PartiQL's grammar has them: some words in a row are one.

https://partiql.org/syntax/lexical-structure.html
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

from .keywords import KEYWORDS
from .tokens import END, UNKNOWN, tokenize


def _together() -> frozenset[tuple[str, ...]]:
    found = ["not in", "is not", "not between", "not like", "on conflict", "do nothing"]
    found += ["insert into", "character varying", "double precision"]
    found += [f"{extent} {image}" for extent, image in product(("all", "modified"), ("old", "new"))]
    sets = ("union", "intersect", "except")
    for kind, extent in product(sets, ("", " all", " distinct")):
        found += [f"{kind}{extent}", f"outer {kind}{extent}"]
    for side in ("", "inner ", "outer ", "left ", "right ", "full "):
        found += [f"{side}join", f"{side}cross join"]
    for side in ("left", "right", "full"):
        found += [f"{side} outer join", f"{side} outer cross join"]
    return frozenset(tuple(each.split()) for each in found if " " in each)


_TOGETHER = _together()
_MOST = max(map(len, _TOGETHER))


class Lexeme(NamedTuple):
    """`kind` as of a token, or the words that are one, in small letters. `word`: a keyword."""

    kind: str
    text: str
    word: bool


def lexemes(text: str) -> list[Lexeme] | None:
    """END last; None if there is something in `text` that is none."""
    tokens = tokenize(text)
    found: list[Lexeme] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if token.kind == UNKNOWN:
            return None
        kinds = tuple(each.kind for each in tokens[place : place + _MOST])
        count = next((n for n in range(_MOST, 1, -1) if kinds[:n] in _TOGETHER), 1)
        found.append(Lexeme(" ".join(kinds[:count]), token.text.lower(), token.kind in KEYWORDS))
        place += count
    assert found[-1].kind == END
    return found
