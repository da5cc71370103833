"""The table of operations, which names modules and functions by text."""

from __future__ import annotations

import inspect
from typing import Any, get_type_hints

import pytest

from app.operations import OPERATIONS
from app.operations.context import Context
from app.operations.registry import Answer, Operation, Request

ANSWERS = (Answer, dict[str, Any], bytes, dict[str, Any] | bytes)


# A name that is wrong would show with the first request only; mypy does not see it.
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_every_operation_is_where_the_table_says(operation: Operation) -> None:
    assert callable(operation.check)
    assert inspect.iscoroutinefunction(operation.run)
    hints = get_type_hints(operation.run)
    answer = hints.pop("return")
    assert list(hints.values()) == [Context, Request]
    assert answer in ANSWERS


def test_no_two_operations_are_one_function_but_by_intent() -> None:
    shared = {
        *("absent.backups.refer", "absent.global_tables.refer", "absent.replica_scaling.refer"),
    }
    places = [
        f"{operation.run.__module__.removeprefix('app.operations.')}.{operation.run.__name__}"
        for operation in OPERATIONS.values()
    ]
    assert {place for place in places if places.count(place) > 1} == shared


# Each would be looked up again with every request.
def test_what_is_found_once_is_kept() -> None:
    found: list[str] = []

    def check(_: Request) -> None: ...

    async def run(_: Context, __: Request) -> Answer:
        return b""

    def find(what: Any) -> Any:
        found.append(what.__name__)
        return what

    operation = Operation("Echo", lambda: find(check), lambda: find(run))
    assert found == []
    operation.prepare()
    assert (operation.check, operation.run) == (check, run)
    assert found == ["check", "run"]
