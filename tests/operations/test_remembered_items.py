"""A process remembers items as it wrote them, and another one writes them meanwhile.

Whatever the first one answers must be of the item as it is, never of the one that it remembers.
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

# So many right guesses make up for wrong ones that other tests brought about for the same table.
TURNS = 16
TEXT = {"ExpressionAttributeNames": {"#text": "text"}}


def N(number: int) -> dict[str, str]:
    return {"N": str(number)}


@pytest.fixture
def known(client: Any, table: str, key: str) -> dict[str, Any]:
    """The key of an item {"turn": N, "text": S} which the first process has written last."""
    name = {"pk": {"S": key}}
    client.put_item(TableName=table, Item=name | {"text": {"S": "first"}})
    for _ in range(TURNS):
        change(client, table, name, "ADD turn :one", one={"N": "1"})
    return name


def change(
    client: Any, table: str, key: dict[str, Any], expression: str, **more: Any
) -> dict[str, Any]:
    """`more`: values of the expression by name without colon, and parameters in capitals."""
    values = {f":{name}": value for name, value in more.items() if name.islower()}
    rest = {name: value for name, value in more.items() if not name.islower()}
    if values:
        rest["ExpressionAttributeValues"] = values
    answer: dict[str, Any] = client.update_item(
        TableName=table, Key=key, UpdateExpression=expression, **rest
    )
    return answer


def item(client: Any, table: str, key: dict[str, Any]) -> Any:
    return client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")


def test_an_update_adds_to_what_another_process_wrote(
    client: Any, second_client: Any, table: str, known: dict[str, Any]
) -> None:
    change(second_client, table, known, "ADD turn :many SET more = :one", many=N(100), one=N(1))
    after = change(client, table, known, "ADD turn :one", one=N(1), ReturnValues="ALL_NEW")
    expected = known | {"text": {"S": "first"}, "turn": N(TURNS + 101), "more": N(1)}
    assert after["Attributes"] == item(second_client, table, known) == expected


def test_old_values_are_those_of_another_process(
    client: Any, second_client: Any, table: str, known: dict[str, Any]
) -> None:
    change(second_client, table, known, "SET turn = :zero", zero=N(0))
    new = known | {"text": {"S": "last"}}
    answer = client.put_item(TableName=table, Item=new, ReturnValues="ALL_OLD")
    assert answer["Attributes"]["turn"] == N(0)


def test_a_condition_that_no_longer_holds_is_refused(
    client: Any, second_client: Any, table: str, known: dict[str, Any]
) -> None:
    change(second_client, table, known, "SET turn = :zero", zero=N(0))
    with pytest.raises(ClientError) as caught:
        change(
            *(client, table, known, "SET turn = :one"),
            one=N(1),
            turns=N(TURNS),
            ConditionExpression="turn = :turns",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert caught.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert caught.value.response["Item"]["turn"] == N(0)  # type: ignore[typeddict-item]


def test_a_condition_that_holds_only_since_is_met(
    client: Any, second_client: Any, table: str, known: dict[str, Any]
) -> None:
    change(second_client, table, known, "SET turn = :zero", zero=N(0))
    client.delete_item(
        TableName=table,
        Key=known,
        ConditionExpression="turn = :zero",
        ExpressionAttributeValues={":zero": N(0)},
    )
    assert item(second_client, table, known) is None


def test_an_item_that_another_process_deleted_is_not_brought_back(
    client: Any, second_client: Any, table: str, known: dict[str, Any]
) -> None:
    second_client.delete_item(TableName=table, Key=known)
    change(client, table, known, "ADD turn :one", one=N(1))
    assert item(second_client, table, known) == known | {"turn": N(1)}


# It equals what the process remembers, so that nothing would have to be written.
def test_what_was_written_before_is_written_again(
    client: Any, second_client: Any, table: str, known: dict[str, Any]
) -> None:
    change(second_client, table, known, "SET turn = :zero", zero=N(0))
    change(client, table, known, "SET turn = :turns", turns=N(TURNS))
    assert item(second_client, table, known)["turn"] == N(TURNS)


def test_an_attribute_of_another_type_by_now_is_no_error(
    client: Any, second_client: Any, table: str, known: dict[str, Any]
) -> None:
    change(second_client, table, known, "SET #text = :zero", zero=N(0), **TEXT)
    change(client, table, known, "ADD #text :one", one=N(1), **TEXT)
    assert item(second_client, table, known)["text"] == N(1)


def test_an_attribute_of_a_wrong_type_by_now_is_one(
    client: Any, second_client: Any, table: str, known: dict[str, Any]
) -> None:
    change(second_client, table, known, "SET turn = :text", text={"S": "x"})
    with pytest.raises(ClientError) as caught:
        change(client, table, known, "ADD turn :one", one=N(1))
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert item(client, table, known)["turn"] == {"S": "x"}


# Neither looks at the item, so neither knows its version.
@pytest.mark.parametrize("way", ["put", "batch", "transaction"])
def test_other_writes_of_the_same_process(
    client: Any, table: str, known: dict[str, Any], way: str, request: pytest.FixtureRequest
) -> None:
    new = known | {"turn": N(50)}
    if way == "put":
        client.put_item(TableName=table, Item=new)
    elif way == "batch":
        client.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": new}}]})
    else:
        request.getfixturevalue("transactions")
        client.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": new}}])
    change(client, table, known, "ADD turn :one", one=N(1))
    assert item(client, table, known) == known | {"turn": N(51)}


@pytest.mark.usefixtures("transactions")
def test_a_transaction_changes_what_another_process_wrote(
    client: Any, second_client: Any, table: str, known: dict[str, Any]
) -> None:
    update = {
        "TableName": table,
        "Key": known,
        "UpdateExpression": "ADD turn :one",
        "ExpressionAttributeValues": {":one": N(1)},
    }
    client.transact_write_items(TransactItems=[{"Update": update}])
    change(second_client, table, known, "ADD turn :many", many=N(100))
    client.transact_write_items(TransactItems=[{"Update": update}])
    change(client, table, known, "ADD turn :one", one=N(1))
    assert item(second_client, table, known)["turn"] == N(TURNS + 103)


@pytest.mark.usefixtures("transactions")
def test_a_transaction_holds_its_conditions_against_what_another_process_wrote(
    client: Any, second_client: Any, table: str, known: dict[str, Any]
) -> None:
    other = {"pk": {"S": known["pk"]["S"] + "-other"}}
    put = {"Put": {"TableName": table, "Item": other}}

    def check(turn: int) -> None:
        condition = {
            "TableName": table,
            "Key": known,
            "ConditionExpression": "turn = :turn",
            "ExpressionAttributeValues": {":turn": N(turn)},
        }
        client.transact_write_items(TransactItems=[put, {"ConditionCheck": condition}])

    change(second_client, table, known, "SET turn = :zero", zero=N(0))
    with pytest.raises(client.exceptions.TransactionCanceledException) as caught:
        check(TURNS)
    codes = [reason["Code"] for reason in caught.value.response["CancellationReasons"]]
    assert codes == ["None", "ConditionalCheckFailed"]
    assert item(client, table, other) is None
    check(0)
    assert item(client, table, other) == other


def test_turn_by_turn_nothing_is_lost(
    client: Any, second_client: Any, table: str, known: dict[str, Any]
) -> None:
    for turn in range(30):
        change((client, second_client)[turn % 3 > 0], table, known, "ADD turn :one", one=N(1))
    assert item(client, table, known)["turn"] == N(TURNS + 30)
