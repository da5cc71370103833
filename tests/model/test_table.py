"""A table in its catalog form."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from app.model.attachment import Attachment, Column, CqlType
from app.model.limits import Limits
from app.model.table import (
    FORMAT,
    Index,
    KeyAttribute,
    Stream,
    Table,
    Throughput,
    TimeToLive,
    Transition,
    Units,
    UnknownFormat,
    decode,
    encode,
)

PLAIN = Table(
    id="0" * 32,
    name="plain",
    partition_key=KeyAttribute("p", "S"),
    sort_key=None,
    created=1.5,
)
FULL = Table(
    id="f" * 32,
    name="f.u-l_l",
    partition_key=KeyAttribute("\u00fc", "N"),
    sort_key=KeyAttribute("s", "B"),
    created=1_700_000_000.123,
    status="ACTIVE",
    version=7,
    billing_mode="PAY_PER_REQUEST",
    billing_changed=2.5,
    throughput=Throughput(5, 6, increased=1.0, decreased=2.0, decreases_today=3),
    deletion_protection=True,
    tags=(("k", "v"), ("a", "")),
    ttl=TimeToLive("expires"),
    options={"SSESpecification": {"Enabled": True}, "list": [1, None]},
    indexes=(
        Index(1, "local", True, (KeyAttribute("\u00fc", "N"),), (KeyAttribute("l", "S"),)),
        Index(
            4,
            "global",
            False,
            (KeyAttribute("g", "S"), KeyAttribute("h", "N")),
            projection="INCLUDE",
            included=("a", "b"),
            status="CREATING",
            backfilling=True,
            throughput=Throughput(1, 2),
            on_demand=Units(7, -1),
            warm=Units(8, 9),
        ),
    ),
    next_index=5,
    stream=Stream("2026-11-21T05:32:58.150", "NEW_IMAGE", 3, 1_795_239_178.15),
    latest_stream="2026-11-21T05:32:58.150",
    on_demand=Units(-1, 10),
    warm=Units(15_000, 5_000),
    limits=Limits(item=1 << 20),
    transition=Transition("DELETING", 3.5),
    attached=Attachment(
        "shop",
        "orders",
        (Column("p", CqlType("text")),),
        (Column("s", CqlType("int")),),
        (Column("v", CqlType("udt", (CqlType("list", (CqlType("int"),)),), ("numbers",))),),
    ),
    translator="attributes",
    layout="per-table",
    isolation="forbid_rmw",
    writes="to plain",
    ordered=True,
)


@pytest.mark.parametrize("table", [PLAIN, FULL], ids=["plain", "full"])
def test_a_table_comes_back_as_it_was(table: Table) -> None:
    assert decode(encode(table)) == table
    assert decode(encode(table).decode()) == table


# Else a change of the class would be forgotten here, and lost on disk.
def test_every_field_is_in_the_full_example() -> None:
    ordinary = {"id", "name", "partition_key", "created"}
    same = {name for name in Table.__slots__ if getattr(PLAIN, name) == getattr(FULL, name)}
    assert same - ordinary == set()


def test_a_row_of_a_newer_dynaspan() -> None:
    row = orjson.loads(encode(FULL))
    row["format"] = FORMAT + 1
    with pytest.raises(UnknownFormat, match=str(FORMAT + 1)):
        decode(orjson.dumps(row))


def test_key_names() -> None:
    assert PLAIN.key_names == ("p",)
    assert FULL.key_names == ("\u00fc", "s")


def test_an_index_by_its_name() -> None:
    assert FULL.index("global") == FULL.indexes[1]
    assert FULL.index("other") is None
    assert replace(FULL, indexes=()).index("global") is None


@pytest.mark.parametrize("status", ["CREATING", "UPDATING"])
def test_a_transition_passes(status: str) -> None:
    table = replace(PLAIN, status="ACTIVE", transition=Transition(status, 10.0))
    assert [table.state(now) for now in (9.9, 10.0)] == [status, "ACTIVE"]


# It does not come back to life while it waits to be dropped.
def test_a_table_that_goes_stays_deleted() -> None:
    table = replace(PLAIN, status="ACTIVE", transition=Transition("DELETING", 10.0))
    assert [table.state(now) for now in (9.9, 10.0)] == ["DELETING", "DELETING"]


def test_what_the_store_does_goes_before_a_transition() -> None:
    table = replace(PLAIN, status="DELETING", transition=Transition("UPDATING", 10.0))
    assert table.state(5.0) == "DELETING"
    assert PLAIN.state(5.0) == "CREATING"


# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.OnlineOps.html
@pytest.mark.parametrize(
    ("status", "backfilling", "state"),
    [
        ("CREATING", False, "UPDATING"),
        ("CREATING", True, "ACTIVE"),
        ("ACTIVE", False, "ACTIVE"),
        ("DELETING", False, "UPDATING"),
    ],
)
def test_a_table_whose_index_changes(status: str, backfilling: bool, state: str) -> None:
    index = replace(FULL.indexes[1], status=status, backfilling=backfilling)
    assert replace(PLAIN, status="ACTIVE", indexes=(index,)).state(1.0) == state
