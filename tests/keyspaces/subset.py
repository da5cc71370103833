"""Whether a statement is inside the documented subset of Amazon Keyspaces.

Pure: text, level, protocol and bound values in, broken rules out, each with the page of the
developer guide that states it. It knows the grammar that is documented there and nothing beyond:
what is not written down is refused, also where the service might take it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

PAGES = "https://docs.aws.amazon.com/keyspaces/latest/devguide/"
PROTOCOL = 4
READ_LEVELS = ("ONE", "LOCAL_ONE", "LOCAL_QUORUM")
MOST_IN, MOST_LOGGED, MOST_UNLOGGED = 100, 100, 30
PARTITION_BYTES, CLUSTERING_BYTES, ROW_BYTES = 2048, 850, 1024 * 1024
# Upper bounds of what is added to a key column's and to another column's bytes.
KEY_METADATA, CELL_METADATA = 4, 48

_FUNCTIONS = {"token", "now", "tounixtimestamp", "totimestamp", "cast", "writetime", "ttl", "uuid"}
_OPERATORS = {"=", "<", ">", "<=", ">="}
_TYPES = {
    *("ascii", "bigint", "blob", "boolean", "counter", "date", "decimal", "double", "float"),
    *("frozen", "inet", "int", "list", "map", "set", "smallint", "text", "time", "timestamp"),
    *("timeuuid", "tinyint", "tuple", "uuid", "varchar", "varint"),
}
_SYSTEM = {
    "system": {"local", "peers", "size_estimates", "prepared_statements"},
    "system_schema": {
        *("aggregates", "columns", "dropped_columns", "functions", "indexes", "keyspaces"),
        *("tables", "triggers", "types", "views"),
    },
    "system_schema_mcs": {"columns", "keyspaces", "sessions", "tables", "tags", "types"},
    "system_multiregion_info": {"keyspaces", "tables"},
}
_PROPERTIES = {
    *("capacity_mode", "cdc_specification", "client_side_timestamps", "encryption_specification"),
    *("point_in_time_recovery", "replica_updates", "ttl"),
}
_OPTIONS = {"custom_properties", "autoscaling_settings", "default_time_to_live", "tags", "comment"}
_TOKEN = re.compile(
    r"\s+|'(?:[^']|'')*'|\"[^\"]+\"|0[xX][0-9a-fA-F]*|-?\d+|[A-Za-z_]\w*|<=|>=|!=|[-+=<>(){}\[\],;:.?*]"
)


class Broken(NamedTuple):
    rule: str
    page: str


class _Outside(Exception):
    """Not parsed on: what follows would be guesswork."""


@dataclass(frozen=True, slots=True)
class TableDef:
    """Of a CREATE TABLE that the service has taken."""

    name: str
    partition: tuple[str, ...]
    clustering: tuple[str, ...]
    statics: frozenset[str] = frozenset()
    timestamps: bool = False
    ttl: bool = False


@dataclass(slots=True)
class Parsed:
    """`kind`: the verb, with its noun for DDL. `keys`: column -> literal or index of a marker."""

    kind: str
    table: str = ""
    conditional: bool = False
    using: set[str] = field(default_factory=set)
    keys: dict[str, str | int] = field(default_factory=dict)
    cells: dict[str, str | int] = field(default_factory=dict)
    batch: list[Parsed] = field(default_factory=list)
    unlogged: bool = False
    created: TableDef | None = None
    if_not_exists: bool = False

    @property
    def is_ddl(self) -> bool:
        return " " in self.kind

    @property
    def writes(self) -> bool:
        return self.kind in ("INSERT", "UPDATE", "DELETE", "BEGIN")


def check(
    cql: str,
    *,
    level: str | None = None,
    serial: str | None = None,
    protocol: int = PROTOCOL,
    prepared: bool = False,
    tables: Mapping[str, TableDef] | None = None,
    values: Sequence[bytes | None] | None = None,
    driver_timestamp: bool = False,
) -> list[Broken]:
    """What is outside the subset; empty if nothing.

    level: consistency, None while a statement is only prepared. `tables` by keyspace.table; rules
    about a table that is not among them are not looked at, nor those about values without them.
    """
    broken: list[Broken] = []
    if protocol != PROTOCOL:
        broken.append(Broken(f"protocol v{protocol}, not v4", "programmatic.cqlsh.html"))
    if serial is not None:
        broken.append(Broken(f"serial level {serial}", "consistency.html"))
    try:
        parsed = parse(cql)
    except _Outside as outside:
        rule, page = outside.args
        return [*broken, Broken(rule, page)]
    broken += _levels(parsed, level)
    if prepared and parsed.is_ddl:
        broken.append(Broken("DDL is prepared", "functional-differences.html"))
    statements = parsed.batch if parsed.kind == "BEGIN" else [parsed]
    for each in statements:
        broken += _on_table(each, (tables or {}).get(each.table), driver_timestamp, values)
    if parsed.kind == "BEGIN":
        broken += _batch(parsed, tables or {}, values)
    return broken


def _levels(parsed: Parsed, level: str | None) -> Iterator[Broken]:
    if level is None or parsed.is_ddl:
        return
    if parsed.writes and level != "LOCAL_QUORUM":
        yield Broken(f"a write at {level}", "consistency.html")
    if not parsed.writes and level not in READ_LEVELS:
        yield Broken(f"a read at {level}", "consistency.html")


def _on_table(
    parsed: Parsed,
    table: TableDef | None,
    driver_timestamp: bool,
    values: Sequence[bytes | None] | None,
) -> Iterator[Broken]:
    if table is None or not parsed.writes:
        return
    if ("TIMESTAMP" in parsed.using or driver_timestamp) and not table.timestamps:
        yield Broken(
            f"client-side timestamp on {table.name}, which was not made so",
            "client-side-timestamps.html",
        )
    if "TIMESTAMP" in parsed.using and parsed.conditional:
        yield Broken("a timestamp of a conditional write", "functional-differences.html")
    if "TTL" in parsed.using and not table.ttl:
        yield Broken(f"TTL on {table.name}, which was not made so", "TTL-how-it-works.html")
    whole = set(table.partition) | set(table.clustering)
    if not whole <= parsed.keys.keys() and not (
        table.statics and set(parsed.cells) <= table.statics and parsed.kind == "UPDATE"
    ):
        yield Broken("a write of more than one row", "functional-differences.html")
    if values is not None:
        yield from _sizes(parsed, table, values)


def _sizes(parsed: Parsed, table: TableDef, values: Sequence[bytes | None]) -> Iterator[Broken]:
    page = "calculating-row-size.html"
    keys = {name: _bytes(term, values) for name, term in parsed.keys.items()}
    clustering = [keys[name] for name in table.clustering if name in keys]
    if any(not value for value in clustering):
        yield Broken("an empty clustering column", "functional-differences.html")
    if sum(map(len, clustering)) > CLUSTERING_BYTES:
        yield Broken(f"more than {CLUSTERING_BYTES} bytes of clustering columns", page)
    partition = sum(len(keys[name]) for name in table.partition if name in keys)
    if partition > PARTITION_BYTES:
        yield Broken(f"more than {PARTITION_BYTES} bytes of partition key", page)
    cells = [_bytes(term, values) for term in parsed.cells.values()]
    row = 2 * sum(len(key) + KEY_METADATA for key in keys.values())
    if row + sum(len(cell) + CELL_METADATA for cell in cells) > ROW_BYTES:
        yield Broken(f"a row of more than {ROW_BYTES} bytes", page)


def _batch(
    parsed: Parsed, tables: Mapping[str, TableDef], values: Sequence[bytes | None] | None
) -> Iterator[Broken]:
    page = "batchStatements.html"
    most = MOST_UNLOGGED if parsed.unlogged else MOST_LOGGED
    if len(parsed.batch) > most:
        yield Broken(f"a batch of more than {most} statements", "quotas.html")
    if parsed.unlogged and any(each.conditional for each in parsed.batch):
        yield Broken("a condition in an unlogged batch", page)
    rows = set()
    for each in parsed.batch:
        table = tables.get(each.table)
        if values is None or table is None:
            continue
        names = [name for name in (*table.partition, *table.clustering) if name in each.keys]
        row = (each.table, *(_bytes(each.keys[name], values) for name in names))
        if row in rows:
            yield Broken("two statements of a batch on one row", page)
        rows.add(row)


def _bytes(term: str | int, values: Sequence[bytes | None]) -> bytes:
    """Literals as long as they are, which is all that is asked of them."""
    if isinstance(term, int):
        return values[term] or b""
    if term.isdigit() and int(term) < 128:
        # The builders write only tinyints.
        return bytes((int(term),))
    return bytes.fromhex(term[2:]) if term[:2] in ("0x", "0X") else term.encode()


# -- grammar ----------------------------------------------------------------------------------


def parse(cql: str) -> Parsed:
    """Raises _Outside with the rule and its page."""
    return _Parser(cql).statement()


class _Parser:
    def __init__(self, cql: str) -> None:
        self._tokens: list[str] = []
        at = 0
        while at < len(cql):
            found = _TOKEN.match(cql, at)
            if found is None:
                raise _Outside(f"{cql[at]!r} is no CQL", "cql.elements.html")
            at = found.end()
            if not found[0].isspace():
                self._tokens.append(found[0])
        self._at = 0
        self._markers = 0

    def statement(self) -> Parsed:
        parsed = self._one()
        self._take(";")
        if self._peek():
            raise _Outside(f"{self._peek()} behind the statement", _page(parsed.kind))
        return parsed

    def _one(self) -> Parsed:
        verb = self._next().upper()
        if verb in ("SELECT", "INSERT", "UPDATE", "DELETE", "BEGIN"):
            parsed: Parsed = getattr(self, f"_{verb.lower()}")()
            return parsed
        noun = self._next().upper()
        if verb in ("CREATE", "DROP") and noun in ("KEYSPACE", "TABLE"):
            made: Parsed = getattr(self, f"_{verb.lower()}_{noun.lower()}")()
            return made
        raise _Outside(f"{verb} {noun}".strip(), "cassandra-apis.html")

    # -- reads

    def _select(self) -> Parsed:
        page = "cql.dml.select.html"
        if self._peek().upper() in ("DISTINCT", "JSON"):
            raise _Outside(f"SELECT {self._peek()}", page)
        while True:
            name = self._next().lower()
            if self._take("("):
                if name not in _FUNCTIONS:
                    raise _Outside(f"function {name}", "cassandra-apis.html")
                self._inside(")")
            elif self._peek() in ("[", "."):
                raise _Outside("a part of a column is selected", page)
            if not self._take(","):
                break
        self._need("FROM", page)
        parsed = Parsed("SELECT", self._table())
        space, _, table = parsed.table.partition(".")
        if space.startswith("system") and table not in _SYSTEM.get(space, ()):
            raise _Outside(f"{parsed.table} is read", "working-with-keyspaces.html")
        tokens = queries = 0
        if self._take("WHERE"):
            count = 1
            while True:
                ring, several = self._relation(page, reads=True, keys=parsed.keys)
                tokens += ring
                queries += several > 0
                count *= several or 1
                if not self._take("AND"):
                    break
            if tokens and queries:
                raise _Outside("TOKEN with IN", page)
            if count > MOST_IN:
                raise _Outside(f"IN of {count} subqueries", "quotas.html")
        if self._take("ORDER"):
            self._need("BY", page)
            while True:
                self._next()
                _ = self._take("ASC") or self._take("DESC")
                if not self._take(","):
                    break
        if self._take("LIMIT"):
            self._term()
        if self._take("ALLOW"):
            self._need("FILTERING", page)
        return parsed

    def _relation(self, page: str, *, reads: bool, keys: dict[str, str | int]) -> tuple[bool, int]:
        """Whether it is about a token, and of IN how many values it has."""
        if self._peek() == "(":
            raise _Outside("a relation of several columns", page)
        name = self._next().lower()
        ring = name == "token" and self._take("(")
        if ring:
            self._inside(")")
        operator = self._next().upper()
        if operator == "IN" and reads:
            self._need("(", page)
            return ring, self._inside(")")
        if operator not in (_OPERATORS if reads else {"="}):
            raise _Outside(f"operator {operator} in WHERE", page)
        term = self._term()
        if operator == "=":
            keys[name] = term
        return ring, 0

    # -- writes

    def _insert(self) -> Parsed:
        page = "cql.dml.insert.html"
        self._need("INTO", page)
        parsed = Parsed("INSERT", self._table())
        self._need("(", page)
        names = [name for name in self._list(")") if name != ","]
        self._need("VALUES", page)
        self._need("(", page)
        terms = []
        while True:
            terms.append(self._term())
            if not self._take(","):
                break
        self._need(")", page)
        parsed.cells = dict(zip((name.lower() for name in names), terms, strict=True))
        parsed.keys = dict(parsed.cells)
        if self._take("IF"):
            self._need("NOT", page)
            self._need("EXISTS", page)
            parsed.conditional = True
        self._using(parsed, page)
        return parsed

    def _update(self) -> Parsed:
        page = "cql.dml.update.html"
        parsed = Parsed("UPDATE", self._table())
        self._using(parsed, page)
        self._need("SET", page)
        while True:
            name = self._selection()
            self._need("=", page)
            parsed.cells[name] = self._term()
            if self._peek() in ("+", "-"):
                self._next()
                self._term()
            if not self._take(","):
                break
        self._where_and_if(parsed, page)
        return parsed

    def _delete(self) -> Parsed:
        page = "cql.dml.delete.html"
        parsed = Parsed("DELETE")
        while not self._take("FROM"):
            self._next()
        parsed.table = self._table()
        self._using(parsed, page)
        if "TTL" in parsed.using:
            raise _Outside("DELETE USING TTL", page)
        self._where_and_if(parsed, page)
        return parsed

    def _where_and_if(self, parsed: Parsed, page: str) -> None:
        self._need("WHERE", page)
        while True:
            self._relation(page, reads=False, keys=parsed.keys)
            if not self._take("AND"):
                break
        if not self._take("IF"):
            return
        parsed.conditional = True
        if self._take("EXISTS"):
            return
        while True:
            self._selection()
            operator = self._next()
            if operator not in _OPERATORS:
                raise _Outside(f"operator {operator} in IF", page)
            self._term()
            if not self._take("AND"):
                break

    def _begin(self) -> Parsed:
        page = "batchStatements.html"
        parsed = Parsed("BEGIN")
        parsed.unlogged = self._take("UNLOGGED")
        self._need("BATCH", page)
        while not self._take("APPLY"):
            each = self._one()
            if each.kind not in ("INSERT", "UPDATE", "DELETE"):
                raise _Outside(f"{each.kind} in a batch", page)
            parsed.batch.append(each)
            self._take(";")
        self._need("BATCH", page)
        return parsed

    def _using(self, parsed: Parsed, page: str) -> None:
        if not self._take("USING"):
            return
        while True:
            name = self._next().upper()
            if name not in ("TTL", "TIMESTAMP"):
                raise _Outside(f"USING {name}", page)
            parsed.using.add(name)
            self._term()
            if not self._take("AND"):
                break

    # -- schema

    def _create_keyspace(self) -> Parsed:
        page = "cql.ddl.keyspace.html"
        parsed = Parsed("CREATE KEYSPACE", if_not_exists=self._if_not_exists(page))
        parsed.table = _name(self._next(), page)
        self._need("WITH", page)
        rest = " ".join(self._rest()).upper()
        if rest != "REPLICATION = { 'CLASS' : 'SINGLEREGIONSTRATEGY' }":
            raise _Outside(f"keyspace WITH {rest}", page)
        return parsed

    def _create_table(self) -> Parsed:
        page = "cql.ddl.table.html"
        parsed = Parsed("CREATE TABLE", if_not_exists=self._if_not_exists(page))
        parsed.table = self._table()
        _name(parsed.table.partition(".")[2], page)
        self._need("(", page)
        partition: list[str] = []
        clustering: list[str] = []
        statics = set()
        while True:
            name = self._next().lower()
            if name == "primary":
                self._need("KEY", page)
                self._need("(", page)
                if self._take("("):
                    partition = [each for each in self._list(")") if each != ","]
                else:
                    partition = [self._next()]
                clustering = [each for each in self._list(")") if each != ","]
            else:
                self._type(page)
                if self._take("STATIC"):
                    statics.add(name)
                if self._take("PRIMARY"):
                    self._need("KEY", page)
                    partition = [name]
            if not self._take(","):
                break
        self._need(")", page)
        properties = self._options(page)
        parsed.created = TableDef(
            parsed.table,
            tuple(partition),
            tuple(clustering),
            frozenset(statics),
            timestamps="client_side_timestamps" in properties,
            ttl="ttl" in properties,
        )
        return parsed

    def _type(self, page: str) -> None:
        name = self._next().lower()
        if name not in _TYPES:
            raise _Outside(f"type {name}", "cql.elements.html")
        if self._take("<"):
            while True:
                self._type(page)
                if not self._take(","):
                    break
            self._need(">", page)

    def _options(self, page: str) -> set[str]:
        """Names of the custom properties."""
        found: set[str] = set()
        if not self._take("WITH"):
            return found
        while True:
            name = self._next().lower()
            if name not in _OPTIONS:
                raise _Outside(f"table option {name}", page)
            self._need("=", page)
            if name == "custom_properties":
                self._need("{", page)
                found = self._properties(page)
            elif self._take("{"):
                self._inside("}")
            else:
                self._next()
            if not self._take("AND"):
                break
        return found

    def _properties(self, page: str) -> set[str]:
        found = set()
        while True:
            name = self._next().strip("'").lower()
            if name not in _PROPERTIES:
                raise _Outside(f"custom property {name}", page)
            found.add(name)
            self._need(":", page)
            if self._take("{"):
                self._inside("}")
            else:
                self._next()
            if not self._take(","):
                break
        self._need("}", page)
        return found

    def _drop_keyspace(self) -> Parsed:
        return Parsed("DROP KEYSPACE", self._dropped("cql.ddl.keyspace.html"))

    def _drop_table(self) -> Parsed:
        return Parsed("DROP TABLE", self._dropped("cql.ddl.table.html"))

    def _dropped(self, page: str) -> str:
        if self._take("IF"):
            self._need("EXISTS", page)
        return self._table()

    def _if_not_exists(self, page: str) -> bool:
        found = self._take("IF")
        if found:
            self._need("NOT", page)
            self._need("EXISTS", page)
        return found

    # -- tokens

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        if not token:
            raise _Outside("the statement ends too early", "cql.html")
        self._at += 1
        return token

    def _take(self, token: str) -> bool:
        if self._peek().upper() != token:
            return False
        self._at += 1
        return True

    def _need(self, token: str, page: str) -> None:
        if not self._take(token):
            raise _Outside(f"{self._peek() or 'nothing'} where {token} belongs", page)

    def _term(self) -> str | int:
        token = self._next()
        if token == "?":
            self._markers += 1
            return self._markers - 1
        if token in ("{", "["):
            self._inside("}" if token == "{" else "]")
        return token

    def _selection(self) -> str:
        name = self._next().lower()
        if self._take("["):
            self._term()
            self._need("]", "cql.dml.update.html")
        return name

    def _list(self, end: str) -> list[str]:
        found = []
        while not self._take(end):
            found.append(self._next())
        return found

    def _inside(self, end: str) -> int:
        """Skips what is inside brackets; the number of its parts."""
        parts, depth = 1, 0
        while depth or self._peek() != end:
            token = self._next()
            self._markers += token == "?"
            parts += not depth and token == ","
            depth += (token in ("(", "{", "[")) - (token in (")", "}", "]"))
        self._next()
        return parts

    def _rest(self) -> list[str]:
        rest = self._tokens[self._at :]
        self._at = len(self._tokens)
        return rest

    def _table(self) -> str:
        name = self._next().lower()
        return f"{name}.{self._next().lower()}" if self._take(".") else name


def _name(name: str, page: str) -> str:
    if not re.fullmatch(r"\w{1,48}", name):
        raise _Outside(f"the name {name}", page)
    return name.lower()


def _page(kind: str) -> str:
    return f"cql.dml.{kind.lower()}.html" if kind in ("SELECT", "INSERT", "UPDATE") else "cql.html"
