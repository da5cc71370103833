"""TransactWriteItems: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.operations.texts import INVALID, KEY_MISMATCH, NO_TABLE, constraints, fault, missing

pytestmark = pytest.mark.usefixtures("transactions")

CONDITION_FAILED = "The conditional request failed"
FAILED = {"Code": "ConditionalCheckFailed", "Message": CONDITION_FAILED}
NONE = {"Code": "None"}
DUPLICATES = "Transaction request cannot include multiple operations on one item"
ABSENT = "attribute_not_exists(pk)"
PRESENT = "attribute_exists(pk)"

Fails = Callable[..., dict[str, Any]]
Cancelled = Callable[..., list[Any]]


def wire(pk: str, **attributes: Any) -> dict[str, Any]:
    return {"pk": {"S": pk}, **attributes}


def number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def put(table: str, pk: str, condition: str | None = None, **more: Any) -> dict[str, Any]:
    if condition is not None:
        more["ConditionExpression"] = condition
    return {"Put": {"TableName": table, "Item": wire(pk, n=number(1)), **more}}


def delete(table: str, pk: str, **more: Any) -> dict[str, Any]:
    return {"Delete": {"TableName": table, "Key": wire(pk), **more}}


def check(table: str, pk: str, condition: str, **more: Any) -> dict[str, Any]:
    part = {"TableName": table, "Key": wire(pk), "ConditionExpression": condition}
    return {"ConditionCheck": part | more}


def add(table: str, pk: str, units: int, **more: Any) -> dict[str, Any]:
    part = {
        "TableName": table,
        "Key": wire(pk),
        "UpdateExpression": "ADD n :units",
        "ExpressionAttributeValues": {":units": number(units)},
    }
    return {"Update": part | more}


def nested_lists(count: int) -> dict[str, Any]:
    value: dict[str, Any] = {"S": "x"}
    for _ in range(count):
        value = {"L": [value]}
    return value


def stored(client: Any, table: str, pk: str) -> dict[str, Any] | None:
    item: dict[str, Any] | None = client.get_item(
        TableName=table, Key=wire(pk), ConsistentRead=True
    ).get("Item")
    return item


@pytest.fixture
def cancelled(client: Any) -> Cancelled:
    """`cancelled(*actions)` -> the reasons, whose codes are also in the message."""

    def check(*actions: dict[str, Any], **request: Any) -> list[Any]:
        with pytest.raises(ClientError) as caught:
            client.transact_write_items(TransactItems=list(actions), **request)
        answer = caught.value.response
        assert answer["Error"]["Code"] == "TransactionCanceledException", answer["Error"]
        reasons: list[Any] = answer["CancellationReasons"]
        codes = ", ".join(reason["Code"] for reason in reasons)
        assert answer["Error"]["Message"] == (
            "Transaction cancelled, please refer cancellation reasons for specific reasons "
            f"[{codes}]"
        )
        return reasons

    return check


def test_all_four_actions(client: Any, table: str, key: str) -> None:
    for name in ("updated", "deleted", "checked"):
        client.put_item(TableName=table, Item=wire(key + name, n=number(5)))
    answer = client.transact_write_items(
        TransactItems=[
            put(table, key + "put", ABSENT),
            add(table, key + "updated", 2),
            delete(table, key + "deleted"),
            check(table, key + "checked", PRESENT),
        ]
    )
    assert set(answer) == {"ResponseMetadata"}
    assert stored(client, table, key + "put") == wire(key + "put", n=number(1))
    assert stored(client, table, key + "updated") == wire(key + "updated", n=number(7))
    assert stored(client, table, key + "deleted") is None
    assert stored(client, table, key + "checked") == wire(key + "checked", n=number(5))


@pytest.mark.differs_locally("a full stop more in the message of a check")
def test_a_failed_condition_cancels_all(
    client: Any, table: str, key: str, cancelled: Cancelled
) -> None:
    there = wire(key + "there", n=number(5))
    client.put_item(TableName=table, Item=there)
    reasons = cancelled(
        put(table, key + "a"),
        put(table, key + "there", ABSENT),
        check(table, key + "absent", PRESENT, ReturnValuesOnConditionCheckFailure="ALL_OLD"),
        delete(
            table,
            key + "there2",
            ConditionExpression=PRESENT,
            ReturnValuesOnConditionCheckFailure="NONE",
        ),
    )
    assert reasons == [NONE, FAILED, FAILED, FAILED]
    assert stored(client, table, key + "a") is None
    assert stored(client, table, key + "there") == there


@pytest.mark.differs_locally("a full stop more in the message of a check")
def test_the_item_that_failed_a_condition(
    client: Any, table: str, key: str, cancelled: Cancelled
) -> None:
    there = wire(key, n=number(5))
    client.put_item(TableName=table, Item=there)
    old = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    for action in (
        put(table, key, ABSENT, **old),
        add(table, key, 1, ConditionExpression=ABSENT, **old),
        delete(table, key, ConditionExpression=ABSENT, **old),
        check(table, key, ABSENT, **old),
    ):
        assert cancelled(put(table, key + "a"), action) == [NONE, {**FAILED, "Item": there}]


@pytest.mark.differs_locally("a fault of an item is that of the whole request, or shorter")
def test_faults_of_single_items(
    client: Any,
    table: str,
    key: str,
    new_table: Callable[..., str],
    cancelled: Cancelled,
    fails: Fails,
) -> None:
    client.put_item(TableName=table, Item=wire(key, n=number(5), s={"S": "x"}))
    indexed = new_table(
        {"pk": "S"},
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "gsi")
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-gsi",
                "KeySchema": [{"AttributeName": "gsi", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )

    def update(expression: str, **values: Any) -> dict[str, Any]:
        part = {"TableName": table, "Key": wire(key), "UpdateExpression": expression}
        if values:
            part["ExpressionAttributeValues"] = {f":{name}": v for name, v in values.items()}
        return {"Update": part}

    for action, message in (
        ({"Put": {"TableName": table, "Item": {"a": {"S": "b"}}}}, f"{INVALID}Missing the key pk"),
        (
            {"Put": {"TableName": table, "Item": {"pk": number(1)}}},
            f"{INVALID}Type mismatch for key pk expected: S actual: N",
        ),
        ({"Delete": {"TableName": table, "Key": {"pk": number(1)}}}, KEY_MISMATCH),
        (
            {"Put": {"TableName": indexed, "Item": wire(key, gsi=number(1))}},
            f"{INVALID}Type mismatch for Index Key gsi Expected: S Actual: N",
        ),
        (
            update("SET pk = :v", v=number(1)),
            f"{INVALID}Cannot update attribute pk. This attribute is part of the key",
        ),
        (
            update("SET s = s + :v", v=number(1)),
            "An operand in the update expression has an incorrect data type",
        ),
        (
            update("SET s = nothing"),
            "The provided expression refers to an attribute that does not exist in the item",
        ),
        (
            update("SET s.a = :v", v=number(1)),
            "The document path provided in the update expression is invalid for update",
        ),
        (
            update("SET d = :v", v=nested_lists(32)),
            "Nesting Levels have exceeded supported limits",
        ),
        (
            update("SET big = :v", v={"S": "x" * 409_600}),
            "Item size to update has exceeded the maximum allowed size",
        ),
    ):
        reasons = cancelled(put(table, key + "a"), action, check(table, key + "b", PRESENT))
        assert [reasons[0], reasons[2]] == [NONE, FAILED]
        assert reasons[1]["Code"] == "ValidationError"
        assert reasons[1]["Message"].startswith(message)
    # But an empty key is looked for before anything is done.
    values = {":v": {"S": ""}}
    empty = {"UpdateExpression": "SET gsi = :v", "ExpressionAttributeValues": values}
    fails(
        "transact_write_items",
        "ValidationException",
        "One or more parameter values are not valid. The update expression attempted to update a "
        "secondary index key to a value that is not supported. The AttributeValue for a key "
        "attribute cannot contain an empty string value.",
        TransactItems=[put(table, key + "a"), {"Update": delete(indexed, key, **empty)["Delete"]}],
    )
    assert stored(client, table, key + "a") is None


def test_an_empty_key_is_no_reason_of_one_action(table: str, key: str, fails: Fails) -> None:
    for action in (put(table, ""), delete(table, ""), check(table, "", ABSENT), add(table, "", 1)):
        fails(
            "transact_write_items",
            "ValidationException",
            "One or more parameter values are not valid. The AttributeValue for a key attribute "
            "cannot contain an empty string value. Key: pk",
            TransactItems=[put(table, key), action],
        )


@pytest.mark.differs_locally("does not look for it in all cases")
def test_one_item_twice(client: Any, table: str, key: str, fails: Fails) -> None:
    for second in (put(table, key), delete(table, key), check(table, key, ABSENT)):
        fails(
            "transact_write_items",
            "ValidationException",
            DUPLICATES,
            TransactItems=[put(table, key), second],
        )
    arn = client.describe_table(TableName=table)["Table"]["TableArn"]
    fails(
        "transact_write_items",
        "ValidationException",
        DUPLICATES,
        TransactItems=[put(table, key), add(arn, key, 1)],
    )


def test_bad_actions(table: str, key: str, fails: Fails) -> None:
    for actions, message in (
        (
            [{}],
            "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request",
        ),
        (
            [put(table, key) | delete(table, key)],
            "TransactItems can only contain one of Check, Put, Update or Delete",
        ),
        (
            [add(table, key, 1, UpdateExpression="ADDD n :units")],
            'Invalid UpdateExpression: Syntax error; token: "ADDD", near: "ADDD n"',
        ),
        (
            [put(table, key, ABSENT, ExpressionAttributeNames={"#a": "a"})],
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}",
        ),
        (
            [{"Put": {"TableName": table, "Item": wire(key, big={"S": "x" * 409_600})}}],
            "Item size has exceeded the maximum allowed size",
        ),
    ):
        fails("transact_write_items", "ValidationException", message, TransactItems=actions)


@pytest.mark.differs_locally("requests are not checked against the API's model")
def test_constraints(table: str, key: str, fails: Fails) -> None:
    for request, message in (
        ({}, missing("transactItems")),
        (
            {"TransactItems": []},
            fault("[]", "transactItems", "have length greater than or equal to 1"),
        ),
        (
            {"TransactItems": [put(table, key)], "ClientRequestToken": "x" * 37},
            fault("x" * 37, "clientRequestToken", "have length less than or equal to 36"),
        ),
        (
            {"TransactItems": [{"ConditionCheck": {"TableName": table, "Key": wire(key)}}]},
            missing("transactItems.1.member.conditionCheck.conditionExpression"),
        ),
        (
            {"TransactItems": [{"Update": {"TableName": table, "Key": wire(key)}}]},
            missing("transactItems.1.member.update.updateExpression"),
        ),
    ):
        fails("transact_write_items", "ValidationException", constraints(message), **request)


def test_a_hundred_actions(client: Any, table: str, key: str, fails: Fails) -> None:
    actions = [put(table, f"{key}{number}", ABSENT) for number in range(101)]
    answer = fails("transact_write_items", "ValidationException", None, TransactItems=actions)
    assert "Member must have length less than or equal to 100" in answer["Error"]["Message"]
    client.transact_write_items(TransactItems=actions[:100])
    assert stored(client, table, f"{key}99") is not None


def test_four_megabytes(client: Any, table: str, key: str, fails: Fails) -> None:
    big = {"S": "x" * 380 * 1024}
    actions = [
        {"Put": {"TableName": table, "Item": wire(f"{key}{number}", b=big)}} for number in range(11)
    ]
    client.transact_write_items(TransactItems=actions[:10])
    size = 11 * (2 + len(key) + 1 + 1 + 380 * 1024) + 1
    fails(
        "transact_write_items",
        "ValidationException",
        f"Transaction payload size cannot exceed 4MB. Payload Size: {size}",
        TransactItems=actions,
    )


@pytest.mark.differs_locally("other words")
def test_a_table_that_is_not_there(table: str, key: str, fails: Fails) -> None:
    fails(
        "transact_write_items",
        "ResourceNotFoundException",
        NO_TABLE,
        TransactItems=[put(table, key), put("no-such-table", key)],
    )


def test_a_token_makes_it_once(client: Any, table: str, key: str) -> None:
    request = {"TransactItems": [add(table, key, 1)], "ClientRequestToken": key}
    for _ in range(3):
        client.transact_write_items(**request)
    assert stored(client, table, key) == wire(key, n=number(1))
    # The condition does not hold any more, and is not looked at.
    first = {"TransactItems": [put(table, key + "a", ABSENT)], "ClientRequestToken": key + "a"}
    client.transact_write_items(**first)
    client.transact_write_items(**first)
    client.transact_write_items(TransactItems=[add(table, key, 1)])
    assert stored(client, table, key) == wire(key, n=number(2))


def test_a_token_with_another_request(client: Any, table: str, key: str, fails: Fails) -> None:
    client.transact_write_items(TransactItems=[add(table, key, 1)], ClientRequestToken=key)
    for units, condition in ((2, None), (1, ABSENT)):
        more = {} if condition is None else {"ConditionExpression": condition}
        fails(
            "transact_write_items",
            "IdempotentParameterMismatchException",
            "Specified idempotent token was used with different request parameters within the "
            "idempotency window",
            TransactItems=[add(table, key, units, **more)],
            ClientRequestToken=key,
        )
    # How the answer is to look does not make it another request.
    client.transact_write_items(
        TransactItems=[add(table, key, 1)], ClientRequestToken=key, ReturnConsumedCapacity="TOTAL"
    )
    assert stored(client, table, key) == wire(key, n=number(1))


def test_a_cancelled_transaction_does_not_spend_its_token(
    client: Any, table: str, key: str, cancelled: Cancelled
) -> None:
    request = {"ClientRequestToken": key}
    action = put(table, key, PRESENT)
    assert cancelled(action, **request) == [FAILED]
    client.put_item(TableName=table, Item=wire(key))
    client.transact_write_items(TransactItems=[action], **request)


def test_many_at_once_with_one_token(client: Any, table: str, key: str) -> None:
    def attempt(_: int) -> str:
        try:
            client.transact_write_items(TransactItems=[add(table, key, 1)], ClientRequestToken=key)
        except ClientError as fault:
            return str(fault.response["Error"]["Code"])
        return "done"

    with ThreadPoolExecutor(8) as pool:
        outcomes = set(pool.map(attempt, range(8)))
    assert outcomes <= {"done", "TransactionInProgressException"}
    assert stored(client, table, key) == wire(key, n=number(1))


@pytest.mark.differs_locally("a check costs more than a write, a replay is not told by table")
def test_capacity(client: Any, table: str, key: str) -> None:
    def units(value: float, kind: str) -> dict[str, float]:
        return {"CapacityUnits": value, f"{kind}CapacityUnits": value}

    request = {
        "TransactItems": [put(table, key), check(table, key + "b", ABSENT)],
        "ClientRequestToken": key,
    }
    answer = client.transact_write_items(**request, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"] == [{"TableName": table, **units(4.0, "Write")}]
    answer = client.transact_write_items(**request, ReturnConsumedCapacity="INDEXES")
    assert answer["ConsumedCapacity"] == [
        {"TableName": table, **units(4.0, "Read"), "Table": units(4.0, "Read")}
    ]


@pytest.mark.differs_locally("takes no ARN")
def test_tables_by_name_and_by_arn(client: Any, table: str, table_ss: str, key: str) -> None:
    arn = client.describe_table(TableName=table)["Table"]["TableArn"]
    other = {**wire(key), "sk": {"S": "s"}}
    client.transact_write_items(
        TransactItems=[put(arn, key), {"Put": {"TableName": table_ss, "Item": other}}]
    )
    assert stored(client, table, key) is not None
    assert client.get_item(TableName=table_ss, Key=other)["Item"] == other


def test_items_of_one_partition(client: Any, table_ss: str, key: str, cancelled: Cancelled) -> None:
    def item(sort: str) -> dict[str, Any]:
        return {**wire(key), "sk": {"S": sort}}

    puts = [{"Put": {"TableName": table_ss, "Item": item(sort)}} for sort in "abc"]
    client.transact_write_items(TransactItems=puts)
    failing = {"Put": {**puts[2]["Put"], "ConditionExpression": ABSENT}}
    deletes = [{"Delete": {"TableName": table_ss, "Key": item(sort)}} for sort in "ab"]
    assert cancelled(*deletes, failing) == [NONE, NONE, FAILED]
    client.transact_write_items(TransactItems=deletes)
    found = client.query(
        TableName=table_ss,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": key}},
        ConsistentRead=True,
    )
    assert found["Items"] == [item("c")]


# Transfers between few accounts, from two servers: what is taken here is put there.
def test_transfers_at_once(client: Any, second_client: Any, table: str, key: str) -> None:
    accounts = [f"{key}{number}" for number in range(4)]
    for account in accounts:
        client.put_item(TableName=table, Item=wire(account, n=number(100)))

    def transfer(turn: int) -> str:
        source, target = accounts[turn % 4], accounts[(turn + 1 + turn % 3) % 4]
        server = (client, second_client)[turn % 2]
        try:
            server.transact_write_items(
                TransactItems=[add(table, source, -1), add(table, target, 1)]
            )
        except ClientError as fault:
            return str(fault.response["Error"]["Code"])
        return "done"

    with ThreadPoolExecutor(6) as pool:
        outcomes = set(pool.map(transfer, range(30)))
    assert "done" in outcomes
    assert outcomes <= {"done", "TransactionCanceledException"}
    found = client.transact_get_items(
        TransactItems=[{"Get": {"TableName": table, "Key": wire(a)}} for a in accounts]
    )
    sums = [int(each["Item"]["n"]["N"]) for each in found["Responses"]]
    assert sum(sums) == 400
