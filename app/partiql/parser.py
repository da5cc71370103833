"""Statement text -> Statement.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.statements.html
"""

from __future__ import annotations

from .. import errors
from ..expressions import tree
from ..expressions.cache import ProgramCache
from ..expressions.paths import path_text
from ..expressions.updates import UpdateProgram
from .conditions import assigned, path, where
from .cursor import Cursor
from .statements import Column, Delete, Exists, Insert, Order, Select, Statement, Update
from .tokens import END, NAME, QUOTED
from .values import item

_ALIAS = "Aliasing is not supported"
_UNSUPPORTED = {"create": "CreateTable", "drop": "DropTable"}


def parse(text: str) -> Statement:
    """Cached by text. Raises ValidationException."""
    return programs.get(text)


def _parse(text: str) -> Statement:
    cursor = Cursor(text)
    statement = _statement(cursor)
    cursor.skip(";")
    if cursor.token.kind != END:
        raise cursor.malformed()
    return statement


def _statement(cursor: Cursor) -> Statement:
    if cursor.skip("select"):
        return _select(cursor)
    if cursor.skip("insert", "into"):
        return _insert(cursor)
    if cursor.skip("update"):
        return _update(cursor)
    if cursor.skip("delete", "from"):
        return _delete(cursor)
    if cursor.skip("exists", "("):
        cursor.expect("select")
        select = _select(cursor)
        cursor.expect(")")
        return Exists(select, cursor.parameters)
    operation = _UNSUPPORTED.get(cursor.token.kind)
    if operation is not None:
        raise errors.validation(f"Unsupported operation: {operation}")
    if cursor.token.kind == NAME and cursor.behind.kind == END:
        raise errors.validation("Unsupported operation: VariableReference")
    raise cursor.malformed()


def _select(cursor: Cursor) -> Select:
    columns = _columns(cursor)
    cursor.expect("from")
    if cursor.token.kind == "(":
        raise errors.validation("Unexpected from source")
    table, index = _source(cursor)
    if cursor.token.kind == ",":
        raise errors.validation("Only select from a single table or index is supported.")
    condition = where(cursor)
    if cursor.token.kind == "group":
        raise errors.validation("Unsupported clause: GROUP BY")
    order = _order(cursor)
    if cursor.token.kind == "limit":
        raise cursor.refused("Unsupported clause: LIMIT", cursor.token)
    if order and condition is None:
        raise errors.validation(
            "Must have WHERE clause in the statement when using ORDER BY clause."
        )
    return Select(table, index, columns, condition, order, cursor.parameters)


def _columns(cursor: Cursor) -> tuple[Column, ...] | None:
    if cursor.skip("*"):
        return None
    if cursor.token.kind == "distinct":
        raise errors.validation("Unsupported token in expression: DISTINCT")
    if cursor.token.kind in ("value", "pivot"):
        raise errors.validation("Select projection doesn't support value or pivot keywords")
    columns: list[Column] = []
    while not columns or cursor.skip(","):
        if cursor.token.kind in ("true", "false", "null", "missing") or cursor.behind.kind == "(":
            raise cursor.refused("Unexpected path component", cursor.token)
        columns.append(_column(path(cursor)))
        if cursor.token.kind == "as":
            raise errors.validation(_ALIAS)
    labels = [column.label for column in columns]
    for label in labels:
        if labels.count(label) > 1:
            raise errors.validation(f"Duplicate identifiers in select clause: {label}")
    return tuple(columns)


def _column(found: tree.Path) -> Column:
    label = ""
    for part in found.parts:
        label = label + f"[{part}]" if isinstance(part, int) else str(part)
    return Column(label, found)


def _source(cursor: Cursor) -> tuple[str, str | None]:
    table = cursor.name()
    index = cursor.name() if cursor.skip(".") else None
    if cursor.token.kind in ("as", NAME, QUOTED):
        raise errors.validation(_ALIAS)
    return table, index


def _order(cursor: Cursor) -> tuple[Order, ...]:
    if not cursor.skip("order", "by"):
        return ()
    found: list[Order] = []
    while not found or cursor.skip(","):
        name = cursor.name()
        descending = cursor.skip("desc")
        if not descending:
            cursor.skip("asc")
        found.append(Order(name, descending))
    return tuple(found)


def _insert(cursor: Cursor) -> Insert:
    table, index = _source(cursor)
    if index is not None:
        raise errors.validation(
            "FROM clause may only contain a single table name in data manipulation statements"
        )
    if not cursor.skip("value"):
        if cursor.token.kind in ("{", "<<"):
            raise errors.validation("Unsupported operation: InsertOp")
        raise cursor.malformed()
    made = item(cursor)
    if cursor.token.kind == "returning":
        raise errors.validation("RETURNING is not supported in INSERT")
    return Insert(table, made, cursor.parameters)


def _update(cursor: Cursor) -> Update:
    table = _changed_table(cursor)
    actions: list[tree.Action] = []
    while True:
        if cursor.skip("set"):
            actions.append(_assignment(cursor))
            while cursor.skip(","):
                actions.append(_assignment(cursor))
        elif cursor.skip("remove"):
            actions.append(tree.Remove(path(cursor)))
        else:
            break
    if not actions:
        raise cursor.malformed()
    _refuse_repeated(actions)
    condition = where(cursor)
    returning = _returning(cursor)
    program = UpdateProgram(tree.Update(tuple(actions)))
    return Update(table, program, condition, returning, cursor.parameters)


def _assignment(cursor: Cursor) -> tree.Assign:
    target = path(cursor)
    cursor.expect("=")
    return tree.Assign(target, assigned(cursor))


def _refuse_repeated(actions: list[tree.Action]) -> None:
    seen = set()
    for action in actions:
        if action.path in seen:
            shown = path_text([part for part in action.path.parts if isinstance(part, str | int)])
            raise errors.validation(
                "Two document paths overlap with each other; must remove or rewrite one of these "
                f"paths; path one: {shown}, path two: {shown}"
            )
        seen.add(action.path)


def _delete(cursor: Cursor) -> Delete:
    table = _changed_table(cursor)
    condition = where(cursor)
    returning = _returning(cursor)
    if returning not in ("NONE", "ALL_OLD"):
        shown = returning.replace("UPDATED", "MODIFIED").replace("_", " ")
        raise errors.validation(
            f"Invalid returning clause: RETURNING {shown} *. Only RETURNING ALL OLD * is allowed "
            "in DELETE statements."
        )
    return Delete(table, condition, returning, cursor.parameters)


def _changed_table(cursor: Cursor) -> str:
    table, index = _source(cursor)
    if index is not None:
        raise errors.validation("This operation is not supported on an index")
    return table


def _returning(cursor: Cursor) -> str:
    if not cursor.skip("returning"):
        return "NONE"
    extent = cursor.next().kind
    image = cursor.next().kind
    if extent not in ("all", "modified") or image not in ("old", "new"):
        raise cursor.malformed()
    if not cursor.skip("*"):
        raise errors.validation(
            "Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause"
        )
    return f"{'ALL' if extent == 'all' else 'UPDATED'}_{image.upper()}"


programs: ProgramCache[Statement] = ProgramCache(_parse)
