"""Operations this server does not have, and targets that are none."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest

from app.operations import OPERATIONS

UNKNOWN = {"__type": "com.amazon.coral.service#UnknownOperationException"}


def every_operation() -> list[str]:
    """All targets of the API as the SDK knows it, streams included."""
    session = botocore.session.get_session()
    targets = []
    for service in ("dynamodb", "dynamodbstreams"):
        model = session.get_service_model(service)
        prefix = model.metadata["targetPrefix"]
        targets += [f"{prefix}.{name}" for name in model.operation_names]
    return targets


@pytest.mark.own_answer("not every operation is there")
@pytest.mark.parametrize("target", sorted(set(every_operation()) - set(OPERATIONS)))
def test_operations_that_are_not_there(raw: Any, target: str) -> None:
    assert raw(target, {}) == (400, UNKNOWN)


@pytest.mark.differs_locally("answers 500 to some")
@pytest.mark.parametrize("target", sorted(OPERATIONS))
def test_operations_that_are_there(raw: Any, target: str) -> None:
    status, answer = raw(target, {})
    assert status in (200, 400)
    assert answer is None or answer.get("__type") != UNKNOWN["__type"]


@pytest.mark.differs_locally("it has texts of its own for a bad target")
@pytest.mark.parametrize(
    "target",
    [
        "DynamoDB_20120810.PutItems",
        "DynamoDB_20120810.putItem",
        "DynamoDB_20120810.",
        "DynamoDB_20111205.PutItem",
        "Other_20120810.PutItem",
        "PutItem.",
        ".",
    ],
)
def test_targets_that_are_no_operation(raw: Any, target: str) -> None:
    assert raw(target, {}) == (400, UNKNOWN)


@pytest.mark.differs_locally("it looks at the body of what it does not know")
def test_the_body_is_not_looked_at(raw: Any) -> None:
    assert raw("DynamoDB_20120810.PutItems", {"TableName": 5}) == (400, UNKNOWN)
