"""Expressions at random, with the names and values they use; sound ones mostly."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

Value = dict[str, Any]

NAMES = ("a", "b", "c", "d")
TYPES = ("S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M")
_TEXTS = ("a", "ab", "b", "abc", "é", "")
# Canonical, as DynamoDB Local leaves those inside documents as they are.
_NUMBERS = ("0", "1", "-1", "2", "10", "1.5", "-0.5", "100", "123456789012345678")
_BYTES = tuple(base64.b64encode(data).decode() for data in (b"a", b"ab", b"\xff", b"\x00\x01"))

texts = st.sampled_from(_TEXTS)
numbers = st.sampled_from(_NUMBERS)
binaries = st.sampled_from(_BYTES)

scalars: st.SearchStrategy[Value] = st.one_of(
    st.builds(lambda text: {"S": text}, texts),
    st.builds(lambda number: {"N": number}, numbers),
    st.builds(lambda data: {"B": data}, binaries),
    st.builds(lambda flag: {"BOOL": flag}, st.booleans()),
    st.just({"NULL": True}),
)
sets: st.SearchStrategy[Value] = st.one_of(
    st.builds(
        lambda members: {"SS": members},
        st.lists(st.sampled_from(_TEXTS[:-1]), min_size=1, max_size=3, unique=True),
    ),
    st.builds(
        lambda members: {"NS": members},
        st.lists(st.sampled_from(("0", "1", "2", "-1")), min_size=1, max_size=3, unique=True),
    ),
    st.builds(
        lambda members: {"BS": members},
        st.lists(binaries, min_size=1, max_size=3, unique=True),
    ),
)
values: st.SearchStrategy[Value] = st.recursive(
    st.one_of(scalars, sets),
    lambda inner: st.one_of(
        st.builds(lambda members: {"L": members}, st.lists(inner, max_size=3)),
        st.builds(
            lambda members: {"M": members},
            st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
        ),
    ),
    max_leaves=6,
)
attributes = st.dictionaries(st.sampled_from(NAMES), values, max_size=4)


@dataclass
class Uses:
    """What the expressions of one request use."""

    names: dict[str, str] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)

    def value(self, value: Value) -> str:
        key = f":v{len(self.values)}"
        self.values[key] = value
        return key

    def name(self, name: str) -> str:
        key = f"#n{len(self.names)}"
        self.names[key] = name
        return key

    def members(self) -> dict[str, Any]:
        """The members of a request."""
        found: dict[str, Any] = {}
        if self.names:
            found["ExpressionAttributeNames"] = self.names
        if self.values:
            found["ExpressionAttributeValues"] = self.values
        return found


class Maker:
    """Draws expressions; `uses` collects what they need."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self.uses = Uses()

    def one_of(self, *choices: str) -> str:
        return self._draw(st.sampled_from(choices))

    def path(self) -> str:
        name = self.one_of(*NAMES)
        if self._draw(st.integers(0, 4)) == 0:
            name = self.uses.name(name)
        for _ in range(self._draw(st.sampled_from((0, 0, 0, 1, 2)))):
            name += self.one_of(".a", ".b", "[0]", "[1]", "[7]")
        return name

    def constant(self, strategy: st.SearchStrategy[Value] = values) -> str:
        return self.uses.value(self._draw(strategy))

    def operand(self) -> str:
        kind = self.one_of("path", "path", "value", "value", "size")
        if kind == "path":
            return self.path()
        return self.constant() if kind == "value" else f"size({self.path()})"

    def condition(self, depth: int = 2) -> str:
        kinds = ("compare", "compare", "between", "in", "exists", "type", "begins", "contains")
        if depth:
            kinds += ("and", "or", "not", "parens")
        match self.one_of(*kinds):
            case "compare":
                operator = self.one_of("=", "<>", "<", "<=", ">", ">=")
                return f"{self.operand()} {operator} {self.operand()}"
            case "between":
                low, high = self.constant(scalars), self.constant(scalars)
                return f"{self.operand()} BETWEEN {low} AND {high}"
            case "in":
                choices = [self.constant() for _ in range(self._draw(st.integers(1, 3)))]
                return f"{self.operand()} IN ({', '.join(choices)})"
            case "exists":
                return f"{self.one_of('attribute_exists', 'attribute_not_exists')}({self.path()})"
            case "type":
                wanted = self.uses.value({"S": self.one_of(*TYPES)})
                return f"attribute_type({self.path()}, {wanted})"
            case "begins":
                return f"begins_with({self.path()}, {self.constant(scalars)})"
            case "contains":
                return f"contains({self.path()}, {self.constant()})"
            case "not":
                return f"NOT {self.condition(depth - 1)}"
            case "parens":
                return f"({self.condition(depth - 1)})"
            case joint:
                return f"{self.condition(depth - 1)} {joint.upper()} {self.condition(depth - 1)}"

    def update(self) -> str:
        others = self._draw(
            st.lists(st.sampled_from(("REMOVE", "ADD", "DELETE")), max_size=2, unique=True)
        )
        # Whether an item is made by an update that only takes away is a difference of its own.
        sections = self._draw(st.permutations(["SET", *others]))
        return " ".join(
            f"{section} " + ", ".join(self._action(section) for _ in range(self._few()))
            for section in sections
        )

    def _few(self) -> int:
        return self._draw(st.sampled_from((1, 1, 1, 2, 3)))

    def _action(self, section: str) -> str:
        path = self.path()
        if section == "REMOVE":
            return path
        if section == "ADD":
            return f"{path} {self.constant(st.one_of(sets, scalars))}"
        if section == "DELETE":
            return f"{path} {self.constant(sets)}"
        return f"{path} = {self._assigned()}"

    def _assigned(self) -> str:
        match self.one_of("value", "value", "path", "sum", "default", "append"):
            case "value":
                return self.constant()
            case "path":
                return self.path()
            case "sum":
                number = st.builds(lambda text: {"N": text}, numbers)
                return f"{self.path()} {self.one_of('+', '-')} {self.constant(number)}"
            case "default":
                return f"if_not_exists({self.path()}, {self.constant()})"
            case _:
                lists = st.builds(lambda found: {"L": found}, st.lists(scalars, max_size=2))
                return f"list_append({self.path()}, {self.constant(lists)})"

    def projection(self) -> str:
        return ", ".join(self.path() for _ in range(self._few()))
