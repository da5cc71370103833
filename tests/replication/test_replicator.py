"""Records applied to a store: order, duplicates, and what cannot be applied."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from typing import Any

import pytest

from app.model.rows import Item
from app.model.stream import Record as StreamRecord
from app.operations import get_item, query, scan
from app.operations.context import Context
from app.replication.marks import TABLE
from app.replication.replicator import Applied, Failed, Kept, Replicator, Skipped

from .conftest import Record, make_table, new_replicator, record


async def value_of(ctx: Context, table: str, pk: str) -> str | None:
    """None where there is no item."""
    key = {"pk": {"S": pk}, "sk": {"N": "1"}}
    found = await get_item.run(ctx, {"TableName": table, "Key": key, "ConsistentRead": True})
    item = as_dict(found).get("Item")
    return None if item is None else str(item["value"]["S"])


def as_dict(answer: Any) -> dict[str, Any]:
    if isinstance(answer, list):
        answer = b"".join(answer)
    found: dict[str, Any] = answer if isinstance(answer, dict) else json.loads(answer)
    return found


def kept_documents(kept: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in kept.read_text().splitlines()]


async def test_a_record_is_applied_once(ctx: Context, table: str, replicator: Replicator) -> None:
    put = record(table, 5, "a", "five")
    assert await replicator.apply([put]) == [Applied()]
    assert await value_of(ctx, table, "a") == "five"
    assert await replicator.apply([put]) == [Skipped()]


async def test_an_older_record_changes_nothing(
    ctx: Context, table: str, replicator: Replicator
) -> None:
    await replicator.apply([record(table, 5, "a", "five")])
    assert await replicator.apply([record(table, 4, "a", "four")]) == [Skipped()]
    assert await replicator.apply([record(table, 4, "a", None)]) == [Skipped()]
    assert await value_of(ctx, table, "a") == "five"


# Numbers, not texts: DynamoDB does not promise that all have one length.
async def test_sequence_numbers_are_compared_as_numbers(
    ctx: Context, table: str, replicator: Replicator
) -> None:
    for sequence in (9, 10):
        put = record(table, sequence, "a", str(sequence))
        put["dynamodb"]["SequenceNumber"] = str(sequence)
        assert await replicator.apply([put]) == [Applied()]
    assert await value_of(ctx, table, "a") == "10"


# The item is not there any more to tell of it.
async def test_a_delete_is_remembered(ctx: Context, table: str, replicator: Replicator) -> None:
    await replicator.apply([record(table, 5, "a", "five")])
    assert await replicator.apply([record(table, 6, "a", None)]) == [Applied()]
    assert await replicator.apply([record(table, 5, "a", "five")]) == [Skipped()]
    assert await value_of(ctx, table, "a") is None
    assert await replicator.apply([record(table, 7, "a", "seven")]) == [Applied()]
    assert await value_of(ctx, table, "a") == "seven"


# Of an item that was made and deleted before its first record came.
async def test_a_delete_of_what_was_never_there_is_remembered(
    ctx: Context, table: str, replicator: Replicator
) -> None:
    assert await replicator.apply([record(table, 6, "a", None)]) == [Applied()]
    assert await replicator.apply([record(table, 5, "a", "five")]) == [Skipped()]
    assert await value_of(ctx, table, "a") is None


async def test_marks_of_deleted_items_expire(
    ctx: Context, table: str, replicator: Replicator
) -> None:
    await replicator.apply([record(table, 6, "a", None), record(table, 7, "b", "seven")])
    marks = await ctx.store.table(TABLE)
    assert marks is not None
    assert marks.ttl is not None
    page = as_dict(await scan.run(ctx, {"TableName": TABLE, "ConsistentRead": True}))
    until = {mark["sequence"]["S"]: "until" in mark for mark in page["Items"]}
    assert until["6"]
    assert not until["7"]


async def test_the_last_image_of_a_batch_wins(
    ctx: Context, table: str, replicator: Replicator
) -> None:
    batch = [record(table, n, pk, str(n)) for n in (3, 1, 2) for pk in ("a", "b")]
    assert await replicator.apply(batch) == [Applied()] * 2 + [Skipped()] * 4
    assert [await value_of(ctx, table, pk) for pk in "ab"] == ["3", "3"]


# A stream that was switched off and on again counts anew; its label is later.
async def test_a_later_stream_goes_before(ctx: Context, table: str, replicator: Replicator) -> None:
    await replicator.apply([record(table, 100, "a", "old")])
    later = "2026-02-01T00:00:00.000"
    assert await replicator.apply([record(table, 1, "a", "new", label=later)]) == [Applied()]
    assert await replicator.apply([record(table, 101, "a", "late")]) == [Skipped()]
    assert await value_of(ctx, table, "a") == "new"


# Keys that are equal as numbers are one item.
async def test_keys_are_compared_as_dynamodb_does(
    ctx: Context, table: str, replicator: Replicator
) -> None:
    put, delete = record(table, 1, "a", "x", sk="1.0"), record(table, 2, "a", None, sk="1")
    assert await replicator.apply([put, delete]) == [Skipped(), Applied()]
    assert await value_of(ctx, table, "a") is None


async def test_indexes_and_the_stream_of_the_target_follow(ctx: Context, kept: Path) -> None:
    index = {
        "IndexName": "by-value",
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "value", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "ALL"},
    }
    table = await make_table(
        ctx,
        AttributeDefinitions=[{"AttributeName": "value", "AttributeType": "S"}],
        LocalSecondaryIndexes=[index],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    replicator = new_replicator(ctx, kept)
    await replicator.apply([record(table, 1, "a", "x")])
    request = {
        "TableName": table,
        "IndexName": "by-value",
        "KeyConditionExpression": "pk = :pk AND #v = :value",
        "ExpressionAttributeNames": {"#v": "value"},
        "ExpressionAttributeValues": {":pk": {"S": "a"}, ":value": {"S": "x"}},
        "ConsistentRead": True,
    }
    assert as_dict(await query.run(ctx, request))["Count"] == 1
    # What is delivered twice is told once.
    await replicator.apply([record(table, 1, "a", "x"), record(table, 2, "a", None)])
    events = [each.event for each in await records_of(ctx, table, 2)]
    assert events == ["INSERT", "REMOVE"]
    # The record names an index key of the wrong type: the target can never take it.
    wrong = record(table, 3, "b", "x")
    wrong["dynamodb"]["NewImage"]["value"] = {"N": "1"}
    (outcome,) = await replicator.apply([wrong])
    assert isinstance(outcome, Kept)
    assert "by-value" in outcome.reason


async def records_of(ctx: Context, table: str, count: int) -> list[StreamRecord]:
    (stream,) = await ctx.store.streams(table)
    found: list[StreamRecord] = []
    async with asyncio.timeout(30):
        while len(found) < count:
            pages = [
                await ctx.store.read_stream(stream, shard.number, start=None, limit=10)
                for shard in await ctx.store.shards(stream)
            ]
            found = [each.record for page in pages for each in getattr(page, "records", ())]
            await asyncio.sleep(0.02)
    return found


# Triggers of the target archive what has expired, as those of the source do, and filter by it.
async def test_who_deleted_an_item_is_told_to_the_stream_of_the_target(
    ctx: Context, kept: Path
) -> None:
    view = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    table = await make_table(ctx, StreamSpecification=view)
    replicator = new_replicator(ctx, kept)
    # Of one partition, so that the order is that of one shard.
    expired = record(table, 3, "a", None, sk="1")
    expired["userIdentity"] = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    for each in (
        record(table, 1, "a", "x", sk="1"),
        record(table, 2, "a", "x", sk="2"),
        expired,
        record(table, 4, "a", None, sk="2"),
    ):
        assert await replicator.apply([each]) == [Applied()]
    found = {
        (each.event, each.keys["sk"]["N"]): each.by_service
        for each in await records_of(ctx, table, 4)
    }
    assert found == {
        ("INSERT", "1"): False,
        ("INSERT", "2"): False,
        ("REMOVE", "1"): True,
        ("REMOVE", "2"): False,
    }


def broken(table: str, **members: Any) -> Record:
    wrong = record(table, 1, "b", "x")
    wrong["dynamodb"] |= members
    return wrong


# One of each, between two that are good.
async def test_what_cannot_be_applied_is_kept_and_the_rest_goes_on(
    ctx: Context, table: str, replicator: Replicator, kept: Path
) -> None:
    keys = {"pk": {"S": "b"}, "sk": {"N": "1"}}
    large = keys | {"value": {"S": "x" * (400 * 1024)}}
    text = keys | {"sk": {"S": "1"}}
    cases: list[tuple[Any, str]] = [
        ("text", "The record is malformed: it has no member dynamodb"),
        ({"dynamodb": {}}, "The record is malformed: its eventSourceARN is no ARN of a stream"),
        (
            broken(table) | {"eventName": "COPY"},
            "The record is malformed: its eventName is 'COPY'",
        ),
        (
            broken(table, SequenceNumber=7),
            "The record is malformed: its SequenceNumber is 7",
        ),
        (
            broken(table, Keys={"pk": "b"}),
            "The record is malformed: its Keys is no map of attribute values",
        ),
        (
            broken(table, NewImage=keys | {"value": {"N": "seven"}}),
            "The record is malformed: its NewImage: The parameter cannot be converted to a "
            "numeric value: seven",
        ),
        (
            broken(table, NewImage={"pk": {"S": "c"}, "sk": {"N": "1"}}),
            "The record is malformed: its NewImage has other keys than its Keys",
        ),
        (
            broken(table, StreamViewType="KEYS_ONLY"),
            "The stream's view is KEYS_ONLY, whose records have no new image: "
            "it must be NEW_IMAGE or NEW_AND_OLD_IMAGES",
        ),
        (record("not-here", 1, "b", "x"), "The target table not-here does not exist"),
        (
            broken(table, Keys={"id": {"S": "b"}}, NewImage={"id": {"S": "b"}}),
            f"The key of the record is (id), that of the target table {table} is (pk, sk)",
        ),
        (
            broken(table, Keys=text, NewImage=text),
            "One or more parameter values were invalid: Type mismatch for key sk expected: N "
            "actual: S",
        ),
        (broken(table, NewImage=large), "Item size has exceeded the maximum allowed size"),
    ]
    before = ctx.metrics.value("ReplicationKept")
    batch = [record(table, 1, "a", "x"), *[case for case, _ in cases], record(table, 2, "z", "y")]
    first, *outcomes, last = await replicator.apply(batch)
    assert [first, last] == [Applied(), Applied()]
    assert outcomes == [Kept(reason) for _, reason in cases]
    found = kept_documents(kept)
    assert sorted(json.dumps(each, sort_keys=True) for each in found) == sorted(
        json.dumps({"reason": reason, "record": case}, sort_keys=True) for case, reason in cases
    )
    assert ctx.metrics.value("ReplicationKept") - before == len(cases)


# Otherwise the item would stay as it was, although a newer image of it could be applied.
async def test_the_image_before_one_that_cannot_be_applied(
    ctx: Context, table: str, replicator: Replicator
) -> None:
    good, bad = record(table, 1, "a", "x"), record(table, 2, "a", "y" * (400 * 1024))
    outcomes = await replicator.apply([good, bad])
    assert [type(outcome) for outcome in outcomes] == [Applied, Kept]
    assert await value_of(ctx, table, "a") == "x"


async def test_nothing_is_lost_where_it_cannot_be_kept(ctx: Context, tmp_path: Path) -> None:
    for kept, said in ((None, "there is no"), (tmp_path, "did not take it")):
        (outcome,) = await new_replicator(ctx, kept).apply([record("not-here", 1, "a", "x")])
        assert isinstance(outcome, Failed)
        assert said in outcome.reason


async def test_a_target_of_another_name(ctx: Context, table: str, kept: Path) -> None:
    replicator = new_replicator(ctx, kept, orders=table)
    assert await replicator.apply([record("orders", 1, "a", "x")]) == [Applied()]
    assert await value_of(ctx, table, "a") == "x"


# Several processes with the same records, each delivered twice, in any order: the last one stands.
@pytest.mark.parametrize("seed", range(3))
async def test_any_order_ends_the_same(ctx: Context, table: str, kept: Path, seed: int) -> None:
    chance = random.Random(seed)
    items = [f"{seed}-{number}" for number in range(6)]
    last: dict[str, str | None] = {}
    records = []
    for sequence in range(1, 61):
        pk = chance.choice(items)
        last[pk] = None if chance.random() < 0.3 else str(sequence)
        records.append(record(table, sequence, pk, last[pk]))
    deliveries = records * 2
    chance.shuffle(deliveries)
    batches = [deliveries[start : start + 10] for start in range(0, len(deliveries), 10)]
    replicators = [new_replicator(ctx, kept) for _ in range(3)]

    async def deliver(number: int) -> None:
        for batch in batches[number::3]:
            again: list[Record] = batch
            while again:
                done = await replicators[number].apply(again)
                pairs = zip(again, done, strict=True)
                again = [each for each, outcome in pairs if isinstance(outcome, Failed)]

    await asyncio.gather(*[deliver(number) for number in range(3)])
    found: dict[str, Item | str | None] = {pk: await value_of(ctx, table, pk) for pk in last}
    assert found == last
