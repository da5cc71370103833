"""The file of `dynaspan tables attach --map`."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.config import ConfigError
from app.model.attachment import Attachment, Column
from app.store.cassandra.columns.mapping import Mapped, mapped
from app.store.cassandra.columns.schema import Found, cql_type


def column(name: str, type: str) -> Column:
    return Column(name, cql_type(type, {}))


FOUND = Found(
    Attachment(
        "shop",
        "orders",
        (column("country", "text"), column("customer", "int")),
        (column("number", "int"),),
        (column("total", "decimal"), column("tags", "set<text>"), column("paid", "timestamp")),
    ),
    {"name": "static"},
)


def read(tmp_path: Path, text: str) -> Mapped:
    path = tmp_path / "map.toml"
    path.write_text(text)
    return mapped(FOUND, path)


def test_all_that_a_map_may_say(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        """
        partition_key = { attribute = "who", columns = ["country", "customer"] }
        sort_key = "order"
        leave_out = ["paid"]
        [attributes]
        Total = { column = "total", type = "N" }
        Tags = "tags"
        """,
    )
    assert (found.partition_key, found.sort_key) == ("who", "order")
    columns = found.found.attached.columns
    assert [(each.name, each.attribute) for each in columns] == [
        ("total", "Total"),
        ("tags", "Tags"),
    ]
    assert found.found.left_out == {"name": "static", "paid": "as the map says"}


def test_an_empty_map_changes_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "") == Mapped(FOUND, None, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("attributes = ", "Invalid value"),
        ("[atributes]", "atributes: Extra inputs are not permitted"),
        ("sort_key = 7", "sort_key: Input should be"),
        ('partition_key = { columns = ["country"] }', "partition_key.attribute: Field required"),
        (
            'partition_key = { attribute = "p", columns = ["customer", "country"] }',
            "partition_key: the columns are country, customer",
        ),
        ('leave_out = ["totl"]', "there is no column totl"),
        ('[attributes]\na = "number"', "column number is part of the key"),
        ('[attributes]\na = "name"', "column name cannot be served: static"),
        ('[attributes]\na = "total"\nb = "total"', "column total is two attributes"),
        ('leave_out = ["total"]\n[attributes]\na = "total"', "is an attribute, and left out"),
        ('[attributes]\na = { column = "tags", type = "L" }', "column tags is SS, not L"),
        ('[attributes]\na = { column = "tags", type = "X" }', "attributes.a.type: Input should be"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=f"map.toml: .*{message}"):
        read(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: "):
        mapped(FOUND, tmp_path / "none.toml")
