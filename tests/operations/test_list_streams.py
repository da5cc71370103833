"""ListStreams: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_ListStreams.html"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.operations.streaming import arn_of, disabled, specification
from tests.operations.texts import constraints, fault


def test_the_stream_of_a_table(client: Any, streams: Any, stream_table: str) -> None:
    arn = arn_of(client, stream_table)
    one = {
        "StreamArn": arn,
        "TableName": stream_table,
        "StreamLabel": arn.rpartition("/")[2],
    }
    assert streams.list_streams(TableName=stream_table)["Streams"] == [one]


def test_page_by_page(
    client: Any, streams: Any, stream_table: str, new_table: Callable[..., str]
) -> None:
    own = new_table({"pk": "S"}, StreamSpecification=specification())
    mine = {arn_of(client, name) for name in (stream_table, own)}
    found: list[str] = []
    more: dict[str, Any] = {}
    while True:
        page = streams.list_streams(Limit=1, **more)
        found += [each["StreamArn"] for each in page["Streams"]]
        if "LastEvaluatedStreamArn" not in page:
            break
        assert page["LastEvaluatedStreamArn"] == page["Streams"][-1]["StreamArn"]
        more = {"ExclusiveStartStreamArn": page["LastEvaluatedStreamArn"]}
    assert len(found) == len(set(found))
    assert mine <= set(found)


def test_streams_of_a_deleted_table(
    client: Any, streams: Any, stream_table: str, new_table: Callable[..., str]
) -> None:
    name = new_table({"pk": "S"}, StreamSpecification=specification())
    arn = arn_of(client, name)
    client.delete_table(TableName=name)
    assert disabled(streams, arn)["TableName"] == name
    assert [each["StreamArn"] for each in streams.list_streams(TableName=name)["Streams"]] == [arn]


@pytest.mark.parametrize(
    "request_", [{"TableName": "not-there"}, {"ExclusiveStartStreamArn": "x" * 40}]
)
def test_nothing_found(streams: Any, request_: dict[str, Any]) -> None:
    answer = streams.list_streams(**request_)
    assert answer["Streams"] == []
    assert "LastEvaluatedStreamArn" not in answer


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        (
            101,
            "One or more parameter values were invalid: Limit cannot be greater than the maximum "
            "allowed size: 100",
        ),
        (0, constraints(fault(0, "limit", "have value greater than or equal to 1"))),
    ],
)
def test_bad_limits(streams: Any, limit: int, message: str) -> None:
    with pytest.raises(ClientError) as caught:
        streams.list_streams(Limit=limit)
    assert caught.value.response["Error"] == {"Code": "ValidationException", "Message": message}
