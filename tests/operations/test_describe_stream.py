"""DescribeStream: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_DescribeStream.html"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.operations.streaming import (
    STEP,
    arn_of,
    disabled,
    iterator,
    records_of,
    sequence_number,
    shards_of,
    specification,
)

SHARDS = 4


@pytest.fixture
def arn(client: Any, stream_table: str) -> str:
    return arn_of(client, stream_table)


@pytest.mark.own_answer("the number of shards is a setting here")
def test_a_stream(streams: Any, stream_table: str, arn: str) -> None:
    found = streams.describe_stream(StreamArn=arn)["StreamDescription"]
    shards = found.pop("Shards")
    label = arn.rpartition("/")[2]
    assert found == {
        "StreamArn": arn,
        "StreamLabel": label,
        "StreamStatus": "ENABLED",
        "StreamViewType": "NEW_AND_OLD_IMAGES",
        "CreationRequestDateTime": datetime.fromisoformat(label).replace(tzinfo=UTC),
        "TableName": stream_table,
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    }
    assert len({shard["ShardId"] for shard in shards}) == SHARDS
    for shard in shards:
        assert 28 <= len(shard["ShardId"]) <= 65
        first = sequence_number(shard["ShardId"], 1)
        assert shard["SequenceNumberRange"] == {"StartingSequenceNumber": first}


def test_shards_page_by_page(streams: Any, arn: str) -> None:
    found = []
    more: dict[str, Any] = {}
    while True:
        page = streams.describe_stream(StreamArn=arn, Limit=1, **more)["StreamDescription"]
        found += page["Shards"]
        if "LastEvaluatedShardId" not in page:
            break
        assert page["LastEvaluatedShardId"] == page["Shards"][-1]["ShardId"]
        more = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}
    assert found == shards_of(streams, arn)


# They are split when a setting is raised, see tests/faults/test_stream_audit.py; not by themselves.
@pytest.mark.differs_locally("the filter is not looked at")
def test_no_shard_has_children(streams: Any, arn: str) -> None:
    shard = shards_of(streams, arn)[0]["ShardId"]
    found = streams.describe_stream(
        StreamArn=arn, ShardFilter={"Type": "CHILD_SHARDS", "ShardId": shard}
    )
    assert found["StreamDescription"]["Shards"] == []


@pytest.mark.differs_locally("its shards are closed later")
def test_shards_of_a_disabled_stream_are_closed(
    client: Any, streams: Any, stream_table: str, new_table: Callable[..., str]
) -> None:
    name = new_table({"pk": "S"}, StreamSpecification=specification())
    arn = arn_of(client, name)
    client.put_item(TableName=name, Item={"pk": {"S": "a"}})
    client.delete_item(TableName=name, Key={"pk": {"S": "a"}})
    client.update_table(TableName=name, StreamSpecification={"StreamEnabled": False})
    # Who knows the ARN goes on reading what was written before.
    ends = []
    for shard in disabled(streams, arn)["Shards"]:
        numbers = shard["SequenceNumberRange"]
        assert numbers["StartingSequenceNumber"] == sequence_number(shard["ShardId"], 1)
        ends.append(int(numbers["EndingSequenceNumber"]) // STEP)
    assert sorted(ends) == [*[1] * (SHARDS - 1), 2]
    assert len(records_of(streams, arn, "a", 2)) == 2
    for shard in shards_of(streams, arn):
        place = iterator(streams, arn, shard["ShardId"])
        assert "NextShardIterator" not in streams.get_records(ShardIterator=place)


def test_a_stream_that_is_not_there(streams: Any, arn: str) -> None:
    with pytest.raises(ClientError) as caught:
        streams.describe_stream(StreamArn=arn + "9")
    assert caught.value.response["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": f"Requested resource not found: Stream: {arn}9 not found",
    }


@pytest.mark.differs_locally("it looks for what cannot be")
@pytest.mark.parametrize("change", [lambda arn: arn.partition("/stream")[0], lambda arn: "x" * 40])
def test_what_is_no_stream(streams: Any, arn: str, change: Any) -> None:
    iterator = {"ShardId": "x" * 28, "ShardIteratorType": "LATEST"}
    for method, more in ((streams.describe_stream, {}), (streams.get_shard_iterator, iterator)):
        with pytest.raises(ClientError) as caught:
            method(StreamArn=change(arn), **more)
        assert caught.value.response["Error"] == {
            "Code": "ValidationException",
            "Message": "Invalid StreamArn",
        }


def test_too_large_a_limit(streams: Any, arn: str) -> None:
    with pytest.raises(ClientError) as caught:
        streams.describe_stream(StreamArn=arn, Limit=101)
    assert caught.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": "One or more parameter values were invalid: "
        "Limit cannot be greater than the maximum: 100",
    }


# Errors of this service have the prefix of the other one.
@pytest.mark.differs_locally("it writes Message")
def test_the_type_of_an_error(raw: Any, stream_table: str) -> None:
    arn = "arn:aws:dynamodb:us-east-1:000000000000:table/nothing/stream/x"
    assert raw("DynamoDBStreams_20120810.DescribeStream", {"StreamArn": arn}) == (
        400,
        {
            "__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
            "message": f"Requested resource not found: Stream: {arn} not found",
        },
    )
