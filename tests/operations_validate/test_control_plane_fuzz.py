"""No request about tables makes an operation fail: it is answered, or refused in plain words."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.clock import SystemClock
from app.config import Settings
from app.errors import ApiError
from app.metrics import Metrics
from app.model.table import Index, KeyAttribute, Table
from app.operations import OPERATIONS
from app.operations.context import Context
from app.operations.validate.shapes import Shape, input_shape
from app.store.keyqueue import KeyQueue
from app.store.sqlite import SqliteStore
from tests.conftest import LONG

from .test_fuzz import mostly

PREFIX = "DynamoDB_20120810."
ITEMS = ("Item", "Query", "Scan", "Items", "Statement", "Transaction")
CONTROL = sorted(
    operation.name
    for target, operation in OPERATIONS.items()
    if target.startswith(PREFIX) and not operation.name.endswith(ITEMS)
)
NAMES = ("abcd", "gone", "pk", "sk", "gk", "index-g", "index-l")
P, S = KeyAttribute("pk", "S"), KeyAttribute("sk", "N")
TABLE = Table(
    id="7" * 32,
    name="abcd",
    partition_key=P,
    sort_key=S,
    created=0.0,
    billing_mode="PAY_PER_REQUEST",
    indexes=(
        Index(1, "index-l", True, (P,), (KeyAttribute("lk", "S"),)),
        Index(2, "index-g", False, (KeyAttribute("gk", "S"),)),
    ),
    next_index=3,
)


def sound(shape: Shape, name: str = "") -> st.SearchStrategy[Any]:
    """Requests that fit the model, with names that mean something here."""
    if shape.type == "structure" and shape.name != "AttributeValue":
        members = {member: sound(each, member) for member, each in shape.members.items()}
        required = {member: members.pop(member) for member in shape.required}
        return st.fixed_dictionaries(required, optional=members)
    if shape.type == "list" and shape.element is not None:
        return st.lists(sound(shape.element), min_size=shape.min or 0, max_size=2)
    if name.endswith("Arn"):
        return st.sampled_from([f"arn:aws:dynamodb:x:1:table/{each}" for each in ("abcd", "gone")])
    if shape.type == "string" and not shape.enum and (shape.max is None or shape.max > 3):
        return st.sampled_from(NAMES)
    if shape.type in ("integer", "long"):
        return st.sampled_from([max(shape.min or -2, -2), 1, 5, 20])
    return mostly(shape, 10_000)


async def ask(operation: str, request: Any) -> None:
    clock = SystemClock()
    store = SqliteStore("sqlite://", clock=clock)
    await store.open()
    try:
        await store.create_table(TABLE)
        asked = OPERATIONS[PREFIX + operation]
        context = Context(store, Settings(), clock, Metrics(()), KeyQueue())
        with suppress(ApiError):
            asked.check(request)
            await asked.run(context, request)
        # Whatever was done, the table can be described.
        describe = OPERATIONS[PREFIX + "DescribeTable"].run
        for name in await store.table_names(after=None, limit=10):
            await describe(context, {"TableName": name})
    finally:
        await store.close()


@pytest.mark.parametrize("operation", CONTROL)
@settings(max_examples=200 if LONG else 10, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_it_is_answered_or_refused(operation: str, data: st.DataObject) -> None:
    shape = input_shape(operation)
    asyncio.run(ask(operation, data.draw(st.one_of(sound(shape), mostly(shape)))))
