"""Statement -> tokens.

Keywords in any case; "names" and 'strings' with their quotes doubled inside; comments are skipped.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .keywords import KEYWORDS

# In no grammar a keyword, unlike "string" or "end".
NAME, QUOTED, STRING, NUMBER = "<name>", "<quoted>", "<string>", "<number>"
ION, UNKNOWN, END = "<ion>", "<unknown>", "<end>"


class Token(NamedTuple):
    """`kind` is one of the constants above, the symbol itself, or a keyword in small letters.

    `text` is what a quoted name or string stands for, else as it is written.
    """

    kind: str
    text: str
    start: int
    end: int


_pattern = re.compile(
    r"""\s+ | --[^\n]* | /\*.*?\*/
    | (?P<name> [A-Za-z_$][A-Za-z0-9_$]* )
    | (?P<number> (?: [0-9]+ (?:\.[0-9]*)? | \.[0-9]+ ) (?: [eE][+-]?[0-9]+ )? )
    | (?P<string> '(?:[^']|'')*' )
    | (?P<quoted> "(?:[^"]|"")*" )
    | (?P<ion> `[^`]*` )
    | (?P<symbol> << | >> | <> | <= | >= | != | \|\| | [][(){},.:;*?=<>+/%@-] )
    | (?P<unknown> . )""",
    re.VERBOSE | re.DOTALL,
)


def tokenize(text: str) -> list[Token]:
    """Tokens in order, END last."""
    tokens = []
    for match in _pattern.finditer(text):
        kind = match.lastgroup
        if kind is None:
            continue
        found = match[kind]
        kind = f"<{kind}>"
        if kind == "<symbol>":
            kind = "<>" if found == "!=" else found
        elif kind == NAME and found.lower() in KEYWORDS:
            kind = found.lower()
        elif kind in (STRING, QUOTED):
            found = found[1:-1].replace(found[0] * 2, found[0])
        tokens.append(Token(kind, found, match.start(), match.end()))
    tokens.append(Token(END, "", len(text), len(text)))
    return tokens
