"""What the parsers of the three grammars share, and the smallest of them, ProjectionExpression.

A text is refused for its syntax or for redundant parentheses first, whichever comes first in it,
then for the first fault that shows without names and values, then for its number of operators.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from . import tree
from .refusal import Refused
from .reserved import is_reserved
from .tokens import ALIAS, END, INTEGER, NAME, VALUE, Token, syntax_error, tokenize

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
MAX_BYTES = 4096
MAX_OPERATORS = 300
# As the service has it by now; DynamoDB Local ends at 2**31 - 1.
MAX_INDEX = 2**32 - 2

CONDITION_FUNCTIONS = frozenset(
    (
        "attribute_exists",
        "attribute_not_exists",
        "attribute_type",
        "begins_with",
        "contains",
        "size",
    )
)
UPDATE_FUNCTIONS = frozenset(("if_not_exists", "list_append"))


@dataclass(slots=True)
class OpenCall:
    """A function whose arguments are being read."""

    function: Token
    arguments: list[tree.Operand] = field(default_factory=list)


class Cursor:
    """Walks the tokens of one text. Nothing here recurses: 4 KB may hold 4,000 parentheses."""

    # Only for conditions does the service say how large the expression was.
    tells_size = False

    def __init__(self, text: str) -> None:
        self._check_size(text)
        self.text = text
        self.tokens = tokenize(text)
        self.index = 0
        self.operators = 0
        # What has begun and not ended, from the outermost on.
        self.open: Sequence[object] = ()
        # Where the first redundant parenthesis is closed.
        self.redundant_at: int | None = None
        self._faults: list[tuple[int, str]] = []
        self._calls: dict[int, int] = {}

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def advance(self) -> Token:
        token = self.tokens[self.index]
        self.index += 1
        return token

    def expect(self, kind: str) -> Token:
        if self.token.kind != kind:
            raise self.syntax_error()
        return self.advance()

    def syntax_error(self, undecided_from: int | None = None) -> Refused:
        """What is wrong with the text read so far.

        undecided_from: where something begins of which it does not show yet what it is to be, so
        that its parentheses are not looked at.
        """
        if self.redundant_at is not None:
            if undecided_from is None:
                undecided_from = self.undecided_from()
            if self.redundant_at < undecided_from:
                return _redundant_parentheses()
        return syntax_error(self.text, self.tokens, self.index)

    def undecided_from(self) -> int:
        """Where the first call begins that is still open."""
        calls = (part.function.start for part in self.open if isinstance(part, OpenCall))
        return next(calls, len(self.text))

    def grouped_twice(self) -> None:
        """At the ")" of parentheses with nothing but parentheses in them."""
        if self.redundant_at is None:
            self.redundant_at = self.token.start

    def fault(self, position: int, message: str) -> None:
        """`position` is where in the text it lies; the first fault is the one that is told."""
        self._faults.append((position, message))

    def finish(self) -> None:
        """The text is used up and its syntax good: raises what else is wrong with it."""
        self.expect(END)
        if self.redundant_at is not None:
            raise _redundant_parentheses()
        if self._faults:
            raise Refused(min(self._faults, key=itemgetter(0))[1])
        if self.operators > MAX_OPERATORS:
            # The service counts no further.
            raise Refused(
                f"The expression contains too many operators; operator count: {MAX_OPERATORS + 1}"
            )

    def path(self) -> tree.Path:
        parts: list[str | int | tree.Alias] = [self._name()]
        while True:
            kind = self.token.kind
            if kind == ".":
                self.advance()
                parts.append(self._name())
            elif kind == "[":
                self.advance()
                parts.append(self._list_index())
                self.expect("]")
            else:
                return tree.Path(tuple(parts))

    def value(self) -> tree.ValueRef:
        return tree.ValueRef(self.expect(VALUE).text)

    def at_call(self) -> bool:
        return self.token.kind == NAME and self.tokens[self.index + 1].kind == "("

    def function(self, allowed: frozenset[str], others: frozenset[str], grammar: str) -> Token:
        """Reads a function's name and the parenthesis. `others` are those of the other grammar."""
        token = self.advance()
        self.advance()
        self.operators += 1
        name = token.text
        if name in others:
            self.fault(
                token.start,
                f"The function is not allowed in {grammar} expression; function: {name}",
            )
        elif name not in allowed:
            self.fault(token.start, f"Invalid function name; function: {name}")
        return token

    def call(self, function: Token, arguments: list[tree.Operand]) -> tree.Call:
        call = tree.Call(function.text, tuple(arguments))
        self._calls[id(call)] = function.start
        return call

    def misused(self, call: tree.Call) -> None:
        self.fault(
            self._calls[id(call)],
            "The function is not allowed to be used this way in an expression; "
            f"function: {call.function}",
        )

    def _name(self) -> str | tree.Alias:
        if self.token.kind == ALIAS:
            return tree.Alias(self.advance().text)
        token = self.expect(NAME)
        if is_reserved(token.text):
            self.fault(
                token.start,
                f"Attribute name is a reserved keyword; reserved keyword: {token.text}",
            )
        return token.text

    def _list_index(self) -> int:
        token = self.expect(INTEGER)
        index = int(token.text)
        if index > MAX_INDEX:
            self.fault(
                token.start,
                f"List index is not within the allowable range; index: [{token.text}]",
            )
        return index

    def _check_size(self, text: str) -> None:
        if not text:
            raise Refused("The expression can not be empty;")
        size = len(text.encode(errors="surrogatepass"))
        if size > MAX_BYTES:
            told = f" expression size: {size}" if self.tells_size else ""
            raise Refused(f"Expression size has exceeded the maximum allowed size;{told}")


def _redundant_parentheses() -> Refused:
    return Refused("The expression has redundant parentheses;")


def parse_projection(text: str) -> tree.Projection:
    cursor = Cursor(text)
    paths = [cursor.path()]
    while cursor.token.kind == ",":
        cursor.advance()
        paths.append(cursor.path())
    cursor.finish()
    return tree.Projection(tuple(paths))
