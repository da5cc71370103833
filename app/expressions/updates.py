"""Updates: compiled once, bound to names and values, then applied to an old item to make the new.

All operands read the old item. A list keeps its old indexes until everything is set; then what was
set past its end is appended in order of index, and what was removed closes up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from .. import errors
from ..model.rows import Item
from ..values.wire import check_nesting
from . import tree
from .cache import ProgramCache
from .compiling import Program, names_of
from .paths import Environment, Getter, Parts, Value, resolve_disjoint
from .placeholders import Placeholders
from .projections import Projection
from .refusal import Refused, invalid
from .update_parser import parse_update
from .update_values import (
    added,
    assigned,
    deleted,
    require_operand,
    type_mismatch,
    wrong_data_type,
)

# Name or index -> a Getter of the new value (None to remove it), or what to do below it.
_Branch = dict[str | int, "Getter | _Branch"]


class UpdateProgram(Program):
    """`legacy`: it was AttributeUpdates, which checked its operands itself (ADD may take a list),
    and which has its own message for an attribute of the wrong type.
    """

    __slots__ = ("getters", "legacy", "only_removes", "paths", "reads_item", "removes")

    def __init__(self, parsed: tree.Update, *, legacy: bool = False) -> None:
        super().__init__()
        self.legacy = legacy
        self.paths = [action.path for action in parsed.actions]
        self.removes = [isinstance(action, tree.Remove) for action in parsed.actions]
        self.reads_item = False
        self.only_removes = bool(parsed.actions)
        targets = [self.path(path).get for path in self.paths]
        self.getters: list[Getter] = []
        # The service looks at the operands of the last action first.
        for action, target in zip(reversed(parsed.actions), reversed(targets), strict=True):
            self.getters.insert(0, self._change(action, target, legacy))

    def _change(self, action: tree.Action, target: Getter, legacy: bool) -> Getter:
        """What makes the new value, None to remove it."""
        reads = len(action.path.parts) > 1
        change: Getter = _nothing
        if isinstance(action, tree.Assign):
            operand = assigned(action.value, self)
            change = operand.get
            reads = reads or not operand.is_constant
            self.only_removes = False
        elif not isinstance(action, tree.Remove):
            operand = self.value(action.value)
            if not legacy:
                require_operand(action, operand, self)
            combine = added if isinstance(action, tree.Add) else deleted
            change = combine(target, operand.get, type_mismatch if legacy else wrong_data_type)
            reads = True
            self.only_removes = self.only_removes and isinstance(action, tree.Delete)
        self.reads_item = self.reads_item or reads
        return change


class Update:
    """A pure function of the old item, to be called any number of times.

    `paths`: top-level names of the attributes it changes, in order.
    `nested_names`: attributes it changes or reads deeper than the top level.
    `reads_item`: False when the outcome for these attributes is the same whatever the item was.
    `only_removes`: nothing but REMOVE and DELETE; such an update of an absent item makes none.
    `legacy`: it was AttributeUpdates.
    """

    __slots__ = (
        "_changes",
        "_environment",
        "_parts",
        "_program",
        "legacy",
        "only_removes",
        "paths",
        "reads_item",
    )

    def __init__(
        self, program: UpdateProgram, parts: Sequence[Parts], environment: Environment
    ) -> None:
        """`parts` are the program's paths with their names known."""
        self._program = program
        self._parts = parts
        self._changes = _grow(zip(parts, program.getters, strict=True))
        self._environment = environment
        self.paths = tuple(cast(dict[str, object], self._changes))
        self.legacy = program.legacy
        self.reads_item = program.reads_item
        self.only_removes = program.only_removes

    def apply(self, item: Item) -> Item:
        """The new item; values that do not change are shared with the old one.

        Raises ValidationException where the item is not as the update needs it.
        """
        return _changed_map(self._changes, item, item, self._environment, 1)

    def old_values(self, item: Item) -> Item:
        """What UPDATED_OLD returns of the old item."""
        return Projection(self._parts).apply(item)

    def new_values(self, item: Item) -> Item:
        """What UPDATED_NEW returns of the new item: nothing of what was removed, though another
        element may have its index now."""
        removes = self._program.removes
        left = [parts for parts, gone in zip(self._parts, removes, strict=True) if not gone]
        return Projection(left).apply(item)

    @property
    def nested_names(self) -> frozenset[str]:
        return names_of(self._program.nested_heads, self._environment)


def update(text: str, placeholders: Placeholders) -> Update:
    """Raises ValidationException."""
    try:
        return bind_update(programs.get(text), placeholders)
    except Refused as refusal:
        raise invalid("UpdateExpression", refusal) from None


def bind_update(program: UpdateProgram, placeholders: Placeholders) -> Update:
    """Raises Refused."""
    # All paths come before all operands.
    parts = resolve_disjoint(program.paths, placeholders.environment)
    return Update(program, parts, program.bind(placeholders))


def _nothing(item: Item, environment: Environment) -> None:
    return None


def _grow(changes: Iterable[tuple[Parts, Getter]]) -> _Branch:
    root: _Branch = {}
    for parts, change in changes:
        branch = root
        for part in parts[:-1]:
            below = branch.setdefault(part, {})
            assert isinstance(below, dict)
            branch = below
        branch[parts[-1]] = change
    return root


def _changed(
    branch: _Branch, old: Value | None, item: Item, environment: Environment, level: int
) -> Value:
    """`old` with the changes of `branch`, as a new value; `level` of nesting is that of its
    members."""
    if old is not None:
        by_index = isinstance(next(iter(branch)), int)
        if by_index and "L" in old:
            return {"L": _changed_list(branch, old["L"], item, environment, level)}
        if not by_index and "M" in old:
            return {"M": _changed_map(branch, old["M"], item, environment, level)}
    raise errors.validation(
        "The document path provided in the update expression is invalid for update"
    )


def _changed_map(
    branch: _Branch, old: Item, item: Item, environment: Environment, level: int
) -> Item:
    new = old.copy()
    for name, change in cast(dict[str, "Getter | _Branch"], branch).items():
        if isinstance(change, dict):
            new[name] = _changed(change, old.get(name), item, environment, level + 1)
            continue
        value = change(item, environment)
        if value is not None:
            if "M" in value or "L" in value:
                check_nesting(value, level)
            new[name] = value
        else:
            new.pop(name, None)
    return new


def _changed_list(
    branch: _Branch, old: list[Value], item: Item, environment: Environment, level: int
) -> list[Value]:
    new = old.copy()
    removed = []
    for index in sorted(cast(dict[int, "Getter | _Branch"], branch)):
        change = branch[index]
        if isinstance(change, dict):
            there = old[index] if index < len(old) else None
            # Raises when it is not there.
            new[index] = _changed(change, there, item, environment, level + 1)
            continue
        value = change(item, environment)
        if value is None:
            removed.append(index)
            continue
        if "M" in value or "L" in value:
            check_nesting(value, level)
        if index < len(old):
            new[index] = value
        else:
            new.append(value)
    for index in reversed(removed):
        if index < len(old):
            del new[index]
    return new


programs = ProgramCache(lambda text: UpdateProgram(parse_update(text)))
