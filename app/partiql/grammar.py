"""What PartiQL's own grammar says of a statement that it does not take.

DynamoDB parses a statement by PartiQL's grammar, which is far wider than what it executes, and
tells the parser's words: so a statement that is refused is parsed once more here, for them alone.
https://partiql.org/dql/overview.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from .grammar_expressions import DML, NAMES, SELECT, Expressions, Fault
from .lexemes import lexemes
from .tokens import ION, NUMBER, STRING

_JOINS = frozenset(
    f"{side}join" for side in ("", "inner ", "left ", "right ", "full ", "outer ")
) | {"left outer join", "right outer join", "full outer join"}
_ALIAS = "Expected identifier for {}-alias"
_RETURNING = "Expected ( MODIFIED | ALL ) ( NEW | OLD ) in each returning element."
_LONE_STAR = (
    "Other expressions may not be present in the select list when '*' is used without dot notation."
)


def fault(text: str) -> str | None:
    """What is wrong with the syntax of a statement; None if nothing is."""
    found = lexemes(text)
    if found is None:
        # That lexer's faults have no words.
        return ""
    grammar = _Statements(found)
    try:
        grammar.statement()
    except Fault as fault:
        return str(fault)
    except RecursionError:
        return "Unexpected term"
    return None


class _Statements(Expressions):
    def statement(self) -> None:
        self.expression()
        if self.at_end():
            return
        if self.kind == ";":
            raise Fault("Unexpected token after semicolon. (Only one query is allowed.)")
        raise Fault("Unexpected token after expression")

    def select(self) -> None:
        self.skip("distinct", "all")
        if self.skip("value"):
            self.expression()
        else:
            self.columns()
        self.expect("from", "Expected FROM after SELECT list")
        self.source()
        if self.skip("where"):
            self.expression(SELECT)
        if self.skip("order"):
            self.expect("by", "Expected BY")
            self.order()
        if self.skip("group"):
            self.skip("partial")
            self.expect("by", "Expected BY")
            while True:
                self.expression(SELECT)
                self.alias()
                if not self.skip(","):
                    break
        for clause in ("having", "limit"):
            if self.skip(clause):
                self.expression(SELECT)

    def columns(self) -> None:
        count = stars = 0
        while True:
            count += 1
            if self.skip("*"):
                stars += 1
            else:
                self.expression()
                self.alias()
            if not self.skip(","):
                break
        if stars and count > 1:
            raise Fault(_LONE_STAR)

    def order(self) -> None:
        while True:
            self.expression()
            self.skip("asc", "desc")
            if not self.skip(","):
                return

    def source(self) -> None:
        self.one_source()
        while True:
            join = self.kind
            if join in _JOINS:
                self.next()
                self.one_source()
                self.expect("on", "Expected 'ON'")
                self.expression(SELECT)
            elif self.skip(",") or (join.endswith("cross join") and self.skip(join)):
                self.one_source()
            else:
                return

    def one_source(self) -> None:
        if self.kind == "(" and self.ahead() not in (STRING, NUMBER, ION, "select"):
            self.next()
            self.source()
            self.expect(")", "Expected RIGHT_PAREN")
        else:
            self.skip("unpivot")
            self.expression(SELECT)
        self.aliases()

    def alias(self, word: str = "as") -> None:
        if self.skip(word):
            if not self.skip(*NAMES):
                raise Fault(_ALIAS.format(word.upper()))
        elif word == "as":
            self.skip(*NAMES)

    def aliases(self) -> None:
        for word in ("as", "at", "by"):
            self.alias(word)

    def from_(self) -> None:
        self.source()
        self.where()
        self.changes()
        self.returning()

    def where(self) -> None:
        if self.skip("where"):
            self.expression()

    def changes(self) -> None:
        if self.kind not in DML:
            raise Fault("Expected data manipulation")
        while self.kind in DML:
            self.change()

    def change(self) -> None:
        kind = self.next()
        if kind == "insert into":
            self.insert()
        elif kind == "remove":
            self.simple_path()
        else:
            while True:
                self.simple_path()
                self.expect("=", "Expected '='")
                self.expression()
                if not self.skip(","):
                    return

    def insert(self) -> None:
        self.simple_path()
        value = self.skip("value")
        self.expression()
        if not value:
            return
        if self.skip("at"):
            self.expression()
        if self.skip("on conflict"):
            self.expect("where", "invalid ON CONFLICT syntax")
            self.expression()
            self.expect("do nothing", "invalid ON CONFLICT syntax")
        self.returning()

    def update(self) -> None:
        self.simple_path()
        self.aliases()
        self.changes()
        self.where()
        self.returning()

    def delete(self) -> None:
        self.expect("from", "Expected FROM after DELETE")
        self.simple_path()
        self.aliases()
        self.where()
        self.returning()

    def returning(self) -> None:
        if not self.skip("returning"):
            return
        while True:
            if not self.skip("modified old", "modified new", "all old", "all new"):
                raise Fault(_RETURNING)
            if not self.skip("*"):
                self.expression()
            if not self.skip(","):
                return

    def create(self) -> None:
        if not self.skip("index"):
            self.defined("CREATE")
            return
        self.expect("on", "Expected 'ON'")
        self.identifier()
        self.expect("(", "Expected LEFT_PAREN")
        self.group()

    def drop(self) -> None:
        if not self.skip("index"):
            self.defined("DROP")
            return
        self.identifier()
        self.expect("on", "Expected 'ON'")
        self.identifier()

    def exec(self) -> None:
        if not self.skip(*NAMES):
            raise Fault("No stored procedure provided")
        if not self.at_end():
            self.arguments()

    def defined(self, verb: str) -> None:
        if not self.skip("table"):
            raise Fault(f"Unexpected token following {verb}")
        self.identifier()
        if not self.at_end():
            raise Fault(f"Unexpected tokens after {verb} statement!")

    def identifier(self) -> None:
        if not self.skip(*NAMES):
            raise Fault("Expected identifier!")

    rules: ClassVar[dict[str, Callable[[Any], None]]] = {
        "(": Expressions.group,
        "[": Expressions.list_,
        "<<": Expressions.bag,
        "{": Expressions.struct,
        "case": Expressions.case,
        "cast": Expressions.cast,
        "create": create,
        "delete": delete,
        "drop": drop,
        "exec": exec,
        "from": from_,
        "select": select,
        "update": update,
        "values": Expressions.values,
    }
