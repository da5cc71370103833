"""`dynaspan trigger` against a real server: what is delivered, once more, and to whom."""

from __future__ import annotations

import base64
import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from tools.process import Process
from tools.server import Server

from .conftest import ACCESS, Endpoint, StartTrigger, make_stream, wait_for

Stream = tuple[str, str]


def put(client: Any, table: str, pk: str, **more: Any) -> None:
    client.put_item(TableName=table, Item={"pk": {"S": pk}, **more})


def keys(endpoint: Endpoint) -> list[str]:
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in endpoint.records]


def end(process: Process) -> str:
    process.terminate()
    assert process.wait(40) == 0, process.log()
    return process.log()


def test_records_are_delivered_as_lambda_gives_them(
    client: Any, stream: Stream, endpoint: Endpoint, start_trigger: StartTrigger
) -> None:
    table, arn = stream
    put(client, table, "a", photo={"B": b"\x00\xff"}, set={"BS": [b"x"]}, deep={"L": [{"N": "1"}]})
    process = start_trigger(arn, endpoint.url)
    wait_for(lambda: len(endpoint.records) == 1, process.log)
    (record,) = endpoint.records
    assert record["eventSourceARN"] == arn
    assert record["eventName"] == "INSERT"
    assert record["eventSource"] == "aws:dynamodb"
    assert isinstance(record["dynamodb"]["ApproximateCreationDateTime"], int)
    assert record["dynamodb"]["NewImage"] == {
        "pk": {"S": "a"},
        "photo": {"B": base64.b64encode(b"\x00\xff").decode()},
        "set": {"BS": [base64.b64encode(b"x").decode()]},
        "deep": {"L": [{"N": "1"}]},
    }
    assert "1 delivered, 0 filtered, 0 given up" in end(process)


@pytest.mark.parametrize("kind", ["table", "file"])
def test_it_goes_on_where_it_was(
    client: Any,
    stream: Stream,
    endpoint: Endpoint,
    start_trigger: StartTrigger,
    tmp_path: Path,
    kind: str,
) -> None:
    table, arn = stream
    place = f"file:{tmp_path}/checkpoints" if kind == "file" else "table:checkpoints"
    arguments = ("--checkpoints", place, "--name", table)
    names = [f"k{number}" for number in range(20)]
    for name in names:
        put(client, table, name)
    first = start_trigger(arn, endpoint.url, *arguments, "--batch-size", "3")
    wait_for(lambda: len(endpoint.records) == 20, first.log)
    assert sorted(keys(endpoint)) == sorted(names)
    assert max(len(event["Records"]) for event in endpoint.events) <= 3
    end(first)
    put(client, table, "new")
    endpoint.events.clear()
    second = start_trigger(arn, endpoint.url, *arguments)
    wait_for(lambda: bool(endpoint.records), second.log)
    end(second)
    assert keys(endpoint) == ["new"]


# What was not written down comes again, and nothing is left out.
def test_killed_in_the_middle(
    client: Any, stream: Stream, endpoint: Endpoint, start_trigger: StartTrigger, tmp_path: Path
) -> None:
    table, arn = stream
    names = [f"k{number}" for number in range(30)]
    for name in names:
        put(client, table, name)
    arguments = ("--checkpoints", f"file:{tmp_path}/checkpoints", "--batch-size", "2")
    process = start_trigger(arn, endpoint.url, *arguments)
    wait_for(lambda: len(endpoint.records) >= 6, process.log)
    process.kill()
    again = start_trigger(arn, endpoint.url, *arguments)
    wait_for(lambda: set(keys(endpoint)) == set(names), again.log)


def test_filters(
    client: Any, stream: Stream, endpoint: Endpoint, start_trigger: StartTrigger
) -> None:
    table, arn = stream
    for name in ("a", "b", "c", "last"):
        put(client, table, name)
    patterns = ('{"dynamodb": {"Keys": {"pk": {"S": ["b", "last"]}}}}', '{"eventName": ["REMOVE"]}')
    process = start_trigger(arn, endpoint.url, "--filter", patterns[0], "--filter", patterns[1])
    wait_for(lambda: set(keys(endpoint)) == {"b", "last"}, process.log)


def test_what_is_given_up_is_at_the_destination(
    client: Any, stream: Stream, endpoint: Endpoint, start_trigger: StartTrigger, tmp_path: Path
) -> None:
    table, arn = stream
    names = [f"k{number}" for number in range(9)]

    def answer(event: dict[str, Any]) -> tuple[int, Any]:
        found = {record["dynamodb"]["Keys"]["pk"]["S"] for record in event["Records"]}
        return (500, None) if "k4" in found else (200, None)

    endpoint.answer = answer
    for name in names:
        put(client, table, name)
    kept = tmp_path / "kept.jsonl"
    arguments = ("--retries", "1", "--bisect", "--on-failure", f"file://{kept}")
    process = start_trigger(arn, endpoint.url, *arguments)
    wait_for(lambda: kept.exists() and bool(kept.read_text()), process.log)
    (document,) = [json.loads(line) for line in kept.read_text().splitlines()]
    (lost,) = document["payload"]["Records"]
    assert lost["dynamodb"]["Keys"] == {"pk": {"S": "k4"}}
    wait_for(lambda: set(keys(endpoint)) == set(names), process.log)


# In the form of an event, by which functions and filters know what has expired.
def test_who_deleted_an_item_is_told(
    start_server: Callable[..., Server],
    endpoint: Endpoint,
    start_trigger: StartTrigger,
    tmp_path: Path,
) -> None:
    server = start_server("--store", f"sqlite:///{tmp_path}/data.db", "--ttl-interval", "0.2")
    client = boto3.client("dynamodb", endpoint_url=server.url, region_name="us-east-1", **ACCESS)
    table, arn = make_stream(client)
    client.update_time_to_live(
        TableName=table, TimeToLiveSpecification={"AttributeName": "until", "Enabled": True}
    )
    put(client, table, "a", until={"N": str(int(time.time()) - 60)})
    client.close()
    pattern = json.dumps({"userIdentity": {"type": ["Service"]}})
    arguments = ("--endpoint-url", server.url, "--filter", pattern)
    process = start_trigger(arn, endpoint.url, *arguments)
    wait_for(lambda: bool(endpoint.records), process.log)
    (record,) = endpoint.records
    assert record["eventName"] == "REMOVE"
    assert record["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    end(process)


def test_partial_failures_come_again(
    client: Any, stream: Stream, endpoint: Endpoint, start_trigger: StartTrigger
) -> None:
    table, arn = stream
    refused: list[str] = []

    def answer(event: dict[str, Any]) -> tuple[int, Any]:
        number = event["Records"][-1]["dynamodb"]["SequenceNumber"]
        if number in refused:
            return 200, {"batchItemFailures": []}
        refused.append(number)
        return 200, {"batchItemFailures": [{"itemIdentifier": number}]}

    endpoint.answer = answer
    for value in "xyz":
        put(client, table, "a", value={"S": value})
    process = start_trigger(arn, endpoint.url, "--report-failures")
    wait_for(lambda: len(endpoint.events) >= 2, process.log)
    values = [
        [record["dynamodb"]["NewImage"]["value"]["S"] for record in event["Records"]]
        for event in endpoint.events[:2]
    ]
    assert values == [["x", "y", "z"], ["z"]]


def test_what_was_there_before_is_not_wanted(
    client: Any, stream: Stream, endpoint: Endpoint, start_trigger: StartTrigger, tmp_path: Path
) -> None:
    table, arn = stream
    place = tmp_path / "checkpoints"
    arguments = ("--from", "latest", "--checkpoints", f"file:{place}")
    process = start_trigger(arn, endpoint.url, *arguments)
    # Every shard has one as soon as the mapping has begun.
    wait_for(lambda: place.exists() and len(json.loads(place.read_text())) == 4, process.log)
    told = json.loads(place.read_text())
    assert all(shard["since"] for shard in told.values())
    process.kill()
    # As if it had begun an hour later than it has.
    for shard in told.values():
        shard["since"] += 3600
    place.write_text(json.dumps(told))
    put(client, table, "old")
    for shard in told.values():
        assert shard["sequence"] is None
    again = start_trigger(arn, endpoint.url, *arguments)
    wait_for(
        lambda: any(shard["sequence"] for shard in json.loads(place.read_text()).values()),
        again.log,
    )
    assert endpoint.events == []


def test_a_function_of_a_module(
    client: Any, stream: Stream, start_trigger: StartTrigger, tmp_path: Path
) -> None:
    table, arn = stream
    path = tmp_path / "records"
    put(client, table, "a", path={"S": str(path)})
    process = start_trigger(arn, "tests.triggers.recorder:handler", "--report-failures")
    wait_for(lambda: path.exists() and bool(path.read_text()), process.log)
    assert json.loads(path.read_text())["dynamodb"]["Keys"] == {"pk": {"S": "a"}}
    end(process)


# Two processes share the shards of a mapping; when one dies the other goes on alone.
def test_another_process_takes_over(
    client: Any, stream: Stream, endpoint: Endpoint, start_trigger: StartTrigger
) -> None:
    table, arn = stream
    put(client, table, "before")
    first = start_trigger(arn, endpoint.url)
    wait_for(lambda: keys(endpoint) == ["before"], first.log)
    second = start_trigger(arn, endpoint.url)
    first.terminate()
    assert first.wait(40) == 0
    put(client, table, "after")
    wait_for(lambda: "after" in keys(endpoint), second.log)
    assert keys(endpoint) == ["before", "after"]


def holders(client: Any, name: str) -> dict[str, int]:
    """How many shards each process delivers."""
    items = client.query(
        TableName="dynaspan.triggers",
        KeyConditionExpression="mapping = :mapping",
        ExpressionAttributeValues={":mapping": {"S": name}},
        ConsistentRead=True,
    )["Items"]
    shards = [item for item in items if item["shard"]["S"].startswith("shardId")]
    return Counter(item["owner"]["S"] for item in shards if "owner" in item)


# Shards change hands while records come, and each is delivered by one process at a time: none of
# them twice, those of an item in their order. Who is killed releases nothing: its leases must run
# out, and only then may the other deliver.
def test_processes_share_the_shards_and_take_over_those_of_one_that_was_killed(
    client: Any, stream: Stream, endpoint: Endpoint, start_trigger: StartTrigger
) -> None:
    table, arn = stream
    names = [f"k{number}" for number in range(16)]
    arguments = ("--name", table, "--batch-size", "5")
    other = Endpoint()
    try:
        first = start_trigger(arn, endpoint.url, *arguments)
        # It has made the table of checkpoints then.
        wait_for(lambda: "dynaspan delivers" in first.log(), first.log)
        wait_for(lambda: sorted(holders(client, table).values()) == [4], first.log)
        second = start_trigger(arn, other.url, *arguments)
        written = 0
        while sorted(holders(client, table).values()) != [2, 2]:
            assert written < 5000, second.log()
            put(client, table, names[written % 16], place={"N": str(written)})
            written += 1
        for _ in range(16):
            put(client, table, names[written % 16], place={"N": str(written)})
            written += 1

        def delivered() -> list[dict[str, Any]]:
            return endpoint.records + other.records

        wait_for(lambda: len(delivered()) >= written, second.log, seconds=90)
        for name in names:
            places = [place for key, place in map(told, delivered()) if key == name]
            assert places == sorted(set(places)), name
        assert len(delivered()) == written
        assert {told(record)[0] for record in other.records} < set(names)
        first.kill()
        more = [f"l{number}" for number in range(16)]
        for name in more:
            put(client, table, name, place={"N": "0"})
        wait_for(lambda: set(more) <= set(keys(other)), second.log, seconds=90)
        assert all(keys(other).count(name) == 1 for name in more)
        assert sorted(holders(client, table).values()) == [4]
        end(second)
    finally:
        other.close()


def told(record: dict[str, Any]) -> tuple[str, int]:
    """The key of the item, and which of all writes it was."""
    image = record["dynamodb"]["NewImage"]
    return image["pk"]["S"], int(image["place"]["N"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--checkpoints", "x"), "checkpoints: 'x' is none of table:NAME, file:PATH"),
        (("--from", "now"), "from: 'now' is neither trim-horizon nor latest"),
        (("--filter", "{"), "filter: { is not JSON"),
        (("--on-failure", "x"), "on_failure: 'x' is no destination"),
    ],
)
def test_options_that_cannot_be_used(
    stream: Stream, start_trigger: StartTrigger, arguments: tuple[str, ...], said: str
) -> None:
    process = start_trigger(stream[1], "http://127.0.0.1:1/", *arguments)
    assert process.wait(30) == 2
    assert said in process.log()


@pytest.mark.parametrize(
    ("arn", "to", "said"),
    [
        ("x", "http://127.0.0.1:1/", "stream: 'x' is no ARN of a stream"),
        (
            "arn:aws:dynamodb:us-east-1:000000000000:table/none/stream/2026-01-01T00:00:00.000",
            "http://127.0.0.1:1/",
            "cannot be read",
        ),
        ("arn:aws:dynamodb:us-east-1:0:table/t/stream/x", "nothing", "is none of MODULE:HANDLER"),
        ("arn:aws:dynamodb:us-east-1:0:table/t/stream/x", "json:no_such", "cannot be loaded"),
    ],
)
def test_names_of_nothing(start_trigger: StartTrigger, arn: str, to: str, said: str) -> None:
    process = start_trigger(arn, to)
    assert process.wait(30) == 2
    assert said in process.log()


# So that no second process delivers what the first one does.
def test_a_file_of_checkpoints_has_one_owner(
    stream: Stream, endpoint: Endpoint, start_trigger: StartTrigger, tmp_path: Path
) -> None:
    arguments = ("--checkpoints", f"file:{tmp_path}/checkpoints")
    first = start_trigger(stream[1], endpoint.url, *arguments)
    wait_for(lambda: "dynaspan delivers" in first.log(), first.log)
    second = start_trigger(stream[1], endpoint.url, *arguments)
    assert second.wait(30) == 2
    assert "is used by another process" in second.log()
    assert first.returncode is None
