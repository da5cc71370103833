"""TransactGetItems: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactGetItems.html"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.operations.texts import KEY_MISMATCH, NO_TABLE, constraints, fault, missing

pytestmark = pytest.mark.usefixtures("transactions")

Fails = Callable[..., dict[str, Any]]


def wire(pk: str, **attributes: Any) -> dict[str, Any]:
    return {"pk": {"S": pk}, **attributes}


def get(table: str, pk: str, **more: Any) -> dict[str, Any]:
    return {"Get": {"TableName": table, "Key": wire(pk), **more}}


@pytest.mark.differs_locally("takes no ARN")
def test_items_in_the_order_of_the_request(
    client: Any, table: str, table_ss: str, key: str
) -> None:
    one, other = wire(key + "1", n={"N": "1"}), {**wire(key), "sk": {"S": "s"}}
    client.put_item(TableName=table, Item=one)
    client.put_item(TableName=table_ss, Item=other)
    arn = client.describe_table(TableName=table)["Table"]["TableArn"]
    answer = client.transact_get_items(
        TransactItems=[
            {"Get": {"TableName": table_ss, "Key": other}},
            get(table, key + "absent"),
            get(arn, key + "1"),
        ]
    )
    assert answer["Responses"] == [{"Item": other}, {}, {"Item": one}]


def test_projections(client: Any, table: str, key: str) -> None:
    client.put_item(TableName=table, Item=wire(key, a={"S": "x"}, b={"M": {"c": {"N": "1"}}}))
    client.put_item(TableName=table, Item=wire(key + "2", a={"S": "x"}))
    names = {"ExpressionAttributeNames": {"#c": "c"}}
    answer = client.transact_get_items(
        TransactItems=[
            get(table, key, ProjectionExpression="b.#c", **names),
            get(table, key + "2", ProjectionExpression="nothing"),
        ]
    )
    assert answer["Responses"] == [{"Item": {"b": {"M": {"c": {"N": "1"}}}}}, {"Item": {}}]


@pytest.mark.differs_locally("the table's part lacks ReadCapacityUnits")
def test_capacity(client: Any, table: str, key: str) -> None:
    client.put_item(TableName=table, Item=wire(key, a={"S": "x" * 5000}))
    reads = [get(table, key, ProjectionExpression="pk"), get(table, key + "absent")]
    units = {"CapacityUnits": 6.0, "ReadCapacityUnits": 6.0}
    answer = client.transact_get_items(TransactItems=reads, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"] == [{"TableName": table, **units}]
    answer = client.transact_get_items(TransactItems=reads, ReturnConsumedCapacity="INDEXES")
    assert answer["ConsumedCapacity"] == [{"TableName": table, **units, "Table": units}]


def test_one_item_twice(table: str, key: str, fails: Fails) -> None:
    fails(
        "transact_get_items",
        "ValidationException",
        "Transaction request cannot include multiple operations on one item",
        TransactItems=[get(table, key), get(table, key)],
    )


@pytest.mark.differs_locally("requests are not checked against the API's model")
def test_constraints(table: str, fails: Fails) -> None:
    for request, message in (
        ({}, missing("transactItems")),
        (
            {"TransactItems": []},
            fault("[]", "transactItems", "have length greater than or equal to 1"),
        ),
        ({"TransactItems": [{}]}, missing("transactItems.1.member.get")),
        (
            {"TransactItems": [{"Get": {"TableName": table}}]},
            missing("transactItems.1.member.get.key"),
        ),
    ):
        fails("transact_get_items", "ValidationException", constraints(message), **request)


def test_a_hundred_items(client: Any, table: str, key: str, fails: Fails) -> None:
    reads = [get(table, f"{key}{number}") for number in range(101)]
    answer = fails("transact_get_items", "ValidationException", None, TransactItems=reads)
    assert "Member must have length less than or equal to 100" in answer["Error"]["Message"]
    assert client.transact_get_items(TransactItems=reads[:100])["Responses"] == [{}] * 100


@pytest.mark.differs_locally("looks for tables first")
def test_faults_of_expressions_come_before_tables(key: str, fails: Fails) -> None:
    fails(
        "transact_get_items",
        "ValidationException",
        'Invalid ProjectionExpression: Syntax error; token: ".", near: "..b"',
        TransactItems=[get("no-such-table", key, ProjectionExpression="a..b")],
    )


@pytest.mark.differs_locally("other words")
def test_a_table_that_is_not_there(key: str, fails: Fails) -> None:
    fails(
        "transact_get_items",
        "ResourceNotFoundException",
        NO_TABLE,
        TransactItems=[get("no-such-table", key)],
    )


@pytest.mark.differs_locally("other words, and no reasons")
def test_a_bad_key_is_the_reason_of_its_item(client: Any, table: str, key: str) -> None:
    with pytest.raises(ClientError) as caught:
        client.transact_get_items(
            TransactItems=[
                get(table, key),
                {"Get": {"TableName": table, "Key": {"other": {"S": "x"}}}},
            ]
        )
    answer = caught.value.response
    assert answer["Error"]["Code"] == "TransactionCanceledException"
    assert answer["CancellationReasons"] == [
        {"Code": "None"},
        {"Code": "ValidationError", "Message": KEY_MISMATCH},
    ]


# As of a write, it is looked for before anything is done.
def test_an_empty_key_is_no_reason_of_one_item(table: str, key: str, fails: Fails) -> None:
    fails(
        "transact_get_items",
        "ValidationException",
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
        "contain an empty string value. Key: pk",
        TransactItems=[get(table, key), get(table, "")],
    )


@pytest.mark.differs_locally("counts some bytes more")
def test_four_megabytes(client: Any, table: str, key: str, fails: Fails) -> None:
    item = wire(key, b={"S": "x" * 380 * 1024})
    for number in range(11):
        client.put_item(TableName=table, Item=item | wire(f"{key}{number:02}"))
    reads = [get(table, f"{key}{number:02}") for number in range(11)]
    assert len(client.transact_get_items(TransactItems=reads[:10])["Responses"]) == 10
    size = 11 * (2 + len(key) + 2 + 1 + 380 * 1024)
    fails(
        "transact_get_items",
        "ValidationException",
        f"Payload in response is too large.{size}",
        TransactItems=reads,
    )
