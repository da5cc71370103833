"""Tags of a table that is being made, changed or deleted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.clock import SystemClock
from app.config import Settings
from app.errors import ApiError
from app.metrics import Metrics
from app.model.table import KeyAttribute, Table, Transition
from app.operations import list_tags_of_resource, tag_resource, untag_resource
from app.operations.context import Context
from app.store.keyqueue import KeyQueue
from app.store.sqlite import SqliteStore

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/things"
CHANGES: list[tuple[Any, dict[str, Any]]] = [
    (tag_resource, {"ResourceArn": ARN, "Tags": [{"Key": "a", "Value": "c"}]}),
    (untag_resource, {"ResourceArn": ARN, "TagKeys": ["a"]}),
]


@pytest.fixture
async def ctx() -> AsyncIterator[Context]:
    clock = SystemClock()
    store = SqliteStore("sqlite://", clock=clock)
    await store.open()
    yield Context(store, Settings(), clock, Metrics(()), KeyQueue())
    await store.close()


def table(state: str) -> Table:
    """One that stays in `state` for ever."""
    return Table(
        id="6" * 32,
        name="things",
        partition_key=KeyAttribute("p", "S"),
        sort_key=None,
        created=0.0,
        billing_mode="PAY_PER_REQUEST",
        tags=(("a", "b"),),
        transition=Transition(state, 1e12),
    )


async def tags(ctx: Context) -> dict[str, str]:
    answer = await list_tags_of_resource.run(ctx, {"ResourceArn": ARN})
    assert isinstance(answer, dict)
    return {tag["Key"]: tag["Value"] for tag in answer["Tags"]}


@pytest.mark.parametrize(("state", "how"), [("CREATING", "created"), ("DELETING", "deleted")])
@pytest.mark.parametrize(("operation", "request_"), CHANGES)
async def test_they_can_be_read_and_not_changed(
    ctx: Context, state: str, how: str, operation: Any, request_: dict[str, Any]
) -> None:
    assert await ctx.store.create_table(table(state))
    with pytest.raises(ApiError) as caught:
        await operation.run(ctx, request_)
    assert (caught.value.code, caught.value.message) == (
        "ResourceInUseException",
        f"Attempt to change a resource which is still in use: Table is being {how}: things",
    )
    assert await tags(ctx) == {"a": "b"}


async def test_while_it_is_updated_they_can_be_changed(ctx: Context) -> None:
    assert await ctx.store.create_table(table("UPDATING"))
    (operation, request), _ = CHANGES
    await operation.run(ctx, request)
    assert await tags(ctx) == {"a": "c"}
