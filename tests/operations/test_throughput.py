"""Billing modes and throughput of tables and their global indexes, as DescribeTable tells them.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/capacity-mode.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.operations.texts import INVALID, own_words

pytestmark = pytest.mark.differs_locally("it checks and tells little of throughput")


def units(read: int, write: int) -> dict[str, int]:
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def warm(read: int, write: int) -> dict[str, Any]:
    return {"ReadUnitsPerSecond": read, "WriteUnitsPerSecond": write, "Status": "ACTIVE"}


def by_gk(**more: Any) -> dict[str, Any]:
    return {
        "IndexName": "by-gk",
        "KeySchema": [{"AttributeName": "gk", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        **more,
    }


DEFINITIONS = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "gk")]


@pytest.fixture
def indexed(new_table: Callable[..., str]) -> Callable[..., str]:
    """Makes a table with the global index `by-gk`; `index` are more members of that."""
    return lambda index=None, **more: new_table(
        {"pk": "S"},
        AttributeDefinitions=DEFINITIONS,
        GlobalSecondaryIndexes=[by_gk(**(index or {}))],
        **more,
    )


def described(client: Any, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The table and its only global index."""
    table = client.describe_table(TableName=name)["Table"]
    return table, table["GlobalSecondaryIndexes"][0]


def test_what_an_on_demand_table_begins_with(client: Any, indexed: Any) -> None:
    for each in described(client, indexed()):
        assert each["ProvisionedThroughput"] == {"NumberOfDecreasesToday": 0, **units(0, 0)}
        assert each["WarmThroughput"] == warm(12_000, 4_000)
        assert "OnDemandThroughput" not in each


def test_a_provisioned_table_is_warm_for_that(client: Any, indexed: Any) -> None:
    name = indexed(
        {"ProvisionedThroughput": units(3, 4)},
        BillingMode="PROVISIONED",
        ProvisionedThroughput=units(5, 6),
    )
    table, index = described(client, name)
    assert "BillingModeSummary" not in table
    assert table["WarmThroughput"] == warm(5, 6)
    assert index["WarmThroughput"] == warm(3, 4)


def test_bounds_of_a_new_table(client: Any, indexed: Any) -> None:
    name = indexed(
        {"OnDemandThroughput": {"MaxWriteRequestUnits": 7}},
        OnDemandThroughput={"MaxReadRequestUnits": 50},
        WarmThroughput={"ReadUnitsPerSecond": 15_000},
    )
    table, index = described(client, name)
    assert table["OnDemandThroughput"] == {"MaxReadRequestUnits": 50}
    assert index["OnDemandThroughput"] == {"MaxWriteRequestUnits": 7}
    assert table["WarmThroughput"] == warm(15_000, 4_000)


def test_bounds_are_changed_one_by_one(client: Any, indexed: Any) -> None:
    name = indexed()
    client.update_table(TableName=name, OnDemandThroughput={"MaxReadRequestUnits": 10})
    client.update_table(TableName=name, OnDemandThroughput={"MaxWriteRequestUnits": 20})
    client.update_table(TableName=name, WarmThroughput={"WriteUnitsPerSecond": 6_000})
    update = {"IndexName": "by-gk", "OnDemandThroughput": {"MaxReadRequestUnits": 30}}
    client.update_table(TableName=name, GlobalSecondaryIndexUpdates=[{"Update": update}])
    table, index = described(client, name)
    assert table["OnDemandThroughput"] == {"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 20}
    assert table["WarmThroughput"] == warm(12_000, 6_000)
    assert index["OnDemandThroughput"] == {"MaxReadRequestUnits": 30}
    # A bound that is taken away is told once.
    for none, left in (
        ({"MaxReadRequestUnits": -1}, {"MaxWriteRequestUnits": 20}),
        ({"MaxWriteRequestUnits": -1}, {}),
    ):
        answer = client.update_table(TableName=name, OnDemandThroughput=none)["TableDescription"]
        assert answer["TableStatus"] == "ACTIVE"
        assert answer["OnDemandThroughput"] == left | none
        assert described(client, name)[0].get("OnDemandThroughput", {}) == left


def test_what_is_warm_stays_so(client: Any, fails: Any, indexed: Any) -> None:
    name = indexed(
        {"ProvisionedThroughput": units(3, 4)},
        BillingMode="PROVISIONED",
        ProvisionedThroughput=units(5, 6),
    )
    update = {"IndexName": "by-gk", "ProvisionedThroughput": units(1, 1)}
    client.update_table(
        TableName=name,
        ProvisionedThroughput=units(2, 7),
        GlobalSecondaryIndexUpdates=[{"Update": update}],
    )
    table, index = described(client, name)
    assert table["WarmThroughput"] == warm(5, 7)
    assert index["WarmThroughput"] == warm(3, 4)
    update = {"IndexName": "by-gk", "WarmThroughput": {"ReadUnitsPerSecond": 2}}
    fails(
        "update_table",
        "ValidationException",
        f"{INVALID}Requested ReadUnitsPerSecond for WarmThroughput for index by-gk is lower than "
        "current WarmThroughput, decreasing WarmThroughput is not supported",
        TableName=name,
        GlobalSecondaryIndexUpdates=[{"Update": update}],
    )
    client.update_table(TableName=name, BillingMode="PAY_PER_REQUEST")
    answer = client.update_table(TableName=name, WarmThroughput={"ReadUnitsPerSecond": 13_000})
    told = answer["TableDescription"]
    # It takes the service minutes, in which the table is ACTIVE.
    assert told["TableStatus"] == "ACTIVE"
    assert told["WarmThroughput"] == warm(12_000, 4_000) | {"Status": "UPDATING"}
    assert described(client, name)[0]["WarmThroughput"] == warm(13_000, 4_000)


@own_words
@pytest.mark.parametrize(
    "bounds",
    [
        {"OnDemandThroughput": {"MaxReadRequestUnits": 0}},
        {"OnDemandThroughput": {"MaxWriteRequestUnits": -2}},
    ],
)
def test_bounds_that_are_none(fails: Any, table: str, bounds: dict[str, Any]) -> None:
    ((member, given),) = bounds.items()
    fails(
        "update_table",
        "ValidationException",
        f"{INVALID}Requested {next(iter(given))} for {member} for table is outside of valid range",
        TableName=table,
        **bounds,
    )


def test_provisioned_tables_have_no_on_demand_bounds(fails: Any, new_table: Any) -> None:
    name = new_table({"pk": "S"}, BillingMode="PROVISIONED", ProvisionedThroughput=units(1, 1))
    fails(
        "update_table",
        "ValidationException",
        INVALID + "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table "
        "BillingMode is PROVISIONED",
        TableName=name,
        OnDemandThroughput={"MaxReadRequestUnits": 5},
    )


def test_indexes_follow_the_billing_mode(client: Any, fails: Any, indexed: Any) -> None:
    name = indexed(
        {"ProvisionedThroughput": units(3, 4)},
        BillingMode="PROVISIONED",
        ProvisionedThroughput=units(5, 6),
    )
    client.update_table(TableName=name, BillingMode="PAY_PER_REQUEST")
    for each in described(client, name):
        assert each["ProvisionedThroughput"].items() >= units(0, 0).items()
        assert each["WarmThroughput"] == warm(12_000, 4_000)
    back = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": units(1, 2)}
    # All or nothing: the table would be provisioned, its index not.
    fails(
        "update_table",
        "ValidationException",
        INVALID + "ProvisionedThroughput must be specified for index: by-gk",
        TableName=name,
        **back,
    )
    update = {"IndexName": "by-gk", "ProvisionedThroughput": units(7, 8)}
    client.update_table(TableName=name, **back, GlobalSecondaryIndexUpdates=[{"Update": update}])
    table, index = described(client, name)
    assert table["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    assert table["ProvisionedThroughput"].items() >= units(1, 2).items()
    assert index["ProvisionedThroughput"].items() >= units(7, 8).items()


def test_throughput_of_an_index_is_changed(client: Any, fails: Any, indexed: Any) -> None:
    name = indexed(
        {"ProvisionedThroughput": units(3, 4)},
        BillingMode="PROVISIONED",
        ProvisionedThroughput=units(5, 6),
    )

    def update(read: int, write: int) -> dict[str, Any]:
        one = {"IndexName": "by-gk", "ProvisionedThroughput": units(read, write)}
        return {"TableName": name, "GlobalSecondaryIndexUpdates": [{"Update": one}]}

    answer = client.update_table(**update(2, 9))["TableDescription"]
    assert answer["TableStatus"] == "ACTIVE"
    (told,) = answer["GlobalSecondaryIndexes"]
    assert told["IndexStatus"] == "UPDATING"
    # The new units are there when it is ACTIVE again.
    assert told["ProvisionedThroughput"].items() >= units(3, 4).items()
    table, index = described(client, name)
    assert index["IndexStatus"] == "ACTIVE"
    changed = index["ProvisionedThroughput"]
    assert changed.items() >= {"NumberOfDecreasesToday": 1, **units(2, 9)}.items()
    assert changed["LastDecreaseDateTime"] == changed["LastIncreaseDateTime"]
    assert table["ProvisionedThroughput"] == {"NumberOfDecreasesToday": 0, **units(5, 6)}
    fails(
        "update_table",
        "ValidationException",
        "The provisioned throughput for the index by-gk will not change. The requested value "
        "equals the current value. Current ReadCapacityUnits provisioned for index by-gk: 2. "
        "Requested ReadCapacityUnits: 2. Current WriteCapacityUnits provisioned for index by-gk: "
        "9. Requested WriteCapacityUnits: 9. Refer to the Amazon DynamoDB Developer Guide for "
        "current limits and how to request higher limits.",
        **update(2, 9),
    )


def test_the_class_of_a_table_is_a_price(client: Any, new_table: Any) -> None:
    name = new_table({"pk": "S"}, TableClass="STANDARD_INFREQUENT_ACCESS")
    first = client.describe_table(TableName=name)["Table"]["TableClassSummary"]
    assert first == {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
    client.update_table(TableName=name, TableClass="STANDARD")
    second = client.describe_table(TableName=name)["Table"]["TableClassSummary"]
    assert second["TableClass"] == "STANDARD"
    assert second["LastUpdateDateTime"]
