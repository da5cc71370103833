"""Document paths: reading them, and which may stand side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..model.rows import Item
from . import tree
from .refusal import Refused, undefined

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
MAX_PARTS = 32

Value = dict[str, Any]
"""An attribute value in wire form, e.g. {"S": "a"}."""

Environment = Mapping[str, Any]
"""What `#name` and `:value` stand for in one request."""

Getter = Callable[[Item, Environment], Value | None]

Parts = Sequence[str | int]
"""An attribute name, then names of map members and indexes of list elements."""


def resolve(path: tree.Path, environment: Environment) -> Parts:
    """The path with its names known."""
    return tuple(
        [environment[part.key] if isinstance(part, tree.Alias) else part for part in path.parts]
    )


def has_alias(path: tree.Path) -> bool:
    return any(isinstance(part, tree.Alias) for part in path.parts)


def path_text(parts: Parts) -> str:
    """As error messages show it: `[a, b, [0]]`."""
    shown = (part if isinstance(part, str) else f"[{part}]" for part in parts)
    return f"[{', '.join(shown)}]"


def getter(path: tree.Path) -> Getter:
    """Reads what is at `path`, or None."""
    if len(path.parts) == 1:
        head: Any = path.parts[0]
        if isinstance(head, tree.Alias):
            key = head.key
            return lambda item, environment: item.get(environment[key])
        return lambda item, environment: item.get(head)
    if has_alias(path):
        return lambda item, environment: read_path(item, resolve(path, environment))
    parts: Any = path.parts
    return lambda item, environment: read_path(item, parts)


def read_path(item: Item, parts: Parts) -> Value | None:
    """What is at `parts`, or None."""
    value: Value | None = {"M": item}
    for part in parts:
        if value is None:
            return None
        if isinstance(part, str):
            members = value.get("M")
            if members is None:
                return None
            value = members.get(part)
        else:
            elements = value.get("L")
            if elements is None or part >= len(elements):
                return None
            value = elements[part]
    return value


def resolve_disjoint(paths: Sequence[tree.Path], environment: Environment) -> list[Parts]:
    """All of `paths` with their names known. No path may be another's beginning, nor use as a list
    what another uses as a map.

    Raises Refused for the first fault, from the last path to the first as the service does it.
    """
    resolved: list[Parts] = []
    fault = None
    for path in reversed(paths):
        try:
            check_depth(path)
            resolved.append(resolve(path, environment))
        except KeyError as missing:
            fault = undefined(missing.args[0])
            break
        except Refused as refusal:
            fault = refusal
            break
    if len({parts[0] for parts in resolved}) != len(resolved):
        root = _Node(0)
        for number in range(len(resolved)):
            _enter(root, number, resolved)
    if fault is not None:
        raise fault
    resolved.reverse()
    return resolved


def check_depth(path: tree.Path) -> None:
    if len(path.parts) > MAX_PARTS:
        raise Refused(
            f"The document path has too many nesting levels; nesting levels: {len(path.parts)}"
        )


@dataclass(slots=True)
class _Node:
    """Where paths come through. Numbers are those of the first path that did so."""

    first: int
    ends: bool = False
    first_by_name: int | None = None
    first_by_index: int | None = None
    children: dict[str | int, _Node] = field(default_factory=dict)


def _enter(root: _Node, number: int, paths: Sequence[Parts]) -> None:
    node = root
    parts = paths[number]
    for part in parts:
        if node.ends:
            break
        if isinstance(part, str):
            other = node.first_by_index
            if node.first_by_name is None:
                node.first_by_name = number
        else:
            other = node.first_by_name
            if node.first_by_index is None:
                node.first_by_index = number
        if other is not None:
            raise _clash("conflict", parts, paths[other])
        child = node.children.get(part)
        if child is None:
            child = node.children[part] = _Node(number)
        node = child
    if node.first != number:
        raise _clash("overlap", parts, paths[node.first])
    node.ends = True


def _clash(what: str, one: Parts, two: Parts) -> Refused:
    return Refused(
        f"Two document paths {what} with each other; must remove or rewrite one of these paths; "
        f"path one: {path_text(one)}, path two: {path_text(two)}"
    )
