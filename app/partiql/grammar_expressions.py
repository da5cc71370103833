"""Expressions of PartiQL's grammar, as `grammar` says.

https://partiql.org/dql/overview.html
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from .lexemes import Lexeme
from .tokens import END, ION, NAME, NUMBER, QUOTED, STRING

_SET, SELECT, _OR, _AND, _NOT, _EQUAL, _COMPARE, _ADD, _MULTIPLY = 5, 6, 10, 20, 30, 40, 50, 60, 70
_SETS = [
    f"{outer}{kind}{extent}"
    for outer in ("", "outer ")
    for kind in ("union", "intersect", "except")
    for extent in ("", " all", " distinct")
]
_PRECEDENCE = {
    **dict.fromkeys(_SETS, _SET),
    "or": _OR,
    "and": _AND,
    **dict.fromkeys(("=", "<>", "is", "is not", "in", "not in"), _EQUAL),
    **dict.fromkeys(("<", "<=", ">", ">="), _COMPARE),
    **dict.fromkeys(("between", "not between", "like", "not like"), _COMPARE),
    **dict.fromkeys(("+", "-", "||"), _ADD),
    **dict.fromkeys(("*", "/", "%"), _MULTIPLY),
}
_OPERATORS = (frozenset(_PRECEDENCE) | {"not", "@"}) - {"*"}
_TYPES = frozenset(
    """missing null bool boolean smallint int2 integer2 int4 integer4 int8 integer8 bigint int
    integer float real decimal dec numeric timestamp char character varchar string symbol clob blob
    struct tuple list sexp bag date time""".split()  # noqa: SIM905 - easier to read
) | {"character varying", "double precision"}
_FUNCTIONS = frozenset(
    """exists count avg max min sum char_length character_length octet_length bit_length upper lower
    size sexp list bag substring trim extract date_add date_diff coalesce nullif""".split()  # noqa: SIM905
)
_ATOMS = frozenset((STRING, NUMBER, ION, NAME, QUOTED, "true", "false", "null", "missing"))
_MARKS = ("as", "at", "by", "for", "asc", "desc")
NAMES = (NAME, QUOTED)
DML = ("insert into", "set", "remove")


class Fault(Exception):
    """Its text is the parser's."""


class Expressions(ABC):
    """One method for each rule, which moves on over what it takes."""

    rules: ClassVar[dict[str, Callable[[Any], None]]] = {}

    def __init__(self, lexemes: list[Lexeme]) -> None:
        self.lexemes = lexemes
        self.place = 0

    @property
    def kind(self) -> str:
        return self.lexemes[self.place].kind

    def ahead(self, count: int = 1) -> str:
        return self.lexemes[min(self.place + count, len(self.lexemes) - 1)].kind

    def next(self) -> str:
        kind = self.kind
        if kind != END:
            self.place += 1
        return kind

    def skip(self, *kinds: str) -> bool:
        if self.kind not in kinds:
            return False
        self.next()
        return True

    def expect(self, kind: str, message: str) -> None:
        if not self.skip(kind):
            raise Fault(message)

    def at_end(self) -> bool:
        return self.kind == END or (self.kind == ";" and self.ahead() == END)

    def expression(self, precedence: int = -1) -> None:
        self.unary()
        while precedence < _PRECEDENCE.get(self.kind, -1):
            operator = self.next()
            if operator in ("is", "is not"):
                self.type()
            elif operator in ("in", "not in") and self.of_choices():
                self.next()
                self.arguments()
                self.expect(")", "Expected RIGHT_PAREN")
            elif self.kind == END:
                raise Fault("Missing right-hand side expression of infix operator")
            else:
                self.expression(_PRECEDENCE[operator])
                if operator in ("between", "not between"):
                    self.upper_bound(_PRECEDENCE[operator])
                elif operator in ("like", "not like") and self.skip("escape"):
                    if self.at_end():
                        raise Fault("Expected expression after ESCAPE")
                    self.expression(_PRECEDENCE[operator])

    def of_choices(self) -> bool:
        return self.kind == "(" and self.ahead() not in ("select", "values")

    def upper_bound(self, precedence: int) -> None:
        self.expect("and", "Expected AND keyword")
        if self.at_end():
            raise Fault("Expected expression after AND")
        self.expression(precedence)

    def unary(self) -> None:
        if self.skip("not"):
            self.expression(_NOT)
        elif self.skip("+", "-"):
            self.unary()
        else:
            self.path()

    def path(self) -> None:
        self.term()
        while True:
            if self.skip("."):
                if not self.skip(NAME, QUOTED, "*"):
                    raise Fault("Invalid path dot component")
            elif self.skip("["):
                if not self.skip("*"):
                    self.expression()
                self.expect("]", "Expected RIGHT_BRACKET")
            else:
                return

    def simple_path(self) -> None:
        if not self.skip(*NAMES):
            raise Fault("Expected identifier for simple path")
        while True:
            if self.skip("."):
                if self.kind == "*":
                    raise Fault("Invalid path dot component for simple path")
                if not self.skip(*NAMES):
                    raise Fault("Invalid path dot component")
            elif self.skip("["):
                if self.skip("*"):
                    raise Fault("Invalid path component for simple path")
                self.expression()
                self.expect("]", "Expected RIGHT_BRACKET")
            else:
                return

    def term(self) -> None:
        kind = self.kind
        rule = self.rules.get(kind)
        if rule is not None:
            self.next()
            rule(self)
        elif kind in DML:
            self.change()
        elif kind in _OPERATORS:
            if kind != "@":
                raise Fault("Unexpected operator")
            self.next()
            if not self.skip(*NAMES):
                raise Fault("Identifier must follow @-operator")
        elif kind in _FUNCTIONS or kind in NAMES:
            self.next()
            if self.kind == "(":
                self.call()
            elif kind in _FUNCTIONS:
                raise Fault("Unexpected keyword")
        elif not self.skip("?", *_ATOMS):
            word = self.lexemes[self.place].word and kind not in _MARKS
            raise Fault("Unexpected keyword" if word else "Unexpected term")

    def call(self) -> None:
        name = self.lexemes[self.place - 1]
        self.next()
        if name.kind == "count" and self.skip("*"):
            self.expect(")", "Expected RIGHT_PAREN")
        elif self.kind == "*":
            raise Fault(f"{name.text}(*) is not allowed")
        elif name.kind == "count" and self.kind == ")":
            raise Fault("Aggregate functions are always unary")
        elif not self.skip(")"):
            self.arguments()
            self.expect(")", "Expected RIGHT_PAREN")

    def arguments(self) -> None:
        self.expression()
        while self.skip(","):
            self.expression()

    def group(self) -> None:
        self.arguments()
        self.expect(")", "Expected RIGHT_PAREN")

    def list_(self) -> None:
        if not self.skip("]"):
            self.arguments()
            self.expect("]", "Expected RIGHT_BRACKET")

    def bag(self) -> None:
        if not self.skip(">>"):
            self.arguments()
            self.expect(">>", "Expected RIGHT_DOUBLE_ANGLE_BRACKET")

    def struct(self) -> None:
        if self.skip("}"):
            return
        while True:
            self.expression()
            self.expect(":", "Expected COLON")
            self.expression()
            if not self.skip(","):
                break
        self.expect("}", "Expected RIGHT_CURLY")

    def type(self) -> None:
        if not self.skip(*_TYPES):
            raise Fault("Expected type name")
        if self.skip("("):
            self.group()

    def case(self) -> None:
        if self.kind != "when":
            self.expression()
        if self.kind != "when":
            raise Fault("Expected a WHEN clause in CASE")
        while self.skip("when"):
            self.expression()
            self.expect("then", "Expected THEN keyword")
            self.expression()
        if self.skip("else"):
            self.expression()
        self.expect("end", "Expected END keyword")

    def cast(self) -> None:
        self.expect("(", "Missing left parenthesis after CAST")
        self.expression()
        self.expect("as", "Expected AS")
        self.type()
        self.expect(")", "Expected RIGHT_PAREN")

    def values(self) -> None:
        while True:
            self.expect("(", "Expected LEFT_PAREN for row value constructor")
            self.group()
            if not self.skip(","):
                return

    @abstractmethod
    def change(self) -> None:
        """One INSERT, SET or REMOVE of a statement."""
