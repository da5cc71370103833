"""BatchExecuteStatement: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.operations.texts import own_words

Batch = Callable[..., Any]


@pytest.fixture
def batch(client: Any) -> Batch:
    """`batch(statement, ...)` -> the responses."""

    def run(*statements: Any, **more: Any) -> Any:
        given = [{"Statement": each} if isinstance(each, str) else each for each in statements]
        return client.batch_execute_statement(Statements=given, **more)["Responses"]

    return run


def insert(table: str, key: str, number: int = 1) -> str:
    return f"INSERT INTO \"{table}\" VALUE {{'pk': '{key}', 'n': {number}}}"


def select(table: str, key: str, more: str = "") -> str:
    return f"SELECT n FROM \"{table}\" WHERE pk = '{key}'{more}"


def test_reads_are_answered_in_order(batch: Batch, table: str, key: str) -> None:
    batch(insert(table, f"{key}1"), insert(table, f"{key}2", 2))
    found = batch(select(table, f"{key}2"), select(table, "nothing"), select(table, f"{key}1"))
    assert found == [
        {"TableName": table, "Item": {"n": {"N": "2"}}},
        {"TableName": table},
        {"TableName": table, "Item": {"n": {"N": "1"}}},
    ]


def test_each_write_has_an_outcome_of_its_own(batch: Batch, table: str, key: str) -> None:
    batch(insert(table, f"{key}1"), insert(table, f"{key}2"))
    found = batch(
        insert(table, f"{key}1"),
        {
            "Statement": f"UPDATE \"{table}\" SET n = 9 WHERE pk = '{key}2' AND n > 1",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        },
        f"UPDATE \"{table}\" SET n = 9 WHERE pk = '{key}3' RETURNING ALL NEW *",
        insert(table, f"{key}4"),
    )
    refused = "The conditional request failed"
    assert found == [
        {
            "TableName": table,
            "Error": {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"},
        },
        {
            "TableName": table,
            "Error": {
                "Code": "ConditionalCheckFailed",
                "Message": refused,
                "Item": {"pk": {"S": f"{key}2"}, "n": {"N": "1"}},
            },
        },
        {"TableName": table, "Error": {"Code": "ConditionalCheckFailed", "Message": refused}},
        {"TableName": table},
    ]


def test_what_update_returns(batch: Batch, table: str, key: str) -> None:
    batch(insert(table, key))
    (found,) = batch(f"UPDATE \"{table}\" SET n = 2 WHERE pk = '{key}' RETURNING MODIFIED NEW *")
    assert found == {"TableName": table, "Item": {"n": {"N": "2"}}}


@own_words
def test_faults_of_one_statement_are_its_own(batch: Batch, table: str, key: str) -> None:
    one_item = (
        "Select statements within BatchExecuteStatement must specify the primary key in the where "
        "clause."
    )
    found = batch(
        select(table, key),
        select(table, key, " AND n = 1"),
        "SELECT * FROM nowhere WHERE pk = 'a'",
        f'SELECT * FROM "{table}" WHERE pk = 1',
        "SELECT",
    )
    assert found[0] == {"TableName": table}
    assert [each["Error"] for each in found[1:]] == [
        {"Code": "ValidationError", "Message": one_item},
        {"Code": "ResourceNotFound", "Message": "Requested resource not found"},
        {
            "Code": "ValidationError",
            "Message": "Key attribute's data type should match its data type in table's schema: "
            "Key pk",
        },
        {
            "Code": "ValidationError",
            "Message": "Statement wasn't well formed, can't be processed: Unexpected term",
        },
    ]


@own_words
def test_a_write_that_is_right_as_a_statement_names_its_table(
    batch: Batch, table: str, key: str
) -> None:
    found = batch(
        f"UPDATE \"{table}\" SET pk = 'b' WHERE pk = '{key}'",
        insert(table, ""),
        f'DELETE FROM "{table}"',
        "CREATE TABLE things",
        f"INSERT INTO \"{table}\" {{'pk': '{key}'}}",
        "n = 1",
    )
    assert [each.get("TableName") for each in found] == [table, table, None, None, None, None]
    assert [each["Error"]["Message"] for each in found] == [
        "One or more parameter values were invalid: Cannot update attribute pk. This attribute is "
        "part of the key",
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
        "contain an empty string value. Key: pk",
        "Where clause does not contain a mandatory equality on all key attributes",
        *["Invalid operation. Only select, insert, update and delete operations are valid"] * 2,
        "EXISTS can only be used in ExecuteTransaction write requests.",
    ]


def test_a_parameter_that_is_no_value_is_a_fault_of_the_request(
    fails: Any, table: str, key: str
) -> None:
    select_one = f'SELECT * FROM "{table}" WHERE pk = ?'
    fails(
        "batch_execute_statement",
        "ValidationException",
        None,
        Statements=[
            {"Statement": insert(table, key)},
            {"Statement": select_one, "Parameters": [{"N": "x"}]},
        ],
    )


def test_reads_and_writes_do_not_mix(fails: Any, client: Any, table: str, key: str) -> None:
    fails(
        "batch_execute_statement",
        "ValidationException",
        "Read and write requests together in the same batch is not supported.",
        Statements=[{"Statement": insert(table, key)}, {"Statement": select(table, "a")}],
    )
    assert "Item" not in client.get_item(TableName=table, Key={"pk": {"S": key}})


# Whatever else is wrong with them; but what is none of them is neither.
@own_words
def test_statements_with_faults_do_not_mix_either(
    batch: Batch, fails: Any, table: str, key: str
) -> None:
    for read in ("SELECT a AS b FROM nowhere", "SELECT * FROM nowhere WHERE a < true"):
        fails(
            "batch_execute_statement",
            "ValidationException",
            "Read and write requests together in the same batch is not supported.",
            Statements=[{"Statement": insert(table, key)}, {"Statement": read}],
        )
    exists = f"EXISTS(SELECT * FROM \"{table}\" WHERE pk = '{key}' AND n = 1)"
    found = batch(select(table, key), exists, "SELECT", "CREATE TABLE things")
    assert ["Error" in each for each in found] == [False, True, True, True]


def test_no_item_twice(fails: Any, table: str, key: str) -> None:
    fails(
        "batch_execute_statement",
        "ValidationException",
        "Provided list of item keys contains duplicates",
        Statements=[{"Statement": select(table, key)}] * 2,
    )
    change_of_key = f"UPDATE \"{table}\" SET pk = 'b' WHERE pk = '{key}'"
    fails(
        "batch_execute_statement",
        "ValidationException",
        "Provided list of item keys contains duplicates",
        Statements=[{"Statement": change_of_key}, {"Statement": insert(table, key)}],
    )


@pytest.mark.differs_locally("no capacity is told")
def test_capacity(client: Any, table: str, key: str) -> None:
    answer = client.batch_execute_statement(
        Statements=[
            {"Statement": select(table, key), "ConsistentRead": True},
            {"Statement": select(table, f"{key}1")},
        ],
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer["ConsumedCapacity"] == [{"TableName": table, "CapacityUnits": 1.5}]
