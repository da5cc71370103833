"""Projections: the parts of an item that some paths name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..model.rows import Item
from . import tree
from .cache import ProgramCache
from .parser import parse_projection
from .paths import Parts, Value, resolve_disjoint
from .placeholders import Placeholders
from .refusal import Refused, invalid

# Name or index -> what is wanted below it, None for all.
_Branch = dict[Any, Any]


class Projection:
    """`top_level_names` are the attributes it takes from, `nested_names` those it does not take
    whole.
    """

    __slots__ = ("_branch", "nested_names", "top_level_names")

    def __init__(self, paths: Sequence[Parts]) -> None:
        """`paths` are disjoint."""
        self._branch = _grow(paths)
        self.top_level_names = frozenset(self._branch)
        self.nested_names = frozenset(
            [name for name, branch in self._branch.items() if branch is not None]
        )

    def apply(self, item: Item) -> Item:
        """A new item of what is there; elements of one list keep their order and close up."""
        picked = {}
        for name, branch in self._branch.items():
            value = item.get(name)
            if value is not None:
                if branch is not None:
                    value = _pick(branch, value)
                    if value is None:
                        continue
                picked[name] = value
        return picked


class ProjectionProgram:
    """`made` is the projection itself, where it does not depend on the names of a request."""

    __slots__ = ("made", "paths", "uses")

    def __init__(self, parsed: tree.Projection) -> None:
        """Raises Refused when `made` is at fault."""
        self.paths = parsed.paths
        self.uses = [
            part.key for path in self.paths for part in path.parts if isinstance(part, tree.Alias)
        ]
        self.made = None if self.uses else Projection(resolve_disjoint(self.paths, {}))


def projection(text: str, placeholders: Placeholders) -> Projection:
    """Raises ValidationException."""
    try:
        program = programs.get(text)
        if program.made is not None:
            return program.made
        paths = resolve_disjoint(program.paths, placeholders.environment)
    except Refused as refusal:
        raise invalid("ProjectionExpression", refusal) from None
    placeholders.use(program.uses)
    return Projection(paths)


def _grow(paths: Iterable[Parts]) -> _Branch:
    root: _Branch = {}
    for parts in paths:
        branch = root
        for part in parts[:-1]:
            branch = branch.setdefault(part, {})
        branch[parts[-1]] = None
    return root


def _pick(branch: _Branch, value: Value) -> Value | None:
    """None when nothing of `branch` is there."""
    if "M" in value:
        members = value["M"]
        picked = {}
        for name in branch:
            found = _below(branch, name, members.get(name))
            if found is not None:
                picked[name] = found
        return {"M": picked} if picked else None
    if "L" in value and isinstance(next(iter(branch)), int):
        elements = value["L"]
        kept = []
        for index in sorted(branch):
            if index < len(elements):
                found = _below(branch, index, elements[index])
                if found is not None:
                    kept.append(found)
        return {"L": kept} if kept else None
    return None


def _below(branch: _Branch, part: str | int, value: Value | None) -> Value | None:
    below = branch[part]
    return value if value is None or below is None else _pick(below, value)


programs = ProgramCache(lambda text: ProjectionProgram(parse_projection(text)))
