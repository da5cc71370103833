"""ConditionExpression, FilterExpression and KeyConditionExpression: one grammar.

    condition := condition OR condition | condition AND condition | NOT condition | ( condition )
               | operand comparator operand | operand BETWEEN operand AND operand
               | operand IN ( operand, ... ) | call
    operand   := path | :value | call | ( operand )
    call      := function ( operand, ... )

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html

What is open is kept on a stack: a comparison waits for its right side, a parenthesis for its end.
An operand closes every comparison that waits for it; AND, OR, "," and ")" close conditions.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from . import tree
from .parser import CONDITION_FUNCTIONS, UPDATE_FUNCTIONS, Cursor, OpenCall
from .tokens import ALIAS, END, NAME, VALUE

_COMPARATORS = frozenset(("=", "<>", "<", "<=", ">", ">="))


@dataclass(slots=True)
class _Group:
    """`(`. `condition` says whether a condition may stand here, and not only an operand."""

    condition: bool


@dataclass(slots=True)
class _In:
    operand: tree.Operand
    choices: list[tree.Operand] = field(default_factory=list)


@dataclass(slots=True)
class _Comparison:
    operator: str
    left: tree.Operand


@dataclass(slots=True)
class _Between:
    operand: tree.Operand
    lower: tree.Operand | None = None


@dataclass(slots=True)
class _Not:
    pass


@dataclass(slots=True)
class _And:
    conditions: list[tree.Condition]


@dataclass(slots=True)
class _Or:
    conditions: list[tree.Condition]


_Open = _Group | OpenCall | _In | _Comparison | _Between | _Not | _And | _Or
_Done = tree.Operand | tree.Condition


class _ConditionParser(Cursor):
    tells_size = True

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.open: list[_Open] = []
        # Whether the last thing read is a pair of parentheses and nothing around it.
        self.grouped = False
        self.operand_start = 0

    def parse(self) -> tree.Condition:
        while True:
            done = self._after(self._operand())
            if done is not None:
                self.finish()
                return done

    def _operand(self) -> _Done:
        """Reads openers up to the first operand: returns it or the comparison it completes."""
        self.operand_start = self.token.start
        while True:
            kind = self.token.kind
            if kind == "(":
                self.open.append(_Group(self._may_be_condition()))
                self.advance()
            elif kind == "NOT" and self._may_be_condition():
                self.open.append(_Not())
                self.operators += 1
                self.advance()
            elif self.at_call():
                function = self.function(CONDITION_FUNCTIONS, UPDATE_FUNCTIONS, "a condition")
                self.open.append(OpenCall(function))
            elif kind == VALUE:
                return self._complete(self.value())
            elif kind in (NAME, ALIAS):
                return self._complete(self.path())
            else:
                raise self.syntax_error()

    def _after(self, done: _Done) -> tree.Condition | None:
        """Reads what follows `done` until an operand must come (None), or the end."""
        while True:
            kind = self.token.kind
            top = self.open[-1] if self.open else None
            if kind == ")":
                done = self._close(done)
            elif kind == "," and isinstance(top, OpenCall | _In) and isinstance(done, tree.Operand):
                self.advance()
                (top.arguments if isinstance(top, OpenCall) else top.choices).append(done)
                return None
            elif kind == "AND" and isinstance(top, _Between) and isinstance(done, tree.Operand):
                self.advance()
                top.lower = done
                return None
            elif kind in ("AND", "OR"):
                self._join(kind, done)
                return None
            elif kind == END:
                condition = self._fold(done)
                if self.open:
                    raise self.syntax_error()
                return condition
            else:
                self._compare(kind, done)
                return None

    def _compare(self, kind: str, left: _Done) -> None:
        if not isinstance(left, tree.Operand) or not self._may_be_condition():
            raise self.syntax_error()
        if kind in _COMPARATORS:
            self.advance()
            self.open.append(_Comparison(kind, left))
        elif kind == "BETWEEN":
            self.advance()
            self.open.append(_Between(left))
        elif kind == "IN":
            self.advance()
            self.expect("(")
            self.open.append(_In(left))
        else:
            raise self.syntax_error()
        self.operators += 1

    def _complete(self, operand: tree.Operand) -> _Done:
        """Gives `operand` to the comparison that waits for it, if one does."""
        self.grouped = False
        top = self.open[-1] if self.open else None
        if isinstance(top, _Comparison):
            self.open.pop()
            self._check_use(top.left, operand)
            return tree.Comparison(top.operator, top.left, operand)
        if isinstance(top, _Between) and top.lower is not None:
            self.open.pop()
            self._check_use(top.operand, top.lower, operand)
            return tree.Between(top.operand, top.lower, operand)
        return operand

    def _close(self, done: _Done) -> _Done:
        """At ")"."""
        top = self.open[-1] if self.open else None
        if isinstance(top, OpenCall | _In) and isinstance(done, tree.Operand):
            self.advance()
            self.open.pop()
            if isinstance(top, OpenCall):
                top.arguments.append(done)
                self._check_use(*top.arguments)
                return self._complete(self.call(top.function, top.arguments))
            self.grouped = False
            top.choices.append(done)
            self._check_use(top.operand, *top.choices)
            return tree.In(top.operand, tuple(top.choices))
        if not isinstance(top, _Group) or not isinstance(done, tree.Operand):
            condition = self._fold(done)
            self.grouped = self.grouped and condition is done
            done = condition
            top = self.open[-1] if self.open else None
        if not isinstance(top, _Group):
            raise self.syntax_error()
        if self.grouped:
            self.grouped_twice()
        self.advance()
        self.open.pop()
        if isinstance(done, tree.Operand):
            done = self._complete(done)
            self.grouped = isinstance(done, tree.Operand)
        else:
            self.grouped = True
        return done

    def _join(self, kind: str, done: _Done) -> None:
        """At AND or OR between two conditions."""
        condition = self._condition(done)
        if not self._may_be_condition():
            raise self.syntax_error()
        self.advance()
        self.operators += 1
        if kind == "AND":
            if self.open and isinstance(top := self.open[-1], _And):
                top.conditions.append(condition)
            else:
                self.open.append(_And([condition]))
            return
        condition = self._close_and(condition)
        if self.open and isinstance(top := self.open[-1], _Or):
            top.conditions.append(condition)
        else:
            self.open.append(_Or([condition]))

    def _fold(self, done: _Done) -> tree.Condition:
        """Closes NOT, AND and OR down to the parenthesis or the beginning."""
        condition = self._close_and(self._condition(done))
        if self.open and isinstance(top := self.open[-1], _Or):
            self.open.pop()
            return tree.Or((*top.conditions, condition))
        return condition

    def _close_and(self, condition: tree.Condition) -> tree.Condition:
        if self.open and isinstance(top := self.open[-1], _And):
            self.open.pop()
            return tree.And((*top.conditions, condition))
        return condition

    def _condition(self, done: _Done) -> tree.Condition:
        """`done` with the NOTs before it, if it can be a condition."""
        if isinstance(done, tree.Call):
            if done.function == "size":
                self.misused(done)
        elif isinstance(done, tree.Operand):
            raise self.syntax_error(min(self.operand_start, self.undecided_from()))
        while self.open and isinstance(self.open[-1], _Not):
            self.open.pop()
            done = tree.Not(done)
        return done

    def _may_be_condition(self) -> bool:
        if not self.open:
            return True
        top = self.open[-1]
        return top.condition if isinstance(top, _Group) else isinstance(top, _And | _Or | _Not)

    def _check_use(self, *operands: tree.Operand) -> None:
        for operand in operands:
            if isinstance(operand, tree.Call) and operand.function != "size":
                self.misused(operand)


def parse_condition(text: str) -> tree.Condition:
    return _ConditionParser(text).parse()
