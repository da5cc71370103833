"""Short ways to put an expression to the code under test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.errors import ApiError
from app.expressions import Placeholders, condition, projection, update


def holds(
    text: str,
    item: dict[str, Any] | None,
    values: dict[str, Any] | None = None,
    names: dict[str, str] | None = None,
) -> bool:
    placeholders = Placeholders(names, values)
    placeholders.check({"ConditionExpression": text})
    asked = condition(text, placeholders, "ConditionExpression")
    placeholders.check_unused()
    return asked.matches(item)


def updated(
    text: str,
    item: dict[str, Any],
    values: dict[str, Any] | None = None,
    names: dict[str, str] | None = None,
) -> dict[str, Any]:
    placeholders = Placeholders(names, values)
    placeholders.check({"UpdateExpression": text})
    change = update(text, placeholders)
    placeholders.check_unused()
    return change.apply(item)


def projected(
    text: str, item: dict[str, Any], names: dict[str, str] | None = None
) -> dict[str, Any]:
    return projection(text, Placeholders(names)).apply(item)


def message_of(call: Callable[[], object]) -> str:
    """The text of the ValidationException that `call` must raise."""
    with pytest.raises(ApiError) as raised:
        call()
    assert raised.value.code == "ValidationException"
    assert raised.value.message is not None
    return raised.value.message


def condition_fault(
    text: str, values: dict[str, Any] | None = None, names: dict[str, str] | None = None
) -> str:
    """Without the `Invalid ConditionExpression: ` that must stand in front."""
    message = message_of(
        lambda: condition(text, Placeholders(names, values), "ConditionExpression")
    )
    assert message.startswith("Invalid ConditionExpression: ")
    return message.removeprefix("Invalid ConditionExpression: ")


def update_fault(
    text: str, values: dict[str, Any] | None = None, names: dict[str, str] | None = None
) -> str:
    """Without the `Invalid UpdateExpression: ` that must stand in front."""
    message = message_of(lambda: update(text, Placeholders(names, values)))
    assert message.startswith("Invalid UpdateExpression: ")
    return message.removeprefix("Invalid UpdateExpression: ")
