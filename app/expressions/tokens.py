"""Text -> tokens, the same for every grammar."""

from __future__ import annotations

import re
from typing import NamedTuple

from .refusal import Refused

NAME, ALIAS, VALUE, INTEGER, UNKNOWN, END = "name", "alias", "value", "integer", "unknown", "end"

# Words of any grammar are keywords in all of them, in any case.
KEYWORDS = frozenset(("AND", "OR", "NOT", "IN", "BETWEEN", "SET", "REMOVE", "ADD", "DELETE"))


class Token(NamedTuple):
    """`kind` is one of the constants above, the symbol itself, or a keyword in capitals."""

    kind: str
    text: str
    start: int
    end: int


# A name begins with a letter (not with "_"), and "#" or ":" alone is no token:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ExpressionAttributeNames.html
_pattern = re.compile(
    r"""[ \t\r\n]+
    | (?P<name> [A-Za-z][A-Za-z0-9_]* )
    | (?P<alias> \#[A-Za-z0-9_]+ )
    | (?P<value> :[A-Za-z0-9_]+ )
    | (?P<integer> 0 | [1-9][0-9]* )
    | (?P<symbol> <> | <= | >= | [()\[\],.=<>+-] )
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
        if kind == "symbol":
            kind = found
        elif kind == NAME and found.upper() in KEYWORDS:
            kind = found.upper()
        tokens.append(Token(kind, found, match.start(), match.end()))
    tokens.append(Token(END, "<EOF>", len(text), len(text)))
    return tokens


def syntax_error(text: str, tokens: list[Token], index: int) -> Refused:
    """Names the token at `index`; "near" is the text from the token before it to the one behind."""
    start = tokens[index - 1].start if index else 0
    end = tokens[min(index + 1, len(tokens) - 1)].end
    return Refused(f'Syntax error; token: "{tokens[index].text}", near: "{text[start:end]}"')
