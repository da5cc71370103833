"""GetShardIterator: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.operations.streaming import (
    arn_of,
    iterator,
    read_all,
    records_of,
    sequence_number,
    shards_of,
    specification,
)
from tests.operations.texts import INVALID, constraints, fault, missing, no_coral, not_in

TYPES = "[AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]"
NOT_PASSED = INVALID + "SequenceNumber should not be passed for this iterator type"
BAD_NUMBER = INVALID + "Invalid SequenceNumber"


@pytest.fixture
def arn(client: Any, stream_table: str) -> str:
    return arn_of(client, stream_table)


@pytest.fixture
def shard(streams: Any, arn: str) -> str:
    id: str = shards_of(streams, arn)[0]["ShardId"]
    return id


def _fails(streams: Any, code: str, message: str, **request: Any) -> None:
    with pytest.raises(ClientError) as caught:
        streams.get_shard_iterator(**request)
    assert caught.value.response["Error"] == {"Code": code, "Message": message}


@pytest.mark.differs_locally("iterators are numbered across all streams")
def test_the_four_types(
    client: Any, streams: Any, stream_table: str, new_table: Callable[..., str], key: str
) -> None:
    name = new_table({"pk": "S"}, StreamSpecification=specification())
    arn = arn_of(client, name)

    def write(number: int) -> None:
        client.put_item(TableName=name, Item={"pk": {"S": key}, "n": {"N": str(number)}})

    for number in range(3):
        write(number)
    three = records_of(streams, arn, key, 3)
    (shard,) = {
        shard
        for shard, record in read_all(streams, arn)
        if record["eventID"] == three[0]["eventID"]
    }
    latest = iterator(streams, arn, shard, "LATEST")
    numbers = [record["dynamodb"]["SequenceNumber"] for record in three]

    def read(kind: str, **more: Any) -> list[str]:
        place = iterator(streams, arn, shard, kind, **more)
        records = streams.get_records(ShardIterator=place)["Records"]
        return [record["dynamodb"]["SequenceNumber"] for record in records]

    assert numbers == [sequence_number(shard, number) for number in (1, 2, 3)]
    assert read("TRIM_HORIZON") == numbers
    assert read("AT_SEQUENCE_NUMBER", SequenceNumber=numbers[1]) == numbers[1:]
    assert read("AFTER_SEQUENCE_NUMBER", SequenceNumber=numbers[1]) == numbers[2:]
    assert read("AFTER_SEQUENCE_NUMBER", SequenceNumber=numbers[2]) == []
    assert streams.get_records(ShardIterator=latest)["Records"] == []
    write(3)
    last = records_of(streams, arn, key, 4)[-1]
    assert streams.get_records(ShardIterator=latest)["Records"] == [last]


# A number is of one record of the stream, and is no place in another shard.
def test_numbers_of_several_shards(
    client: Any, streams: Any, new_table: Callable[..., str], key: str
) -> None:
    name = new_table({"pk": "S"}, StreamSpecification=specification())
    for number in range(16):
        client.put_item(TableName=name, Item={"pk": {"S": f"{key}{number}"}})
    arn = arn_of(client, name)
    for number in range(16):
        records_of(streams, arn, f"{key}{number}", 1)
    found = [(shard, each["dynamodb"]["SequenceNumber"]) for shard, each in read_all(streams, arn)]
    assert len({number for _, number in found}) == 16
    for shard in {shard for shard, _ in found if shard != found[0][0]}:
        _fails(
            streams,
            "ValidationException",
            BAD_NUMBER,
            StreamArn=arn,
            ShardId=shard,
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=found[0][1],
        )


# Who begins where DescribeStream says that a shard begins misses nothing.
def test_the_starting_number_of_an_empty_shard(
    client: Any, streams: Any, new_table: Callable[..., str], key: str
) -> None:
    name = new_table({"pk": "S"}, StreamSpecification=specification())
    arn = arn_of(client, name)
    places = [
        iterator(
            streams,
            arn,
            shard["ShardId"],
            kind,
            SequenceNumber=shard["SequenceNumberRange"]["StartingSequenceNumber"],
        )
        for shard in shards_of(streams, arn)
        for kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")
    ]
    client.put_item(TableName=name, Item={"pk": {"S": key}})
    (record,) = records_of(streams, arn, key, 1)
    pages = [streams.get_records(ShardIterator=place)["Records"] for place in places]
    assert [found for page in pages for found in page] == [record] * 2


@no_coral
def test_constraints(streams: Any, arn: str) -> None:
    _fails(
        streams,
        "ValidationException",
        constraints(
            *[missing(name) for name in ("streamArn", "shardId", "shardIteratorType")],
        ),
    )
    _fails(
        streams,
        "ValidationException",
        constraints(
            fault("short", "shardId", "have length greater than or equal to 28"),
            not_in(TYPES, "FIRST", "shardIteratorType"),
            fault("9", "sequenceNumber", "have length greater than or equal to 21"),
        ),
        StreamArn=arn,
        ShardId="short",
        ShardIteratorType="FIRST",
        SequenceNumber="9",
    )


@pytest.mark.parametrize(
    ("kind", "number", "message"),
    [
        ("TRIM_HORIZON", "1" * 21, NOT_PASSED),
        ("LATEST", "1" * 21, NOT_PASSED),
        ("AT_SEQUENCE_NUMBER", None, BAD_NUMBER),
        ("AFTER_SEQUENCE_NUMBER", None, BAD_NUMBER),
        pytest.param(
            *("AT_SEQUENCE_NUMBER", "x" * 21, BAD_NUMBER),
            marks=pytest.mark.differs_locally("answers 500"),
        ),
        pytest.param(
            *("AFTER_SEQUENCE_NUMBER", "9" * 21, BAD_NUMBER),
            marks=pytest.mark.differs_locally("answers 500"),
        ),
    ],
)
def test_sequence_numbers(
    streams: Any, arn: str, shard: str, kind: str, number: str | None, message: str
) -> None:
    request = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": kind}
    if number is not None:
        request["SequenceNumber"] = number
    _fails(streams, "ValidationException", message, **request)


@pytest.mark.differs_locally("it does not know AT_TIMESTAMP")
def test_timestamps(
    client: Any, streams: Any, stream_table: str, arn: str, key: str, shard: str
) -> None:
    item = {"pk": {"S": key}, "sk": {"S": "s"}}
    client.put_item(TableName=stream_table, Item=item)
    between = time.time()
    client.delete_item(TableName=stream_table, Key=item)
    records = records_of(streams, arn, key, 2)
    (place,) = {
        shard
        for shard, record in read_all(streams, arn)
        if record["eventID"] == records[0]["eventID"]
    }

    def read(moment: float) -> list[dict[str, Any]]:
        start = iterator(streams, arn, place, "AT_TIMESTAMP", Timestamp=moment)
        found: list[dict[str, Any]] = streams.get_records(ShardIterator=start)["Records"]
        return found

    assert read(between) == records[1:]
    assert read(1.0)[0]["dynamodb"]["SequenceNumber"] == sequence_number(place, 1)
    assert read(time.time()) == []
    request = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "AT_TIMESTAMP"}
    message = INVALID + "Invalid Timestamp"
    _fails(streams, "ValidationException", message, **request)
    _fails(streams, "ValidationException", message, **request, Timestamp=time.time() + 3600)


@pytest.mark.differs_locally("tells less")
def test_what_is_not_there(streams: Any, arn: str, shard: str) -> None:
    request = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "LATEST"}
    code = "ResourceNotFoundException"
    # https://github.com/amazon-archives/logstash-input-dynamodb/issues/4 shows the second.
    found = "Requested resource not found: "
    absent = request | {"StreamArn": arn + "9"}
    _fails(streams, code, f"{found}Stream does not exist", **absent)
    for bad in ("shardId-00000000000000000000-00000000", "x" * 30, shard[:-1] + "7"):
        _fails(streams, code, f"{found}Shard does not exist", **(request | {"ShardId": bad}))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"ShardIteratorType": "AT_SEQUENCE_NUMBER"}, BAD_NUMBER),
        ({"ShardIteratorType": "LATEST", "SequenceNumber": "0" * 21}, NOT_PASSED),
        pytest.param(
            {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "x" * 21},
            "Requested resource not found: Stream does not exist",
            marks=pytest.mark.differs_locally("tells less"),
        ),
    ],
)
def test_one_of_two_faults(streams: Any, arn: str, more: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError) as caught:
        streams.get_shard_iterator(StreamArn=arn + "9", ShardId="x" * 30, **more)
    assert caught.value.response["Error"]["Message"] == message
