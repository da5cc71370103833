"""No answer is larger than the front door takes: pages of reads end earlier, and go on."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.config import Settings
from app.operations.answer_budget import fitting, text_bytes

from .test_events import Call, Context, body_of, load, running

TABLE = "large"
COUNT = 30
BALANCER, INVOKE = 1_000_000, 6_000_000
MOST = {"alb-put-item": BALANCER, "http-api-get-item": INVOKE}
# In the text that the body is on its way quotes take two bytes, letters of other scripts six.
TEXT = ('"Grüße\\' * 40_000)[:200_000]


def ask(
    call: Call, name: str, operation: str, request: dict[str, Any], status: int = 200
) -> dict[str, Any]:
    event = load(name)
    prefix = "DynamoDBStreams_20120810" if operation in STREAMS else "DynamoDB_20120810"
    event["headers"]["x-amz-target"] = f"{prefix}.{operation}"
    event["headers"].pop("accept-encoding", None)
    event["body"] = base64.b64encode(json.dumps(request).encode()).decode()
    event["isBase64Encoded"] = True
    answer = call(event, Context())
    found: dict[str, Any] = json.loads(body_of(answer))
    assert answer["statusCode"] == status, found
    assert len(json.dumps(answer)) <= MOST[name], operation
    return found


STREAMS = ("DescribeStream", "GetShardIterator", "GetRecords")


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Call]:
    path: Path = tmp_path_factory.mktemp("lambda") / "data.db"
    settings = Settings(store=f"sqlite:///{path}", auth="off", insecure=True, stream_shards=1)
    with running(settings) as call:
        schema = [("pk", "HASH"), ("sk", "RANGE")]
        request = {
            "TableName": TABLE,
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "N"},
            ],
            "KeySchema": [{"AttributeName": name, "KeyType": role} for name, role in schema],
            "BillingMode": "PAY_PER_REQUEST",
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        }
        ask(call, "http-api-get-item", "CreateTable", request)
        for number in range(COUNT):
            item = {"pk": {"S": "a"}, "sk": {"N": str(number)}, "text": {"S": TEXT}}
            ask(call, "http-api-get-item", "PutItem", {"TableName": TABLE, "Item": item})
        yield call


QUERY = {
    "TableName": TABLE,
    "KeyConditionExpression": "pk = :a",
    "ExpressionAttributeValues": {":a": {"S": "a"}},
}


@pytest.mark.parametrize("front", MOST)
@pytest.mark.parametrize(
    ("operation", "request_", "token", "start"),
    [
        ("Query", QUERY, "LastEvaluatedKey", "ExclusiveStartKey"),
        ("Scan", {"TableName": TABLE}, "LastEvaluatedKey", "ExclusiveStartKey"),
        ("ExecuteStatement", {"Statement": f"SELECT * FROM {TABLE}"}, "NextToken", "NextToken"),
    ],
)
def test_pages(
    call: Call, front: str, operation: str, request_: dict[str, Any], token: str, start: str
) -> None:
    found: list[str] = []
    more: dict[str, Any] = {}
    while True:
        page = ask(call, front, operation, request_ | more)
        found += [item["sk"]["N"] for item in page["Items"]]
        if token not in page:
            break
        # A page that were empty would be one to no end.
        assert page["Items"]
        more = {start: page[token]}
    assert found == [str(number) for number in range(COUNT)]


# What is left out by filter or projection takes no room.
def test_only_what_is_shown_counts(call: Call) -> None:
    small = QUERY | {"ProjectionExpression": "sk"}
    page = ask(call, "alb-put-item", "Query", small)
    # The page of 1 MB of items, and not a smaller one.
    assert page["Count"] > 3
    filtered = QUERY | {"FilterExpression": "attribute_not_exists(pk2) AND NOT contains(#t, :x)"}
    filtered |= {"ExpressionAttributeNames": {"#t": "text"}}
    filtered["ExpressionAttributeValues"] = {":a": {"S": "a"}, ":x": {"S": "Gr"}}
    assert ask(call, "alb-put-item", "Query", filtered)["ScannedCount"] == page["ScannedCount"]


@pytest.mark.parametrize("front", MOST)
def test_batches(call: Call, front: str) -> None:
    asked: Any = {
        TABLE: {"Keys": [{"pk": {"S": "a"}, "sk": {"N": str(number)}} for number in range(COUNT)]}
    }
    found: list[str] = []
    rounds = 0
    while asked:
        answer = ask(call, front, "BatchGetItem", {"RequestItems": asked})
        assert answer["Responses"][TABLE]
        found += [item["sk"]["N"] for item in answer["Responses"][TABLE]]
        asked = answer["UnprocessedKeys"]
        rounds += 1
    assert sorted(found, key=int) == [str(number) for number in range(COUNT)]
    assert rounds > 1


def key_of(number: int) -> dict[str, Any]:
    return {"pk": {"S": "a"}, "sk": {"N": str(number)}}


def select(number: int) -> dict[str, Any]:
    return {"Statement": f"SELECT * FROM {TABLE} WHERE pk = 'a' AND sk = {number}"}


# What has no room is to be asked for again, as is what the service throttles.
@pytest.mark.parametrize("front", MOST)
def test_batches_of_statements(call: Call, front: str) -> None:
    left = list(range(25))
    rounds = 0
    while left:
        request = {"Statements": [select(number) for number in left]}
        responses = ask(call, front, "BatchExecuteStatement", request)["Responses"]
        found = [int(each["Item"]["sk"]["N"]) for each in responses if "Item" in each]
        assert found == left[: len(found)] != []
        codes = {each["Error"]["Code"] for each in responses[len(found) :]}
        assert codes <= {"ThrottlingError"}
        left = left[len(found) :]
        rounds += 1
    assert rounds > 1


# What could not be told any more is not done.
def test_batches_of_statements_that_return_items(call: Call) -> None:
    table, count = {"TableName": "written"}, 8
    request: dict[str, Any] = {
        **table,
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "N"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    front = "http-api-get-item"
    ask(call, front, "CreateTable", request)
    keys = [{"pk": {"N": str(number)}} for number in range(count)]
    for key in keys:
        item = {**key, "text": {"S": TEXT[:60_000]}}
        ask(call, front, "PutItem", {**table, "Item": item})
    update = "UPDATE written SET m = 1 WHERE pk = ? RETURNING ALL NEW *"
    statements = [{"Statement": update, "Parameters": [key["pk"]]} for key in keys]
    request = {"Statements": statements}
    responses = ask(call, "alb-put-item", "BatchExecuteStatement", request)["Responses"]
    told = ["Item" in each for each in responses]
    assert set(told) == {True, False}
    for key, was_told in zip(keys, told, strict=True):
        item = ask(call, front, "GetItem", {**table, "Key": key})["Item"]
        assert ("m" in item) == was_told


# A transaction has no pages: it is refused as the service refuses more than 4 MB.
@pytest.mark.parametrize("operation", ["TransactGetItems", "ExecuteTransaction"])
def test_transactions_that_are_too_large(call: Call, operation: str) -> None:
    def request(count: int) -> dict[str, Any]:
        if operation == "ExecuteTransaction":
            return {"TransactStatements": [select(number) for number in range(count)]}
        gets = [{"TableName": TABLE, "Key": key_of(number)} for number in range(count)]
        return {"TransactItems": [{"Get": get} for get in gets]}

    assert len(ask(call, "alb-put-item", operation, request(1))["Responses"]) == 1
    answer = ask(call, "alb-put-item", operation, request(8), status=400)
    assert answer["__type"].endswith("#ValidationException")
    assert answer["message"].startswith("Payload in response is too large.")


def test_records_of_a_stream(call: Call) -> None:
    front = "alb-put-item"
    table = ask(call, front, "DescribeTable", {"TableName": TABLE})["Table"]
    stream = {"StreamArn": table["LatestStreamArn"]}
    told = ask(call, front, "DescribeStream", stream)["StreamDescription"]
    place = {"ShardId": told["Shards"][0]["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    iterator = ask(call, front, "GetShardIterator", stream | place)["ShardIterator"]
    found: list[str] = []
    while len(found) < COUNT:
        page = ask(call, front, "GetRecords", {"ShardIterator": iterator})
        assert page["Records"]
        found += [record["dynamodb"]["Keys"]["sk"]["N"] for record in page["Records"]]
        iterator = page["NextShardIterator"]
    assert found == [str(number) for number in range(COUNT)]


def test_the_first_part_counts_in_any_case() -> None:
    assert fitting([None, b"x" * 9, None, b"y"], 5) == 3
    assert fitting([b"x"], 5, used=4) == 0
    assert fitting([], 5) == 0
    assert text_bytes('"ü'.encode()) == len(json.dumps('"ü'))
