"""ListTables: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTables.html"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.operations.texts import (
    NOT_INTEGER,
    NOT_STRING,
    SERIALIZATION,
    constraints,
    fault,
    misfits,
    no_coral,
)


@pytest.mark.differs_locally("JSON of the wrong type is taken for absent or answered 500")
@pytest.mark.parametrize(
    ("member", "message"), misfits(Limit=NOT_INTEGER, ExclusiveStartTableName=NOT_STRING)
)
def test_json_of_the_wrong_type(raw: Any, member: dict[str, Any], message: str) -> None:
    assert raw("ListTables", member) == (400, {"__type": SERIALIZATION, "Message": message})


@no_coral
@pytest.mark.parametrize(
    ("request_", "faults"),
    [
        ({"Limit": 0}, [fault("0", "limit", "have value greater than or equal to 1")]),
        (
            {"Limit": 101, "ExclusiveStartTableName": "a;"},
            [
                fault(
                    "a;",
                    "exclusiveStartTableName",
                    "satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
                ),
                fault("a;", "exclusiveStartTableName", "have length greater than or equal to 3"),
                fault("101", "limit", "have value less than or equal to 100"),
            ],
        ),
    ],
)
def test_broken_constraints(fails: Any, request_: dict[str, Any], faults: list[str]) -> None:
    fails("list_tables", "ValidationException", constraints(*faults), **request_)


PREFIX = f"test-list-{uuid.uuid4().hex[:8]}-"
NAMES = [PREFIX + letter for letter in "abc"]


@pytest.fixture(scope="module", autouse=True)
def three(client: Any, create_table: Callable[..., str]) -> Iterator[None]:
    for name in reversed(NAMES):
        create_table(name, {"pk": "S"})
    yield
    for name in NAMES:
        client.delete_table(TableName=name)


def test_names_come_in_order(client: Any) -> None:
    names = client.list_tables()["TableNames"]
    assert names == sorted(names)
    assert [name for name in names if name in NAMES] == NAMES


def test_pages(client: Any) -> None:
    first = client.list_tables(ExclusiveStartTableName=PREFIX, Limit=2)
    assert first["TableNames"] == NAMES[:2]
    assert first["LastEvaluatedTableName"] == NAMES[1]
    second = client.list_tables(ExclusiveStartTableName=first["LastEvaluatedTableName"], Limit=1)
    assert second["TableNames"] == NAMES[2:]


def test_a_start_need_not_be_there(client: Any) -> None:
    answer = client.list_tables(ExclusiveStartTableName=PREFIX + "aa", Limit=1)
    assert answer["TableNames"] == [PREFIX + "b"]


def test_the_last_page_has_no_further_start(client: Any) -> None:
    every = client.list_tables()["TableNames"]
    answer = client.list_tables(ExclusiveStartTableName=every[-2], Limit=1)
    assert answer["TableNames"] == every[-1:]
    assert "LastEvaluatedTableName" not in answer


def test_behind_the_last(raw: Any) -> None:
    assert raw("ListTables", {"ExclusiveStartTableName": "zzz"}) == (200, {"TableNames": []})


def test_another_server_lists_the_same(client: Any, second_client: Any) -> None:
    found = second_client.list_tables(ExclusiveStartTableName=PREFIX, Limit=3)
    assert found["TableNames"] == NAMES
