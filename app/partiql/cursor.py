"""Where a parser stands in a statement."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from .. import errors
from ..errors import ApiError
from ..expressions.parser import MAX_OPERATORS
from .tokens import END, NAME, QUOTED, Token, tokenize

_T = TypeVar("_T")

_OPENING = ("(", "[", "{", "<<")
_CLOSING = (")", "]", "}", ">>")
# Deeper than any value may be; each level costs a few frames of the parser.
_MOST_LEVELS = 100


class Cursor:
    """`place` is the number of its token; `parameters` those that it has passed, `sets` those that
    must be sets, with what is said of others; `left`: it has passed over something that may be
    malformed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.parameters = 0
        self.sets: list[tuple[str, str]] = []
        self.left = False
        self._operators = 0
        self.place = 0
        self._level = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    @property
    def behind(self) -> Token:
        """The token after this one."""
        return self.ahead(1)

    def ahead(self, count: int) -> Token:
        return self.tokens[min(self.place + count, len(self.tokens) - 1)]

    def next(self) -> Token:
        """This token; the cursor moves on."""
        token = self.token
        if token.kind != END:
            self.place += 1
        return token

    def skip(self, *kinds: str) -> bool:
        """Moves on over tokens of these kinds, if they come next in this order."""
        ahead = self.tokens[self.place : self.place + len(kinds)]
        if [token.kind for token in ahead] != list(kinds):
            return False
        self.place += len(kinds)
        return True

    def seek(self, kind: str) -> bool:
        """Moves on to the next token of this kind, if there is one."""
        kinds = [token.kind for token in self.tokens]
        if kind not in kinds[self.place :]:
            return False
        self.place = kinds.index(kind, self.place)
        return True

    def leave(self, kind: str = END) -> bool:
        """Moves on to the next token of this kind that is not in parentheses, or to the end of what
        is, and tells whether there is one."""
        self.left |= kind == END
        level = 0
        while self.token.kind != END:
            if level == 0 and self.token.kind in (kind, *_CLOSING):
                break
            level += (self.token.kind in _OPENING) - (self.token.kind in _CLOSING)
            self.place += 1
        return self.token.kind == kind

    def expect(self, kind: str) -> Token:
        if self.token.kind != kind:
            raise self.malformed()
        return self.next()

    def name(self) -> str:
        """A name, quoted or not."""
        if self.token.kind not in (NAME, QUOTED):
            raise self.malformed()
        return self.next().text

    def operator(self) -> Token:
        """This token, an operator of an expression; the cursor moves on."""
        self._operators += 1
        return self.next()

    def end_expression(self) -> None:
        """Raises for one of too many operators, and counts anew."""
        if self._operators > MAX_OPERATORS:
            # The service counts no further.
            raise errors.validation(
                f"The expression contains too many operators; operator count: {MAX_OPERATORS + 1}"
            )
        self._operators = 0

    def descend(self) -> None:
        """To be called for each level of what may be nested; `ascend` at its end."""
        self._level += 1
        if self._level > _MOST_LEVELS:
            raise self.malformed()

    def ascend(self) -> None:
        self._level -= 1

    def enclosed(self, inner: Callable[[Cursor], _T]) -> _T:
        """What `inner` makes of what stands between this parenthesis and its end."""
        self.descend()
        self.expect("(")
        found = inner(self)
        self.expect(")")
        self.ascend()
        return found

    def malformed(self) -> ApiError:
        """For what `grammar` finds, too, and says in other words."""
        return malformed("Unexpected term")

    def at(self, what: str, token: Token) -> str:
        """A message that tells the place: line, column and length, from 1."""
        before = self.text[: token.start]
        line = before.count("\n") + 1
        column = token.start - (before.rfind("\n") + 1) + 1
        return f"{what} at {line}:{column}:{max(token.end - token.start, 1)}"

    def refused(self, what: str, token: Token) -> ApiError:
        return errors.validation(self.at(what, token))


def malformed(fault: str) -> ApiError:
    return errors.malformed(f"Statement wasn't well formed, can't be processed: {fault}")
