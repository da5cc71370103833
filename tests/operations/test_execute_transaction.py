"""ExecuteTransaction: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteTransaction.html"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("transactions")

Execute = Callable[..., Any]
FAILED = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
NONE = {"Code": "None"}


def given(statements: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [{"Statement": each} if isinstance(each, str) else each for each in statements]


@pytest.fixture
def execute(client: Any) -> Execute:
    """`execute(statement, ...)` -> the responses."""

    def run(*statements: Any, **more: Any) -> Any:
        return client.execute_transaction(TransactStatements=given(statements), **more)["Responses"]

    return run


@pytest.fixture
def cancelled(fails: Any) -> Execute:
    """`cancelled(statement, ...)` -> the reasons."""

    def run(*statements: Any) -> Any:
        answer = fails(
            "execute_transaction",
            "TransactionCanceledException",
            None,
            TransactStatements=given(statements),
        )
        return answer["CancellationReasons"]

    return run


def insert(table: str, key: str, number: int = 1) -> str:
    return f"INSERT INTO \"{table}\" VALUE {{'pk': '{key}', 'n': {number}}}"


def select(table: str, key: str, more: str = "") -> str:
    return f"SELECT n FROM \"{table}\" WHERE pk = '{key}'{more}"


def exists(table: str, key: str, more: str) -> str:
    return f"EXISTS(SELECT * FROM \"{table}\" WHERE pk = '{key}' AND {more})"


def test_all_is_written_and_read_together(execute: Execute, table: str, key: str) -> None:
    written = execute(
        insert(table, f"{key}1"),
        {
            "Statement": f"INSERT INTO \"{table}\" VALUE {{'pk': ?, 'n': ?}}",
            "Parameters": [{"S": f"{key}2"}, {"N": "2"}],
        },
    )
    assert written == []
    found = execute(select(table, f"{key}2"), select(table, "nobody"), select(table, f"{key}1"))
    assert found == [{"Item": {"n": {"N": "2"}}}, {}, {"Item": {"n": {"N": "1"}}}]


# Unlike those of a SELECT by itself.
def test_paths_are_shown_where_they_are(
    client: Any, execute: Execute, table: str, key: str
) -> None:
    execute(
        f"INSERT INTO \"{table}\" VALUE {{'pk': '{key}', 'm': {{'l': [1, 'a'], 'k': 2}}, 'n': 3}}"
    )
    select = f"SELECT m.l[1], n FROM \"{table}\" WHERE pk = '{key}'"
    item = {"m": {"M": {"l": {"L": [{"S": "a"}]}}}, "n": {"N": "3"}}
    assert execute(select) == [{"Item": item}]
    batch = client.batch_execute_statement(Statements=[{"Statement": select}])
    assert batch["Responses"] == [{"TableName": table, "Item": item}]


@pytest.mark.differs_locally("a full stop more in the message of a check")
def test_nothing_is_written_when_one_is_refused(
    execute: Execute, cancelled: Execute, table: str, key: str
) -> None:
    execute(insert(table, f"{key}1"), insert(table, f"{key}2"))
    reasons = cancelled(
        insert(table, f"{key}3"),
        f"UPDATE \"{table}\" SET n = 9 WHERE pk = '{key}1'",
        {
            "Statement": f"DELETE FROM \"{table}\" WHERE pk = '{key}2' AND n > 1",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        },
        exists(table, f"{key}4", "n = 1"),
    )
    item = {"pk": {"S": f"{key}2"}, "n": {"N": "1"}}
    assert reasons == [NONE, NONE, {**FAILED, "Item": item}, FAILED]
    found = execute(select(table, f"{key}1"), select(table, f"{key}3"))
    assert found == [{"Item": {"n": {"N": "1"}}}, {}]


def test_exists_is_a_condition(execute: Execute, table: str, key: str) -> None:
    execute(insert(table, f"{key}1"))
    execute(exists(table, f"{key}1", "n = 1"), insert(table, f"{key}2"))
    execute(exists(table, f"{key}1", f"pk = '{key}1'"))
    assert execute(select(table, f"{key}2")) == [{"Item": {"n": {"N": "1"}}}]


@pytest.mark.differs_locally("calls it a ValidationError")
def test_an_item_that_is_there(execute: Execute, cancelled: Execute, table: str, key: str) -> None:
    execute(insert(table, key))
    assert cancelled(insert(table, key, 2), insert(table, f"{key}2")) == [
        {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"},
        NONE,
    ]


def test_a_fault_of_one_cancels_all(cancelled: Execute, table: str, key: str) -> None:
    reasons = cancelled(insert(table, key), f'UPDATE "{table}" SET n = 1 WHERE pk = 1')
    message = "Key attribute's data type should match its data type in table's schema: Key pk"
    assert reasons == [NONE, {"Code": "ValidationError", "Message": message}]


@pytest.mark.differs_locally("a full stop more in the message of a check")
def test_exists_of_a_wrong_key(cancelled: Execute, table: str, key: str) -> None:
    reasons = cancelled(f'EXISTS(SELECT * FROM "{table}" WHERE pk = 1 AND n = 1)')
    message = "Key attribute's data type should match its data type in table's schema: Key pk"
    assert reasons == [{"Code": "ValidationError", "Message": message}]
    # Of two keys the first is looked at.
    assert cancelled(exists(table, key, "pk = 1")) == [FAILED]


# Statements are looked at one after the other, before anything is done.
def test_of_two_faults_that_of_the_first_is_told(cancelled: Execute, table: str, key: str) -> None:
    reasons = cancelled(
        insert(table, key),
        f'UPDATE "{table}" SET n = 1 WHERE pk = 1',
        f'DELETE FROM "{table}"',
        f"DELETE FROM \"{table}\" WHERE pk = '{key}' RETURNING ALL OLD *",
        f'DELETE FROM "{table}" WHERE f(n)',
    )
    message = "Key attribute's data type should match its data type in table's schema: Key pk"
    assert reasons == [NONE, {"Code": "ValidationError", "Message": message}, NONE, NONE, NONE]


# As of TransactGetItems.
def test_a_fault_of_one_read_cancels_all(cancelled: Execute, table: str, key: str) -> None:
    reasons = cancelled(select(table, key), f'SELECT * FROM "{table}" WHERE pk = 1')
    message = "Key attribute's data type should match its data type in table's schema: Key pk"
    assert reasons == [NONE, {"Code": "ValidationError", "Message": message}]


def test_a_token_is_spent_once(execute: Execute, table: str, key: str) -> None:
    execute(insert(table, key))
    add = f"UPDATE \"{table}\" SET n = n + 1 WHERE pk = '{key}'"
    for _ in range(3):
        execute(add, ClientRequestToken=key)
    assert execute(select(table, key)) == [{"Item": {"n": {"N": "2"}}}]


def test_an_empty_key_is_no_reason_of_one_action(fails: Any, table: str, key: str) -> None:
    for statement in (insert, select):
        fails(
            "execute_transaction",
            "ValidationException",
            "One or more parameter values are not valid. The AttributeValue for a key attribute "
            "cannot contain an empty string value. Key: pk",
            TransactStatements=given((statement(table, key), statement(table, ""))),
        )


FIRST = "Validation failed in TransactStatements[0]: "
MIXED = (
    "ExecuteTransaction API does not support both read and write operations in the same request."
)
MALFORMED = "Statement wasn't well formed, can't be processed: Expected identifier for AS-alias"


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        (
            ["SELECT n FROM t WHERE n = 1"],
            f"{FIRST}Select statements within ExecuteTransaction must specify the primary key in "
            "the where clause.",
        ),
        (
            ["SELECT n FROM t WHERE pk = 'a' AND n = 1"],
            f"{FIRST}Select statements within ExecuteTransaction must specify the primary key in "
            "the where clause.",
        ),
        (
            ["SELECT n FROM t.idx WHERE pk = 'a'"],
            f"{FIRST}Reads on indices are not supported within transactions.",
        ),
        (
            ["SELECT n FROM t WHERE pk = 'a'", "DELETE FROM t WHERE pk = 'b'"],
            MIXED,
        ),
        (
            ["DELETE FROM t WHERE pk = 'a'", "UPDATE t SET n = 1 WHERE pk = 'a'"],
            "Transaction request cannot include multiple operations on one item",
        ),
        # It is refused before the fault that would be the reason of the first.
        (
            ["UPDATE t SET pk = 'b' WHERE pk = 'a'", "DELETE FROM t WHERE pk = 'a'"],
            "Transaction request cannot include multiple operations on one item",
        ),
        (["SELECT n AS m FROM t WHERE pk = 'a'"], f"{FIRST}Aliasing is not supported"),
        (["SELECT n AS", "DELETE FROM t WHERE f(n)"], MALFORMED),
        (
            ["DELETE FROM t WHERE pk = 'a' AND n < true"],
            f"{FIRST}Incorrect operand type for operator or function; operator or function: <, "
            "operand type: BOOL",
        ),
        (
            ["SELECT n FROM t WHERE pk = 'a' AND pk = 'b'"],
            f"{FIRST}Select statements within ExecuteTransaction must specify the primary key in "
            "the where clause.",
        ),
        (["n = 1"], "Unsupported operation in transaction."),
        (["CREATE TABLE things"], "Unsupported operation: CreateTable"),
        (
            ["SELECT n FROM t WHERE n = 1", "INSERT INTO t {'pk': 'a'}"],
            "Unsupported operation: InsertOp",
        ),
        (
            ["DELETE FROM t WHERE pk = NULL"],
            f"{FIRST}Key value must be of type S, N, or B. Key name: pk, Key type: NULL",
        ),
        (
            ["SELECT n FROM t ORDER BY n"],
            f"{FIRST}Must have WHERE clause in the statement when using ORDER BY clause.",
        ),
        (
            ["SELECT n FROM t WHERE n = 1 ORDER BY n"],
            f"{FIRST}Must have at least one non-optional hash key condition in WHERE clause when "
            "using ORDER BY clause.",
        ),
        (["SELECT n FROM t WHERE f(n)", "DELETE FROM t WHERE pk = 'b'"], MIXED),
        (["DELETE FROM t WHERE pk = 'a' RETURNING ALL OLD *", "SELECT n FROM t"], MIXED),
        (
            ["EXISTS(SELECT * FROM t WHERE pk = 'a')"],
            f"{FIRST}EXISTS() must contain a single item read with additional condition",
        ),
        (
            ["EXISTS(SELECT * FROM t WHERE n = 1)"],
            f"{FIRST}EXISTS() must contain a single item read with additional condition",
        ),
        (
            ["DELETE FROM t WHERE pk = 'a' RETURNING ALL OLD *"],
            f"{FIRST}RETURNING clause is not supported in ExecuteTransaction.",
        ),
        (
            ["DELETE FROM t WHERE pk = ?"],
            f"{FIRST}Number of parameters in request and statement don't match.",
        ),
    ],
)
def test_refusals(fails: Any, table: str, statements: list[str], message: str) -> None:
    named = [
        each.replace(" t ", f' "{table}" ').replace(" t.", f' "{table}".') for each in statements
    ]
    fails(
        "execute_transaction",
        "ValidationException",
        message,
        TransactStatements=[{"Statement": each} for each in named],
    )


@pytest.mark.differs_locally("no capacity is told")
def test_everything_costs_twice(client: Any, table: str, key: str) -> None:
    for statement, member in ((insert(table, key), "Write"), (select(table, key), "Read")):
        answer = client.execute_transaction(
            TransactStatements=[{"Statement": statement}], ReturnConsumedCapacity="TOTAL"
        )
        assert answer["ConsumedCapacity"] == [
            {"TableName": table, "CapacityUnits": 2.0, f"{member}CapacityUnits": 2.0}
        ]


# What was done before is but looked at.
@pytest.mark.differs_locally("no capacity is told")
def test_a_replay_costs_reads(client: Any, table: str, key: str) -> None:
    request = {
        "TransactStatements": [{"Statement": insert(table, key)}],
        "ClientRequestToken": key,
        "ReturnConsumedCapacity": "TOTAL",
    }
    told = [client.execute_transaction(**request)["ConsumedCapacity"] for _ in range(2)]
    units = {"TableName": table, "CapacityUnits": 2.0}
    assert told == [[units | {"WriteCapacityUnits": 2.0}], [units | {"ReadCapacityUnits": 2.0}]]
