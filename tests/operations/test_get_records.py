"""GetRecords: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.operations.conftest import Identity
from tests.operations.streaming import (
    VIEWS,
    arn_of,
    iterator,
    read_all,
    records_of,
    shards_of,
    specification,
)
from tests.operations.texts import INVALID, constraints, fault

NewTable = Callable[..., str]


@pytest.fixture
def arn(client: Any, stream_table: str) -> str:
    return arn_of(client, stream_table)


def _events(records: list[dict[str, Any]]) -> list[str]:
    return [record["eventName"] for record in records]


@pytest.mark.differs_locally("times are whole minutes")
def test_a_record(
    client: Any, streams: Any, stream_table: str, arn: str, key: str, identity: Identity
) -> None:
    old = {"pk": {"S": key}, "sk": {"S": "s"}, "n": {"N": "1"}}
    new = old | {"n": {"N": "17"}, "b": {"B": b"\x00\xff"}}
    before = int(time.time())
    client.put_item(TableName=stream_table, Item=old)
    client.put_item(TableName=stream_table, Item=new)
    record = records_of(streams, arn, key, 2)[1]
    made = record["dynamodb"].pop("ApproximateCreationDateTime")
    # Whole seconds, as the service has them.
    assert isinstance(made, datetime)
    assert made.microsecond == 0
    assert before - 1 <= made.timestamp() <= time.time() + 1
    assert re.fullmatch("[0-9a-f]{32}", record.pop("eventID"))
    assert re.fullmatch(r"\d{21}", record["dynamodb"].pop("SequenceNumber"))
    keys = {"pk": {"S": key}, "sk": {"S": "s"}}
    size_of_keys = 2 + len(key) + 3
    assert record == {
        "eventName": "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": identity.region,
        "dynamodb": {
            "Keys": keys,
            "OldImage": old,
            "NewImage": new,
            "SizeBytes": size_of_keys + (size_of_keys + 3) + (size_of_keys + 3 + 3),
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }


@pytest.mark.parametrize("view", VIEWS)
def test_views(
    client: Any, streams: Any, stream_table: str, new_table: NewTable, view: str
) -> None:
    name = new_table({"pk": "S"}, StreamSpecification=specification(view))
    one, two = ({"pk": {"S": "a"}, "n": {"N": number}} for number in "12")
    client.put_item(TableName=name, Item=one)
    client.put_item(TableName=name, Item=two)
    client.delete_item(TableName=name, Key={"pk": {"S": "a"}})
    records = records_of(streams, arn_of(client, name), "a", 3)
    assert _events(records) == ["INSERT", "MODIFY", "REMOVE"]
    changes = [record["dynamodb"] for record in records]
    assert all(change["Keys"] == {"pk": {"S": "a"}} for change in changes)
    assert all(change["StreamViewType"] == view for change in changes)
    shows_old, shows_new = view in VIEWS[2:], view in (VIEWS[1], VIEWS[3])
    olds = [None, one, two] if shows_old else [None] * 3
    news = [one, two, None] if shows_new else [None] * 3
    assert [change.get("OldImage") for change in changes] == olds
    assert [change.get("NewImage") for change in changes] == news


def test_every_kind_of_write(
    client: Any, streams: Any, stream_table: str, arn: str, key: str
) -> None:
    item = {"pk": {"S": key}, "sk": {"S": "s"}}
    where = {"TableName": stream_table, "Key": item}
    client.update_item(**where)
    client.update_item(
        **where,
        UpdateExpression="SET n = :n",
        ExpressionAttributeValues={":n": {"N": "1"}},
    )
    client.batch_write_item(
        RequestItems={stream_table: [{"PutRequest": {"Item": item | {"n": {"N": "2"}}}}]}
    )
    client.batch_write_item(RequestItems={stream_table: [{"DeleteRequest": {"Key": item}}]})
    client.put_item(
        TableName=stream_table, Item=item, ConditionExpression="attribute_not_exists(pk)"
    )
    client.delete_item(**where, ConditionExpression="attribute_exists(pk)")
    records = records_of(streams, arn, key, 6)
    assert _events(records) == ["INSERT", "MODIFY", "MODIFY", "REMOVE", "INSERT", "REMOVE"]
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    assert numbers == sorted(set(numbers))


def test_a_write_that_changes_nothing_is_not_told(
    client: Any, streams: Any, stream_table: str, arn: str, key: str
) -> None:
    item = {"pk": {"S": key}, "sk": {"S": "s"}, "n": {"N": "1"}, "ss": {"SS": ["a", "b"]}}
    where = {"TableName": stream_table, "Key": {name: item[name] for name in ("pk", "sk")}}
    client.delete_item(**where)
    client.put_item(TableName=stream_table, Item=item)
    client.put_item(TableName=stream_table, Item=item)
    client.put_item(TableName=stream_table, Item=item | {"ss": {"SS": ["b", "a"]}})
    client.put_item(TableName=stream_table, Item=item | {"n": {"N": "1.0"}})
    client.update_item(**where)
    client.update_item(
        **where,
        UpdateExpression="SET n = :n REMOVE nothing",
        ExpressionAttributeValues={":n": {"N": "1"}},
    )
    with pytest.raises(client.exceptions.ConditionalCheckFailedException):
        client.delete_item(**where, ConditionExpression="attribute_not_exists(pk)")
    client.delete_item(**where)
    assert _events(records_of(streams, arn, key, 2)) == ["INSERT", "REMOVE"]


def test_limits_and_pages(
    client: Any, streams: Any, stream_table: str, new_table: NewTable
) -> None:
    name = new_table({"pk": "S", "sk": "S"}, StreamSpecification=specification())
    for number in range(7):
        client.put_item(TableName=name, Item={"pk": {"S": "a"}, "sk": {"S": f"{number}"}})
    arn = arn_of(client, name)
    assert len(records_of(streams, arn, "a", 7)) == 7
    shard = next(shard for shard, _ in read_all(streams, arn))
    place = iterator(streams, arn, shard)
    sizes, found = [], []
    while not sizes or sizes[-1]:
        page = streams.get_records(ShardIterator=place, Limit=3)
        sizes.append(len(page["Records"]))
        found += [record["dynamodb"]["Keys"]["sk"]["S"] for record in page["Records"]]
        place = page["NextShardIterator"]
    assert sizes == [3, 3, 1, 0]
    assert found == list("0123456")


# A page has at most 1 MB, which two of these records exceed.
@pytest.mark.differs_locally("gives more than a megabyte")
def test_large_records(client: Any, streams: Any, stream_table: str, arn: str, key: str) -> None:
    for letter in "abcd":
        item = {"pk": {"S": key}, "sk": {"S": "s"}, "a": {"S": letter * 390_000}}
        client.put_item(TableName=stream_table, Item=item)
    records = records_of(streams, arn, key, 4)
    letters = [record["dynamodb"]["NewImage"]["a"]["S"][0] for record in records]
    assert letters == list("abcd")
    (shard,) = {
        shard
        for shard, record in read_all(streams, arn)
        if record["eventID"] == records[1]["eventID"]
    }
    number = records[1]["dynamodb"]["SequenceNumber"]
    place = iterator(streams, arn, shard, "AT_SEQUENCE_NUMBER", SequenceNumber=number)
    assert len(streams.get_records(ShardIterator=place)["Records"]) == 1


@pytest.mark.differs_locally("takes some of them")
@pytest.mark.parametrize(
    "change",
    [
        lambda place: "x",
        lambda place: place[:-4],
        lambda place: place.replace("table/", "table/x"),
        lambda place: place.partition("|1|")[0] + "|1|AAAA",
        lambda place: "AAAAAAAAAAFd1",
    ],
)
def test_iterators_that_are_none(streams: Any, arn: str, change: Any) -> None:
    place = iterator(streams, arn, shards_of(streams, arn)[0]["ShardId"])
    with pytest.raises(ClientError) as caught:
        streams.get_records(ShardIterator=change(place))
    assert caught.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": "Invalid ShardIterator",
    }


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        (1001, INVALID + "Limit should be less than or equal to 1000"),
        (0, constraints(fault(0, "limit", "have value greater than or equal to 1"))),
    ],
)
def test_bad_limits(streams: Any, arn: str, limit: int, message: str) -> None:
    place = iterator(streams, arn, shards_of(streams, arn)[0]["ShardId"])
    with pytest.raises(ClientError) as caught:
        streams.get_records(ShardIterator=place, Limit=limit)
    assert caught.value.response["Error"] == {"Code": "ValidationException", "Message": message}


def test_a_bad_iterator_is_found_before_a_high_limit(streams: Any) -> None:
    with pytest.raises(ClientError) as caught:
        streams.get_records(ShardIterator="x", Limit=1001)
    assert caught.value.response["Error"]["Message"] == "Invalid ShardIterator"


# Whichever server wrote it: the median is far under a second.
def test_a_record_is_there_within_seconds(
    second_client: Any, streams: Any, stream_table: str, arn: str, key: str
) -> None:
    second_client.put_item(TableName=stream_table, Item={"pk": {"S": key}, "sk": {"S": "s"}})
    begin = time.monotonic()
    records_of(streams, arn, key, 1)
    assert time.monotonic() - begin < 5


# Nobody who has heard of the answer writes past the stream.
@pytest.mark.usefixtures("stream_table")
def test_what_is_written_behind_the_answer_is_told(
    client: Any, second_client: Any, streams: Any, new_table: NewTable
) -> None:
    name = new_table({"pk": "S"})
    for _ in range(2):
        second_client.put_item(TableName=name, Item={"pk": {"S": "warm"}})
    client.update_table(TableName=name, StreamSpecification=specification("KEYS_ONLY"))
    second_client.put_item(TableName=name, Item={"pk": {"S": "told"}})
    records = records_of(streams, arn_of(client, name), "told", 1)
    assert _events(records) == ["INSERT"]
