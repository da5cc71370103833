"""The statement checker, rule by rule, and over every statement that the dialect can make."""

from __future__ import annotations

import pytest

from app.model.rows import Bounds, Key
from app.model.table import Index, KeyAttribute, Table
from app.store.cassandra.dialect import CASSANDRA, Dialect
from app.store.cassandra.document import Document
from app.store.cassandra.index_statements import At, MarkStatements, entry_table
from app.store.cassandra.keyspaces_statements import Keyspaces
from app.store.cassandra.session import Consistency, Statement
from app.store.cassandra.statements import (
    IF_ABSENT,
    IF_ABSENT_SINCE,
    IF_ANY,
    IF_VERSION,
    Read,
    item_table,
)
from tests.keyspaces.subset import TableDef, check

T = TableDef("k.t", ("p",), ("c",), ttl=False)
ROW = "WHERE p = 1 AND c = 2"


@pytest.mark.parametrize(
    ("cql", "rule"),
    [
        ("TRUNCATE k.t", "TRUNCATE"),
        ("CREATE INDEX ON k.t (v)", "CREATE INDEX"),
        ("CREATE MATERIALIZED VIEW k.v AS SELECT p FROM k.t", "CREATE MATERIALIZED"),
        ("SELECT DISTINCT p FROM k.t", "DISTINCT"),
        ("SELECT count(p) FROM k.t", "function count"),
        ("SELECT m['a'] FROM k.t", "part of a column"),
        ("SELECT p FROM k.t WHERE p = 1 AND (c, d) > (1, 2)", "several columns"),
        ("SELECT p FROM k.t WHERE p != 1", "operator !="),
        ("SELECT p FROM k.t PER PARTITION LIMIT 1", "PER"),
        ("SELECT v FROM system_views.settings", "system_views.settings"),
        (f"SELECT p FROM k.t WHERE p IN ({', '.join('?' * 101)})", "101 subqueries"),
        (f"UPDATE k.t SET v = 1 {ROW} IF v != 1", "operator != in IF"),
        ("DELETE FROM k.t WHERE p IN (1, 2)", "operator IN"),
        (f"UPDATE k.t USING TIMESTAMP 1 SET v = 1 {ROW}", "client-side timestamp"),
        (f"UPDATE k.t USING TTL 1 SET v = 1 {ROW}", "TTL on k.t"),
        ("DELETE FROM k.t WHERE p = 1", "more than one row"),
        (f"BEGIN UNLOGGED BATCH UPDATE k.t SET v = 1 {ROW} IF v = 2; APPLY BATCH", "unlogged"),
        (f"BEGIN BATCH {f'DELETE FROM k.t {ROW}; ' * 101}APPLY BATCH", "more than 100"),
        ("CREATE TABLE k.t (p int PRIMARY KEY) WITH gc_grace_seconds = 1", "gc_grace_seconds"),
        ("CREATE TABLE k.t (p duration PRIMARY KEY)", "type duration"),
        ("CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy'}", "SIMPLESTRATEGY"),
    ],
)
def test_what_is_not_documented(cql: str, rule: str) -> None:
    broken = check(cql, tables={"k.t": T})
    assert any(rule in found.rule for found in broken), broken
    assert all(found.page.endswith(".html") for found in broken)


@pytest.mark.parametrize(
    ("level", "cql", "fine"),
    [
        ("LOCAL_QUORUM", f"DELETE FROM k.t {ROW}", True),
        ("LOCAL_ONE", f"DELETE FROM k.t {ROW}", False),
        ("LOCAL_ONE", "SELECT p FROM k.t", True),
        ("LOCAL_SERIAL", "SELECT p FROM k.t", False),
        ("QUORUM", "SELECT p FROM k.t", False),
    ],
)
def test_levels(level: str, cql: str, fine: bool) -> None:
    assert (not check(cql, level=level)) is fine


def test_serial_level_protocol_and_prepared_schema() -> None:
    assert check("SELECT p FROM k.t", serial="LOCAL_SERIAL")
    assert check("SELECT p FROM k.t", protocol=5)
    assert check("DROP TABLE k.t", prepared=True)
    assert not check("DROP TABLE k.t")


INSERT = "INSERT INTO k.t (p, c, v) VALUES (?, ?, ?)"


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ([b"1", b"", b"v"], "empty clustering"),
        ([b"1", b"c" * 851, b"v"], "850"),
        ([b"p" * 2049, b"c", b"v"], "2048"),
        ([b"1", b"c", b"v" * 1024 * 1024], "row of more"),
        ([b"1", b"c", b"v"], None),
    ],
)
def test_sizes(values: list[bytes | None], rule: str | None) -> None:
    broken = check(INSERT, tables={"k.t": T}, values=values)
    assert [rule in found.rule for found in broken] == ([True] if rule else []), broken


def test_two_statements_of_a_batch_on_one_row() -> None:
    cql = f"BEGIN BATCH {INSERT}; DELETE FROM k.t WHERE p = ? AND c = ?; APPLY BATCH"
    values: list[bytes | None] = [b"1", b"2", b"v", b"1", b"2"]
    assert [found.rule for found in check(cql, tables={"k.t": T}, values=values)] == [
        "two statements of a batch on one row"
    ]
    assert not check(cql, tables={"k.t": T}, values=[*values[:4], b"3"])


# -- every statement of the builders ------------------------------------------------------------

COLUMNS = Document.columns
S = KeyAttribute("s", "S")
INDEXES = (
    Index(1, "local", True, (S,), (KeyAttribute("l", "S"),)),
    Index(2, "global", False, (S,), (KeyAttribute("n", "N"),)),
    Index(3, "unsorted", False, (S,), ()),
)


def table(sort: str | None, partition: str = "S") -> Table:
    return Table(
        id="ab" * 16,
        name="users",
        partition_key=KeyAttribute("p", partition),
        sort_key=None if sort is None else KeyAttribute("s", sort),
        created=0.0,
        indexes=INDEXES,
    )


def statements_of(made: object) -> list[Statement]:
    found: list[Statement] = []
    for value in vars(made).values() if hasattr(made, "__dict__") else ():
        each = list(value.values()) if isinstance(value, dict) else [value]
        for one in each:
            if isinstance(one, Statement):
                found.append(one)
            elif isinstance(one, Read):
                found += [one.at(True), one.at(False)]
    return found


def everything(dialect: Dialect, table: Table) -> list[Statement]:
    items = dialect.items("k", table, COLUMNS)
    found = statements_of(items) + statements_of(dialect.catalog("k_catalog"))
    found += statements_of(MarkStatements("k_catalog", "dirty", "entries"))
    found += [dialect.keyspaces, dialect.tables, dialect.entry_tables]
    for condition in (IF_ANY, IF_ABSENT, IF_VERSION, IF_ABSENT_SINCE):
        for deletes in (False, True):
            for removed, added in ((0, 0), (2, 1)):
                cas = items.cas(condition, deletes=deletes, removed=removed, added=added)
                found.append(cas.statement)
    for index in INDEXES:
        reads = dialect.entry_reads("k", table, index)
        key = Key("a", None if table.sort_key is None else "b")
        for after in (None, At(b"r", b"e", key)):
            for reverse in (False, True):
                for bounds in (Bounds(), Bounds(lower=b"a", upper=b"z", upper_inclusive=False)):
                    slices = reads.slices(b"r", bounds, after, reverse=reverse)
                    found += [read.at(True) for read, _ in slices]
        found += statements_of(reads)
        if not index.local:
            found += statements_of(dialect.entry_writes("k", table, index.number))
    return found


LEVELS = {Consistency.LOCAL_SERIAL: "LOCAL_QUORUM"}


@pytest.mark.parametrize("sort", [None, "S", "N", "B"])
def test_every_statement_of_the_dialect_is_inside(sort: str | None) -> None:
    dialect = Keyspaces(recovery=True, key="arn:aws:kms:eu-west-1:111111111111:key/a-b")
    made = table(sort)
    ddl = [
        dialect.keyspace("k", {}),
        item_table("k", made, COLUMNS, dialect.options),
        *(entry_table("k", made, index, dialect.options) for index in INDEXES[1:]),
    ]
    for cql in ddl:
        assert check(cql) == [], cql
    found = everything(dialect, made)
    assert len(found) > 60
    for statement in found:
        level = LEVELS.get(statement.consistency, statement.consistency.value)
        assert check(statement.cql, level=level, prepared=True) == [], statement.cql


# Otherwise the test above could not fail.
def test_statements_for_cassandra_are_not() -> None:
    made = table("S")
    assert check(item_table("k", made, COLUMNS))
    outside = [each for each in everything(CASSANDRA, made) if check(each.cql)]
    assert len(outside) > 3
