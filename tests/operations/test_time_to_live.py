"""UpdateTimeToLive and DescribeTimeToLive; that items expire is in tests/jobs.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.operations.conftest import create, make_client
from tests.operations.texts import (
    NOT_STRING,
    SERIALIZATION,
    bad_control_name,
    constraints,
    fault,
    misfits,
    missing,
    no_coral,
    own_words,
)

NOT_FOUND = "Requested resource not found: Table: not-there not found"


@pytest.mark.differs_locally("JSON of the wrong type is taken for absent or answered 500")
@pytest.mark.parametrize(
    ("member", "message"),
    [
        *misfits(TableName=NOT_STRING),
        ({"TimeToLiveSpecification": "x"}, "Unexpected field type"),
        (
            {"TimeToLiveSpecification": {"Enabled": "true"}},
            "Unexpected token received from parser",
        ),
    ],
)
def test_json_of_the_wrong_type(raw: Any, member: dict[str, Any], message: str) -> None:
    assert raw("UpdateTimeToLive", member) == (400, {"__type": SERIALIZATION, "Message": message})


@no_coral
@pytest.mark.parametrize(
    ("members", "faults"),
    [
        ({}, [missing("timeToLiveSpecification")]),
        (
            {"TimeToLiveSpecification": {}},
            [
                missing("timeToLiveSpecification.attributeName"),
                missing("timeToLiveSpecification.enabled"),
            ],
        ),
        (
            {"TimeToLiveSpecification": {"AttributeName": "", "Enabled": True}},
            [
                fault(
                    "",
                    "timeToLiveSpecification.attributeName",
                    "have length greater than or equal to 1",
                )
            ],
        ),
    ],
)
def test_broken_constraints(fails: Any, members: dict[str, Any], faults: list[str]) -> None:
    message = constraints(*faults)
    fails("update_time_to_live", "ValidationException", message, TableName="abc", **members)


def specification(attribute: str, enabled: bool) -> dict[str, Any]:
    return {"TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": enabled}}


def test_table_names(fails: Any) -> None:
    fails(
        "update_time_to_live",
        "ValidationException",
        bad_control_name("ab"),
        TableName="ab",
        **specification("ttl", True),
    )
    fails("describe_time_to_live", "ValidationException", bad_control_name("ab"), TableName="ab")


@own_words
def test_a_table_that_is_not_there(fails: Any) -> None:
    fails(
        "update_time_to_live",
        "ResourceNotFoundException",
        NOT_FOUND,
        TableName="not-there",
        **specification("ttl", True),
    )
    fails("describe_time_to_live", "ResourceNotFoundException", NOT_FOUND, TableName="not-there")


# A constraint is found before the table, the table before its state.
@own_words
@pytest.mark.parametrize(
    ("attribute", "code", "message"),
    [
        (
            "x" * 256,
            "ValidationException",
            constraints(
                fault(
                    "x" * 256,
                    "timeToLiveSpecification.attributeName",
                    "have length less than or equal to 255",
                )
            ),
        ),
        ("ttl", "ResourceNotFoundException", NOT_FOUND),
    ],
)
def test_one_of_two_faults(fails: Any, attribute: str, code: str, message: str) -> None:
    given = specification(attribute, False)
    fails("update_time_to_live", code, message, TableName="not-there", **given)


@pytest.fixture(scope="module")
def own(client: Any, create_table: Callable[..., str]) -> Iterator[str]:
    name = create_table(f"test-ttl-{time.time_ns()}", {"pk": "S"})
    yield name
    client.delete_table(TableName=name)


def status(client: Any, table: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.describe_time_to_live(TableName=table)
    return answer["TimeToLiveDescription"]  # type: ignore[no-any-return]


DISABLED = {"TimeToLiveStatus": "DISABLED"}
ENABLED = {"AttributeName": "ttl", "TimeToLiveStatus": "ENABLED"}


def wait_for(client: Any, table: str, wanted: dict[str, Any]) -> None:
    """Until it is shown; before that nothing but that it is being changed."""
    deadline = time.monotonic() + 30
    while (shown := status(client, table)) != wanted:
        assert shown["TimeToLiveStatus"] in ("ENABLING", "DISABLING")
        assert time.monotonic() < deadline, shown
        time.sleep(0.05)


def test_a_table_begins_without(raw: Any, table: str) -> None:
    expected = {"TimeToLiveDescription": DISABLED}
    assert raw("DescribeTimeToLive", {"TableName": table}) == (200, expected)


def test_what_is_disabled_cannot_be_disabled(fails: Any, table: str) -> None:
    fails(
        "update_time_to_live",
        "ValidationException",
        "TimeToLive is already disabled",
        TableName=table,
        **specification("ttl", False),
    )


@pytest.fixture
def enabled(client: Any, own: str) -> Iterator[str]:
    """A table whose items expire by the attribute `ttl`."""
    client.update_time_to_live(TableName=own, **specification("ttl", True))
    yield own
    client.update_time_to_live(TableName=own, **specification("ttl", False))


def test_enabled_and_disabled(raw: Any, client: Any, own: str) -> None:
    for wanted, shown in ((True, ENABLED), (False, DISABLED), (True, ENABLED), (False, DISABLED)):
        given = specification("ttl", wanted)
        assert raw("UpdateTimeToLive", {"TableName": own, **given}) == (200, given)
        wait_for(client, own, shown)


def test_what_is_enabled_cannot_be_enabled(fails: Any, enabled: str) -> None:
    fails(
        "update_time_to_live",
        "ValidationException",
        "TimeToLive is already enabled",
        TableName=enabled,
        **specification("ttl", True),
    )


@own_words
@pytest.mark.parametrize("wanted", [True, False])
def test_another_attribute(client: Any, fails: Any, enabled: str, wanted: bool) -> None:
    fails(
        "update_time_to_live",
        "ValidationException",
        "TimeToLive is active on a different AttributeName: current AttributeName is ttl",
        TableName=enabled,
        **specification("other", wanted),
    )
    assert status(client, enabled)["AttributeName"] == "ttl"


def test_another_server_sees_it(second_client: Any, enabled: str) -> None:
    assert status(second_client, enabled)["AttributeName"] == "ttl"


def test_items_that_have_not_expired_stay(client: Any, enabled: str, key: str) -> None:
    later = str(int(time.time()) + 3600)
    item = {"pk": {"S": key}, "ttl": {"N": later}}
    client.put_item(TableName=enabled, Item=item)
    assert client.get_item(TableName=enabled, Key={"pk": {"S": key}})["Item"] == item


@pytest.fixture(scope="module")
def quick(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A client of a server that looks for expired items all the time, on a store of its own: of
    several servers one does so, at its own interval."""
    if request.config.getoption("--url"):
        pytest.skip("how often another server looks for expired items is its own affair")
    start_server, new_url = map(request.getfixturevalue, ("start_server", "new_store_url"))
    client = make_client(start_server("--store", new_url(), "--ttl-interval", "0.3").url)
    yield client
    client.close()


def left(client: Any, table: str, wanted: set[str], **more: Any) -> None:
    """Waits until nothing but `wanted` is there."""
    deadline = time.monotonic() + 30
    while True:
        items = client.scan(TableName=table, **more)["Items"]
        found = {item["pk"]["S"] for item in items}
        assert found >= wanted
        if found == wanted:
            return
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def test_expired_items_are_deleted(quick: Any) -> None:
    table = create(
        quick,
        "things",
        {"pk": "S"},
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "g", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-g",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    now = time.time()
    year = 366 * 86400

    def put(name: str, **value: Any) -> None:
        item = {"pk": {"S": name}, "g": {"S": "x"}, **({"ttl": value} if value else {})}
        quick.put_item(TableName=table, Item=item)

    kept = {"without", "later", "text", "very-old", "milliseconds", "renewed"}
    # There before TTL is: they are found when its index has been filled.
    put("before", N=str(int(now - year)))
    put("before-later", N=str(int(now + 2)))
    put("without")
    quick.update_time_to_live(TableName=table, **specification("ttl", True))
    put("just-past", N=str(int(now - 5)))
    put("long-past", N=str(int(now - 3 * year)))
    put("soon", N=str(int(now + 2)))
    put("renewed", N=str(int(now + 2)))
    put("renewed", N=str(int(now + 3600)))
    put("later", N=str(int(now + 3600)))
    put("text", S=str(int(now - 5)))
    put("very-old", N=str(int(now - 6 * year)))
    put("milliseconds", N=str(int(now * 1000)))
    left(quick, table, kept)
    left(quick, table, kept, IndexName="by-g")
    wait_for(quick, table, ENABLED)
    answer = quick.put_item(
        TableName=table,
        Item={"pk": {"S": "later"}, "ttl": {"N": str(int(now + 7200))}},
        ReturnConsumedCapacity="INDEXES",
    )["ConsumedCapacity"]
    # The index by which expired items are found is nobody's to pay, or to see.
    assert answer["CapacityUnits"] == 2.0
    assert set(answer["GlobalSecondaryIndexes"]) == {"by-g"}
    described = quick.describe_table(TableName=table)["Table"]
    assert [each["IndexName"] for each in described["GlobalSecondaryIndexes"]] == ["by-g"]
