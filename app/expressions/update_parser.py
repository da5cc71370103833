"""UpdateExpression.

    update  := section ...                        each of the four at most once, in any order
    section := SET path = sum, ... | REMOVE path, ...
             | ADD path :value, ... | DELETE path :value, ...
    sum     := operand | operand + operand | operand - operand | ( sum )
    operand := path | :value | function ( operand, ... ) | ( operand )

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import tree
from .parser import CONDITION_FUNCTIONS, UPDATE_FUNCTIONS, Cursor, OpenCall
from .tokens import ALIAS, END, NAME, VALUE


@dataclass(slots=True)
class _Sum:
    """The right of a SET or what is in a parenthesis. `whole` says whether it may hold a + or -."""

    whole: bool
    left: tree.Operand | None = None
    operator: str = ""


class _UpdateParser(Cursor):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.open: list[_Sum | OpenCall] = []

    def parse(self) -> tree.Update:
        parsers: dict[str, Callable[[], tree.Action]] = {
            "SET": self._assign,
            "REMOVE": self._remove,
            "ADD": self._add,
            "DELETE": self._delete,
        }
        actions: list[tree.Action] = []
        seen = set()
        while True:
            kind = self.token.kind
            if kind not in parsers:
                raise self.syntax_error()
            self.advance()
            actions.append(parsers[kind]())
            while self.token.kind == ",":
                self.advance()
                actions.append(parsers[kind]())
            if kind in seen:
                # What is wrong within the section comes before.
                self.fault(
                    self.token.start,
                    f'The "{kind}" section can only be used once in an update expression;',
                )
            seen.add(kind)
            if self.token.kind == END:
                self.finish()
                return tree.Update(tuple(actions))

    def _assign(self) -> tree.Assign:
        path = self.path()
        self.expect("=")
        return tree.Assign(path, self._sum())

    def _remove(self) -> tree.Remove:
        return tree.Remove(self.path())

    def _add(self) -> tree.Add:
        return tree.Add(self.path(), self.value())

    def _delete(self) -> tree.Delete:
        return tree.Delete(self.path(), self.value())

    def _sum(self) -> tree.Operand:
        """A stack of the sums and calls that are open, innermost last, in place of recursion."""
        self.open = [_Sum(whole=True)]
        while True:
            operand = self._operand()
            grouped = False
            while True:
                top = self.open[-1]
                if isinstance(top, _Sum):
                    if top.left is not None:
                        grouped = False
                        self._check_inner(top.left)
                        self._check_inner(operand)
                        operand = tree.Arithmetic(top.operator, top.left, operand)
                    elif self._at_operator(top, operand):
                        top.left = operand
                        top.operator = self.advance().kind
                        self.operators += 1
                        break
                    if len(self.open) == 1:
                        return operand
                    if grouped and self.token.kind == ")":
                        self.grouped_twice()
                    self.expect(")")
                    grouped = True
                else:
                    self._check_inner(operand)
                    top.arguments.append(operand)
                    if self.token.kind == ",":
                        self.advance()
                        break
                    self.expect(")")
                    operand = self.call(top.function, top.arguments)
                    grouped = False
                self.open.pop()

    def _at_operator(self, top: _Sum, operand: tree.Operand) -> bool:
        may = top.whole and not isinstance(operand, tree.Arithmetic)
        return may and self.token.kind in ("+", "-")

    def _operand(self) -> tree.Operand:
        """Reads openers up to the first path or value, and returns that."""
        while True:
            kind = self.token.kind
            if kind == "(":
                self.advance()
                top = self.open[-1]
                self.open.append(_Sum(isinstance(top, _Sum) and top.whole and top.left is None))
            elif self.at_call():
                function = self.function(UPDATE_FUNCTIONS, CONDITION_FUNCTIONS, "an update")
                self.open.append(OpenCall(function))
            elif kind == VALUE:
                return self.value()
            elif kind in (NAME, ALIAS):
                return self.path()
            else:
                raise self.syntax_error()

    def _check_inner(self, operand: tree.Operand) -> None:
        """A list_append may only be all that is set."""
        if isinstance(operand, tree.Call) and operand.function == "list_append":
            self.misused(operand)


def parse_update(text: str) -> tree.Update:
    return _UpdateParser(text).parse()
