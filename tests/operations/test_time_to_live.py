"""UpdateTimeToLive and DescribeTimeToLive; that items expire is in tests/jobs.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.operations.texts import (
    BAD_NAME,
    NOT_STRING,
    SERIALIZATION,
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
                missing("timeToLiveSpecification.enabled"),
                missing("timeToLiveSpecification.attributeName"),
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
        BAD_NAME,
        TableName="ab",
        **specification("ttl", True),
    )
    fails("describe_time_to_live", "ValidationException", BAD_NAME, TableName="ab")


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


@pytest.fixture(scope="module")
def own(client: Any, create_table: Callable[..., str]) -> Iterator[str]:
    name = create_table(f"test-ttl-{time.time_ns()}", {"pk": "S"})
    yield name
    client.delete_table(TableName=name)


def status(client: Any, table: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.describe_time_to_live(TableName=table)
    return answer["TimeToLiveDescription"]  # type: ignore[no-any-return]


DISABLED = {"TimeToLiveStatus": "DISABLED"}


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
    for wanted, shown in (
        (True, {"AttributeName": "ttl", "TimeToLiveStatus": "ENABLED"}),
        (False, DISABLED),
    ):
        given = specification("ttl", wanted)
        assert raw("UpdateTimeToLive", {"TableName": own, **given}) == (200, given)
        assert status(client, own) == shown


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
