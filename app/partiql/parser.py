"""Statement text -> Statement.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.statements.html
"""

from __future__ import annotations

from .. import errors
from ..errors import ApiError
from ..expressions import tree
from ..expressions.cache import ProgramCache
from ..expressions.paths import resolve_disjoint
from ..expressions.refusal import Refused
from ..expressions.updates import UpdateProgram
from . import grammar
from .assignments import assigned
from .conditions import where
from .cursor import Cursor, malformed
from .paths import column, simple_path, starts_path
from .sources import ALIAS, OPERATORS, changed, selected, source
from .statements import Column, Delete, Exists, Insert, Order, Select, Statement, Update, Where
from .tokens import END, NAME, QUOTED, STRING, Token
from .values import item

_WHOLE = "Changing item's hierarchy while reading isn't supported"
EXISTS_REFUSED = "EXISTS can only be used in ExecuteTransaction write requests."
_ON_CONFLICT = "Unsupported clause: ON CONFLICT"
_DEFINED = {"create": "Create", "drop": "Drop"}
_KINDS = {
    "?": "Parameter",
    "{": "Struct",
    "[": "Seq",
    "<<": "Seq",
    "values": "Seq",
    "missing": "LiteralMissing",
    "case": "SearchedCase",
    "cast": "Typed",
    "exec": "Exec",
}
_SETS = frozenset(("union", "intersect", "except"))


def parse(text: str) -> Statement:
    """Cached by text. Raises ValidationException, as `errors.Malformed` or `errors.Unsupported`
    where it is no statement."""
    return programs.get(text)


def is_select(text: str) -> bool:
    """Of a statement that may have faults, but not of its syntax."""
    kinds = [token.kind for token in Cursor(text).tokens]
    return next(kind for kind in kinds if kind != "(") == "select"


def source_of(text: str) -> tuple[str, str | None] | None:
    """Table and index of a SELECT whose fault is behind its source."""
    cursor = Cursor(text)
    while cursor.skip("("):
        pass
    if not cursor.skip("select") or cursor.token.kind == "distinct":
        return None
    try:
        _refuse_clauses(cursor)
        return selected(cursor)
    except ApiError:
        return None


def where_of(text: str) -> tuple[Where | None, int] | None:
    """WHERE of an UPDATE that has a fault, and how many parameters all of it has."""
    cursor = Cursor(text)
    while cursor.skip("("):
        pass
    if not cursor.skip("update"):
        return None
    found = None
    marks = [number for number, token in enumerate(cursor.tokens) if token.kind == "?"]
    if cursor.leave("where"):
        cursor.parameters = sum(number < cursor.place for number in marks)
        found = where(cursor)
    return found, len(marks)


def _parse(text: str) -> Statement:
    cursor = Cursor(text)
    try:
        statement = _parsed(cursor)
    except ApiError:
        _refuse_first(text)
        raise
    if cursor.left:
        _refuse_first(text)
    return statement


def _refuse_first(text: str) -> None:
    """The service looks at the syntax of all of it first."""
    fault = grammar.fault(text)
    if fault is not None:
        raise malformed(fault) from None
    _refuse_early(Cursor(text))


def _refuse_early(cursor: Cursor) -> None:
    """Of several faults, what the service sees before it looks at the parts of a statement."""
    while cursor.skip("("):
        pass
    kind = cursor.token.kind
    if kind == "exists":
        raise _computed()
    if kind == "select":
        _refuse_clauses(cursor)
    elif kind == "insert" and cursor.seek("conflict"):
        raise errors.validation(_ON_CONFLICT)


def _refuse_clauses(cursor: Cursor) -> None:
    start = cursor.place
    for clause in ("group", "having", "limit"):
        cursor.place = start
        if cursor.seek(clause):
            if clause == "group":
                raise errors.validation("Unsupported clause: GROUP BY")
            raise cursor.refused(f"Unsupported clause: {clause.upper()}", cursor.behind)


def _computed() -> ApiError:
    return errors.unsupported(EXISTS_REFUSED, computed=True)


def _parsed(cursor: Cursor) -> Statement:
    statement = _statement(cursor)
    cursor.skip(";")
    if cursor.token.kind != END:
        raise cursor.malformed()
    return statement


def _statement(cursor: Cursor) -> Statement:
    if cursor.token.kind == "(":
        return cursor.enclosed(_statement)
    if cursor.skip("select"):
        return _select(cursor)
    start = cursor.token
    if cursor.skip("insert", "into"):
        return _insert(cursor, start)
    if cursor.skip("update"):
        return _update(cursor)
    if cursor.skip("delete", "from"):
        return _delete(cursor)
    if cursor.skip("exists", "("):
        cursor.expect("select")
        select = _select(cursor)
        cursor.expect(")")
        return Exists(select, cursor.parameters)
    token = cursor.token
    computed = cursor.behind.kind in OPERATORS | {"in", "between", "like"}
    called = cursor.behind.kind == "(" and token.kind not in _KINDS
    if computed or called or token.kind in ("not", "exists"):
        raise _computed()
    raise errors.unsupported(f"Unsupported operation: {_kind_of(cursor)}")


def _kind_of(cursor: Cursor) -> str:
    """Of a statement that is not executed, or an expression that stands where one should."""
    kind = cursor.token.kind
    if kind in _DEFINED:
        return _DEFINED[kind] + ("Index" if cursor.behind.kind == "index" else "Table")
    if kind in (NAME, QUOTED):
        return "Path" if cursor.behind.kind in (".", "[") else "VariableReference"
    return _KINDS.get(kind, "Literal")


def _select(cursor: Cursor) -> Select:
    cursor.skip("all")
    if cursor.token.kind == "distinct":
        raise errors.validation("Unsupported token in expression: DISTINCT")
    start = cursor.place
    table, index = selected(cursor)
    # The service looks at the columns behind the source.
    end, cursor.place = cursor.place, start
    columns = _columns(cursor)
    cursor.expect("from")
    cursor.place = end
    condition = where(cursor)
    order = _order(cursor)
    _refuse_clauses(cursor)
    if cursor.token.kind in _SETS:
        # The service takes all that is computed for an EXISTS.
        raise _computed()
    return Select(table, index, columns, condition, order, cursor.parameters)


def _columns(cursor: Cursor) -> tuple[Column, ...] | None:
    if cursor.skip("*"):
        return None
    if cursor.token.kind in ("value", "pivot"):
        raise errors.validation("Select projection doesn't support value or pivot keywords")
    columns: list[Column] = []
    while not columns or cursor.skip(","):
        called = cursor.behind.kind == "(" and cursor.token.kind != "("
        if called or not (starts_path(cursor) or cursor.token.kind == "("):
            raise cursor.refused("Unexpected path component", cursor.token)
        columns.append(_column(column(cursor, _WHOLE)))
        if cursor.token.kind in ("as", NAME, QUOTED):
            raise errors.validation(ALIAS)
        if cursor.token.kind not in (",", "from"):
            raise cursor.refused("Unexpected path component", cursor.token)
    labels = [column.label for column in columns]
    for label in labels:
        if labels.count(label) > 1:
            raise errors.validation(f"Duplicate identifiers in select clause: {label}")
    try:
        # From the first to the last, unlike those of an expression.
        resolve_disjoint([column.path for column in reversed(columns)], {})
    except Refused as refusal:
        raise errors.validation(str(refusal)) from None
    return tuple(columns)


def _column(found: tree.Path) -> Column:
    label = ""
    for part in found.parts:
        label = label + f"[{part}]" if isinstance(part, int) else str(part)
    return Column(label, found)


def _order(cursor: Cursor) -> tuple[Order, ...]:
    if not cursor.skip("order", "by"):
        return ()
    found: list[Order] = []
    while not found or cursor.skip(","):
        name, refusal = _ordering(cursor)
        if refusal is not None:
            # It ends here, and with it what there is to say.
            cursor.leave()
        descending = cursor.skip("desc")
        if not descending:
            cursor.skip("asc")
        found.append(Order(name, descending, refusal))
    return tuple(found)


def _ordering(cursor: Cursor) -> tuple[str, str | None]:
    """A name, or what is said of what is none."""
    if cursor.token.kind == "(":
        return cursor.enclosed(_ordering)
    cursor.skip("@")
    token = cursor.token
    if cursor.behind.kind in (".", "["):
        shown = "PATH"
    elif cursor.behind.kind in OPERATORS:
        shown = cursor.behind.text.lower()
    elif token.kind == STRING:
        shown = f'"{token.text}"'
    elif token.kind in (NAME, QUOTED) and cursor.behind.kind != "(":
        return cursor.name(), None
    else:
        shown = {"?": "PARAMETER", "{": "STRUCT", "[": "LIST"}.get(token.kind, token.text)
    cursor.leave()
    return "", f"Argument to ORDER BY must be of type VariableReference. Type: {shown}"


def _insert(cursor: Cursor, start: Token) -> Insert:
    if cursor.token.kind in ("(", "@"):
        raise cursor.malformed()
    refused = None
    if cursor.behind.kind in (".", "["):
        refused = "FROM clause may only contain a single table name in data manipulation statements"
        table = str(simple_path(cursor).parts[0])
    else:
        table, _ = source(cursor)
    if not cursor.skip("value"):
        raise errors.unsupported("Unsupported operation: InsertOp")
    made = item(cursor)
    if cursor.token.kind == "at":
        # The service tells the place of INSERT.
        raise cursor.refused("AT is not supported in insert statements.", start)
    if cursor.skip("on", "conflict"):
        raise errors.validation(_ON_CONFLICT)
    refusal = None
    if cursor.token.kind == "returning":
        refusal = "RETURNING is not supported in INSERT"
        _returning(cursor)
        cursor.leave()
    return Insert(table, made, cursor.parameters, refused, refusal)


def _update(cursor: Cursor) -> Update:
    table, index, alias = changed(cursor)
    actions = _actions(cursor)
    condition = where(cursor)
    returning, refusal = _returning(cursor)
    # The service looks at them from the first to the last, unlike those of an expression.
    program = UpdateProgram(tree.Update(tuple(reversed(actions))))
    return Update(
        table,
        program,
        condition,
        returning,
        cursor.parameters,
        index,
        alias,
        refusal,
        tuple(cursor.sets),
    )


def _actions(cursor: Cursor) -> list[tree.Action]:
    actions: list[tree.Action] = []
    while True:
        if cursor.skip("set"):
            actions.append(_assignment(cursor))
            while cursor.skip(","):
                actions.append(_assignment(cursor))
        elif cursor.skip("remove"):
            actions.append(tree.Remove(simple_path(cursor)))
        else:
            break
    if not actions:
        raise cursor.malformed()
    cursor.end_expression()
    return actions


def _assignment(cursor: Cursor) -> tree.Assign:
    target = simple_path(cursor)
    cursor.expect("=")
    return tree.Assign(target, assigned(cursor, target))


def _delete(cursor: Cursor) -> Delete:
    table, index, alias = changed(cursor)
    condition = where(cursor)
    returning, refusal = _returning(cursor)
    if refusal is None and returning not in ("NONE", "ALL_OLD"):
        shown = returning.replace("UPDATED", "MODIFIED").replace("_", " ")
        refusal = (
            f"Invalid returning clause: RETURNING {shown} *. Only RETURNING ALL OLD * is allowed "
            "in DELETE statements."
        )
    return Delete(table, condition, returning, cursor.parameters, index, alias, refusal)


def _returning(cursor: Cursor) -> tuple[str, str | None]:
    """As ReturnValues, and what is said of one that is not supported."""
    if not cursor.skip("returning"):
        return "NONE", None
    extent = cursor.next().kind
    image = cursor.next().kind
    if extent not in ("all", "modified") or image not in ("old", "new"):
        raise cursor.malformed()
    refusal = None
    if not cursor.skip("*"):
        refusal = "Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause"
        cursor.leave()
    elif cursor.token.kind == ",":
        refusal = "Invalid syntax with multiple returning elements in RETURNING clause"
        cursor.leave()
    return f"{'ALL' if extent == 'all' else 'UPDATED'}_{image.upper()}", refusal


programs: ProgramCache[Statement] = ProgramCache(_parse)
