"""A tree is compiled once into functions of an item and an environment, and cached so.

To bind them to a request then takes no more than to look whether its names and values are there
and of types that the expression can use.
"""

from __future__ import annotations

from collections.abc import Callable

from ..values.compare import type_of
from . import tree
from .paths import (
    MAX_PARTS,
    Environment,
    Getter,
    Value,
    check_depth,
    getter,
    has_alias,
    path_text,
    resolve,
)
from .placeholders import Placeholders
from .refusal import Refused, undefined

Check = Callable[[Environment], None]
"""Raises Refused."""


class Operand:
    """A compiled operand: a path, a `:value`, a literal or something computed.

    `get` reads it from an item. `kind` is its datatype where the tree alone tells it.
    """

    __slots__ = ("get", "key", "kind", "literal", "path")

    def __init__(
        self,
        get: Getter,
        *,
        kind: str | None = None,
        path: tree.Path | None = None,
        key: str | None = None,
        literal: Value | None = None,
    ) -> None:
        self.get = get
        self.kind = kind
        self.path = path
        self.key = key
        self.literal = literal

    @property
    def is_constant(self) -> bool:
        return self.key is not None or self.literal is not None

    def constant(self, environment: Environment) -> Value | None:
        """What it is whatever the item, None if that depends."""
        return self.literal if self.key is None else environment[self.key]

    def kind_in(self, environment: Environment) -> str | None:
        """Its datatype where the request alone tells it."""
        return self.kind if self.key is None else type_of(environment[self.key])


class Program:
    """What a tree asks of a request.

    `heads`: the top-level names of its paths, or the aliases of them. `nested_heads`: those of
    paths that go deeper.
    """

    __slots__ = ("_checks", "_steps", "_uses", "heads", "nested_heads")

    def __init__(self) -> None:
        self._uses: set[str] = set()
        self._checks: list[Check] = []
        self._steps: list[str | Check] = []
        self.heads: set[str | tree.Alias] = set()
        self.nested_heads: set[str | tree.Alias] = set()

    def bind(self, placeholders: Placeholders) -> Environment:
        """The names and values of a request that this tree can be used with. Raises Refused."""
        environment = placeholders.environment
        if not self._uses <= environment.keys():
            self._refuse(environment)
        for check in self._checks:
            check(environment)
        placeholders.use(self._uses)
        return environment

    def _refuse(self, environment: Environment) -> None:
        """Something is not defined: goes through all in the order of the text."""
        for step in self._steps:
            if not isinstance(step, str):
                step(environment)
            elif step not in environment:
                raise undefined(step)

    def path(self, path: tree.Path) -> Operand:
        if len(path.parts) > MAX_PARTS:
            self.check(lambda environment: check_depth(path))
        head = path.parts[0]
        assert not isinstance(head, int)
        self.heads.add(head)
        if len(path.parts) > 1:
            self.nested_heads.add(head)
        for part in path.parts:
            if isinstance(part, tree.Alias):
                self._use(part.key)
        return Operand(getter(path), path=path)

    def value(self, operand: tree.ValueRef | tree.Literal) -> Operand:
        if isinstance(operand, tree.ValueRef):
            key = operand.key
            self._use(key)
            return Operand(lambda item, environment: environment[key], key=key)
        value = operand.value
        return Operand(lambda item, environment: value, kind=type_of(value), literal=value)

    def check(self, check: Check) -> None:
        self._checks.append(check)
        self._steps.append(check)

    def fault(self, message: str) -> None:
        """A fault of the tree, whatever the request."""

        def refuse(environment: Environment) -> None:
            raise Refused(message)

        self.check(refuse)

    def require_type(self, operator: str, operand: Operand, allowed: frozenset[str]) -> None:
        """A fault where `operand` is known to be of another type than `allowed`."""
        if operand.kind is None and operand.key is None:
            return

        def check(environment: Environment) -> None:
            kind = operand.kind_in(environment)
            if kind not in allowed:
                raise wrong_type(operator, kind)

        self.check(check)

    def require_path(self, function: str, operand: Operand) -> tree.Path | None:
        if operand.path is None:
            self.fault(
                f"Operator or function requires a document path; operator or function: {function}"
            )
        return operand.path

    def require_count(self, call: tree.Call, count: int) -> bool:
        """Whether `call` has `count` operands, a fault if not."""
        if len(call.arguments) == count:
            return True
        self.fault(
            "Incorrect number of operands for operator or function; operator or function: "
            f"{call.function}, number of operands: {len(call.arguments)}"
        )
        return False

    def require_distinct(self, operator: str, first: Operand, *others: Operand) -> None:
        """A fault where `first` is the same path as another operand."""
        path = first.path
        rivals = [other.path for other in others if other.path is not None]
        if path is None or not rivals:
            return
        if not has_alias(path) and not any(map(has_alias, rivals)) and path not in rivals:
            return

        def check(environment: Environment) -> None:
            parts = resolve(path, environment)
            if any(resolve(rival, environment) == parts for rival in rivals):
                raise Refused(
                    "The first operand must be distinct from the remaining operands for this "
                    f"operator or function; operator: {operator}, "
                    f"first operand: {path_text(parts)}"
                )

        self.check(check)

    def _use(self, key: str) -> None:
        self._uses.add(key)
        self._steps.append(key)


def names_of(heads: set[str | tree.Alias], environment: Environment) -> frozenset[str]:
    return frozenset([head if isinstance(head, str) else environment[head.key] for head in heads])


def wrong_type(operator: str, kind: str | None) -> Refused:
    return Refused(
        "Incorrect operand type for operator or function; "
        f"operator or function: {operator}, operand type: {kind}"
    )
