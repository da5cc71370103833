"""UpdateTable: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html

Its changes of indexes are in test_indexes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.operations.texts import (
    INVALID,
    NOT_STRING,
    SERIALIZATION,
    bad_control_name,
    constraints,
    fault,
    misfits,
    missing,
    no_coral,
    not_in,
    own_words,
)


@pytest.mark.differs_locally("JSON of the wrong type is taken for absent or answered 500")
@pytest.mark.parametrize(
    ("member", "message"),
    [
        *misfits(TableName=NOT_STRING, BillingMode=NOT_STRING),
        ({"ProvisionedThroughput": "x"}, "Unexpected field type"),
        ({"DeletionProtectionEnabled": 1}, "NUMBER_VALUE cannot be converted to Boolean"),
    ],
)
def test_json_of_the_wrong_type(raw: Any, member: dict[str, Any], message: str) -> None:
    assert raw("UpdateTable", member) == (400, {"__type": SERIALIZATION, "Message": message})


@no_coral
def test_broken_constraints(fails: Any) -> None:
    fails(
        "update_table",
        "ValidationException",
        constraints(
            missing("tableName"),
            not_in("[PROVISIONED, PAY_PER_REQUEST]", "FREE", "billingMode"),
            missing("provisionedThroughput.writeCapacityUnits"),
            fault(
                "0",
                "provisionedThroughput.readCapacityUnits",
                "have value greater than or equal to 1",
            ),
        ),
        BillingMode="FREE",
        ProvisionedThroughput={"ReadCapacityUnits": 0},
    )


@no_coral
@pytest.mark.parametrize("name", ["ab", "x" * 256, "a;bc"])
def test_table_names(fails: Any, name: str) -> None:
    fails("update_table", "ValidationException", bad_control_name(name), TableName=name)


@own_words
def test_a_table_that_is_not_there(fails: Any) -> None:
    fails(
        "update_table",
        "ResourceNotFoundException",
        "Requested resource not found: Table: not-there not found",
        TableName="not-there",
        DeletionProtectionEnabled=True,
    )


def units(read: int, write: int) -> dict[str, int]:
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


REQUIRED = (
    "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
    "GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, "
    "ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, "
    "WarmThroughput or TableClass is required"
)
DELETE = {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "by-g"}}]}
CREATE = {
    "AttributeDefinitions": [{"AttributeName": "g", "AttributeType": "S"}],
    "GlobalSecondaryIndexUpdates": [
        {
            "Create": {
                "IndexName": "by-g",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        }
    ],
}
PLAIN = {"SSESpecification": {"Enabled": False}}
CLASS = {"TableClass": "STANDARD"}
PROTECTION = {"DeletionProtectionEnabled": False}
MOST = {"OnDemandThroughput": {"MaxReadRequestUnits": 5}}
WARM = {"WarmThroughput": {"ReadUnitsPerSecond": 12_000}}
STREAM = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}}
ON_DEMAND = {"BillingMode": "PAY_PER_REQUEST"}
UNITS = {"ProvisionedThroughput": units(1, 1)}


# Of several that want to be alone the first is named. All of this is said before the table is
# looked for.
@own_words
@pytest.mark.parametrize(
    ("change", "message"),
    [
        *[
            (nothing, REQUIRED)
            for nothing in (
                {},
                {"GlobalSecondaryIndexUpdates": []},
                {"AttributeDefinitions": CREATE["AttributeDefinitions"]},
                {"WarmThroughput": {}},
            )
        ],
        (
            PROTECTION | {"GlobalSecondaryIndexUpdates": []},
            INVALID + "List of GlobalSecondaryIndexUpdates is empty",
        ),
        *[
            (together, f"{INVALID}{what} must be the only operation in the request")
            for together, what in (
                ({"ReplicaUpdates": [{}]} | PLAIN, "Replica modification"),
                (PLAIN | CLASS | PROTECTION, "Server-Side Encryption modification"),
                (CLASS | PROTECTION | WARM, "TableClass modification"),
                (PROTECTION | WARM, "DeletionProtection modification"),
                (PROTECTION | MOST, "DeletionProtection modification"),
                (PROTECTION | CREATE, "DeletionProtection modification"),
                (WARM | STREAM, "WarmThroughput"),
                (WARM | ON_DEMAND, "WarmThroughput"),
            )
        ],
        *[
            (
                MOST | other,
                f"{INVALID}OnDemandThroughput can only be combined with BillingMode in an "
                "UpdateTable request",
            )
            for other in (STREAM, WARM)
        ],
        (
            WARM | CREATE,
            INVALID
            + "Create global secondary index cannot be specified when updating WarmThroughput",
        ),
        *[
            (
                UNITS | online,
                f"{INVALID}You cannot create or delete index while updating table IOPS",
            )
            for online in (CREATE, DELETE)
        ],
        (
            STREAM | CREATE,
            f"{INVALID}You cannot create or delete index while changing stream status",
        ),
        (
            STREAM | UNITS | {"BillingMode": "PROVISIONED"},
            f"{INVALID}You cannot modify stream status while updating table IOPS",
        ),
        (
            {"BillingMode": "PROVISIONED"},
            f"{INVALID}ProvisionedThroughput must be specified when BillingMode is PROVISIONED",
        ),
        (
            ON_DEMAND | UNITS,
            f"{INVALID}ProvisionedThroughput cannot be specified when BillingMode is "
            "PAY_PER_REQUEST",
        ),
        *[
            ({"GlobalSecondaryIndexUpdates": [update]}, INVALID + message)
            for update, message in (
                (
                    {},
                    "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                    "GlobalSecondaryIndexUpdate.Delete must not be null",
                ),
                (
                    {"Delete": {"IndexName": "by-g"}, "Update": {"IndexName": "by-g"}},
                    "Only one global secondary index action is allowed per "
                    "GlobalSecondaryIndexUpdate object",
                ),
                (
                    CREATE["GlobalSecondaryIndexUpdates"][0],
                    "AttributeDefinitions is not specified for index: by-g",
                ),
                (
                    {"Update": {"IndexName": "by-g", "WarmThroughput": {}}},
                    "WarmThroughput must have at least one of ReadUnitsPerSecond or "
                    "WriteUnitsPerSecond specified for index: by-g",
                ),
            )
        ],
    ],
)
def test_what_may_be_in_one_request(fails: Any, change: dict[str, Any], message: str) -> None:
    fails("update_table", "ValidationException", message, TableName="not-there", **change)


@own_words
@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        (
            UNITS,
            "ValidationException",
            INVALID + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when "
            "BillingMode is PAY_PER_REQUEST",
        ),
        (PLAIN, "ValidationException", f"{INVALID}Table is already encrypted by default"),
        (
            {"SSESpecification": {}},
            "ValidationException",
            f"{INVALID}Table is already encrypted by default",
        ),
        (
            {"WarmThroughput": {"WriteUnitsPerSecond": 3_999}},
            "ValidationException",
            INVALID + "Requested WriteUnitsPerSecond for WarmThroughput for table is lower than "
            "current WarmThroughput, decreasing WarmThroughput is not supported",
        ),
        (
            DELETE,
            "ResourceNotFoundException",
            "Requested resource not found: Index by-g for table {}",
        ),
        (
            {
                "GlobalSecondaryIndexUpdates": [
                    *DELETE["GlobalSecondaryIndexUpdates"],
                    {"Delete": {"IndexName": "other"}},
                ]
            },
            "LimitExceededException",
            "Subscriber limit exceeded: Only 1 online index can be created or deleted "
            "simultaneously per table",
        ),
    ],
)
def test_rules(fails: Any, table: str, change: dict[str, Any], code: str, message: str) -> None:
    fails("update_table", code, message.format(table), TableName=table, **change)


ELSEWHERE = {"RegionName": "eu-west-1"}


@own_words
@pytest.mark.parametrize(
    ("updates", "message"),
    [
        (
            [{}],
            "There are no actions specified in the Replica Update Action of the request.",
        ),
        *[
            (
                [{kind: {"RegionName": "us-east-1"}}],
                "Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, "
                "DeleteTable, or UpdateTable as required.",
            )
            for kind in ("Create", "Delete")
        ],
        *[
            (
                [{kind: ELSEWHERE}],
                "Update global table operation failed because one or more replicas were not part "
                "of the global table. Please retry the request without these replicas: "
                "[eu-west-1].",
            )
            for kind in ("Update", "Delete")
        ],
    ],
)
def test_replicas_that_are_not_there(
    fails: Any, table: str, updates: list[dict[str, Any]], message: str
) -> None:
    fails("update_table", "ValidationException", message, TableName=table, ReplicaUpdates=updates)


@pytest.mark.own_answer("what would have no effect is refused, not stored")
@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("SSESpecification", {"Enabled": True}),
        ("ReplicaUpdates", [{"Create": {"RegionName": "eu-west-1"}}]),
    ],
)
def test_settings_without_effect(fails: Any, table: str, member: str, value: Any) -> None:
    message = f"{INVALID}{member} is not supported by this server and would have no effect"
    fails("update_table", "ValidationException", message, TableName=table, **{member: value})


@pytest.fixture(scope="module")
def own(client: Any, create_table: Callable[..., str]) -> Iterator[str]:
    """A table with provisioned capacity that the tests below change one after another."""
    name = create_table(
        f"test-update-table-{time.time_ns()}",
        {"pk": "S"},
        BillingMode="PROVISIONED",
        ProvisionedThroughput=units(5, 5),
    )
    yield name
    client.delete_table(TableName=name)


def described(client: Any, name: str) -> dict[str, Any]:
    """Its description once no change is under way."""
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    table: dict[str, Any] = client.describe_table(TableName=name)["Table"]
    return table


@own_words
def test_capacity_must_change(client: Any, fails: Any, own: str) -> None:
    now = described(client, own)["ProvisionedThroughput"]
    read, write = now["ReadCapacityUnits"], now["WriteCapacityUnits"]
    fails(
        "update_table",
        "ValidationException",
        "The provisioned throughput for the table will not change. The requested value equals the "
        f"current value. Current ReadCapacityUnits provisioned for the table: {read}. Requested "
        f"ReadCapacityUnits: {read}. Current WriteCapacityUnits provisioned for the table: "
        f"{write}. Requested WriteCapacityUnits: {write}. Refer to the Amazon DynamoDB Developer "
        "Guide for current limits and how to request higher limits.",
        TableName=own,
        ProvisionedThroughput=units(read, write),
    )


@pytest.mark.differs_locally("it keeps no dates of changes")
def test_capacity_is_raised_and_lowered(client: Any, own: str) -> None:
    start = described(client, own)["ProvisionedThroughput"]
    answer = client.update_table(TableName=own, ProvisionedThroughput=units(50, 40))
    # While it is UPDATING it has the units from before.
    told = answer["TableDescription"]["ProvisionedThroughput"]
    for member in units(0, 0):
        assert told[member] == start[member]
    assert "LastIncreaseDateTime" in told
    raised = described(client, own)["ProvisionedThroughput"]
    assert raised.items() >= units(50, 40).items()
    assert raised["NumberOfDecreasesToday"] == start["NumberOfDecreasesToday"]
    assert abs(raised["LastIncreaseDateTime"].timestamp() - time.time()) < 60
    answer = client.update_table(TableName=own, ProvisionedThroughput=units(45, 40))
    told = answer["TableDescription"]["ProvisionedThroughput"]
    assert told["NumberOfDecreasesToday"] == start["NumberOfDecreasesToday"]
    lowered = described(client, own)["ProvisionedThroughput"]
    assert lowered.items() >= units(45, 40).items()
    assert lowered["NumberOfDecreasesToday"] == start["NumberOfDecreasesToday"] + 1
    assert abs(lowered["LastDecreaseDateTime"].timestamp() - time.time()) < 60
    assert lowered["LastIncreaseDateTime"] == raised["LastIncreaseDateTime"]


@pytest.mark.differs_locally("its tables are changed at once")
def test_billing_mode_is_switched_and_switched_back(client: Any, own: str) -> None:
    before = described(client, own)["ProvisionedThroughput"]
    for times in range(2):
        # To ask for what is there is answered as if something changed. The date comes later.
        answer = client.update_table(TableName=own, BillingMode="PAY_PER_REQUEST")
        told = answer["TableDescription"]
        assert told["TableStatus"] == "UPDATING"
        assert len(told["BillingModeSummary"]) == 1 + times
        on_demand = described(client, own)
    # What was done before is not forgotten.
    for member in before.keys() - units(0, 0).keys():
        assert on_demand["ProvisionedThroughput"][member] == before[member]
    assert on_demand["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert on_demand["ProvisionedThroughput"].items() >= units(0, 0).items()
    client.update_table(TableName=own, BillingMode="PROVISIONED", ProvisionedThroughput=units(7, 8))
    provisioned = described(client, own)
    assert provisioned["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    assert provisioned["ProvisionedThroughput"].items() >= units(7, 8).items()


def test_deletion_protection_is_switched(client: Any, own: str) -> None:
    for wanted in (True, False):
        client.update_table(TableName=own, DeletionProtectionEnabled=wanted)
        assert described(client, own)["DeletionProtectionEnabled"] is wanted


def test_a_change_is_seen_by_another_server(client: Any, second_client: Any, own: str) -> None:
    assert (
        second_client.describe_table(TableName=own)["Table"]["DeletionProtectionEnabled"] is False
    )
    client.update_table(TableName=own, DeletionProtectionEnabled=True)
    table = second_client.describe_table(TableName=own)["Table"]
    assert table["DeletionProtectionEnabled"] is True
    second_client.update_table(TableName=own, DeletionProtectionEnabled=False)


def test_a_change_keeps_the_items(client: Any, own: str) -> None:
    item = {"pk": {"S": "kept"}}
    client.put_item(TableName=own, Item=item)
    protected = described(client, own)["DeletionProtectionEnabled"]
    client.update_table(TableName=own, DeletionProtectionEnabled=not protected)
    assert client.get_item(TableName=own, Key=item, ConsistentRead=True)["Item"] == item
    client.update_table(TableName=own, DeletionProtectionEnabled=False)


@pytest.mark.differs_locally("it looks for the table first")
def test_that_something_is_to_change_is_asked_before_the_table(fails: Any) -> None:
    fails("update_table", "ValidationException", None, TableName="not-there")
