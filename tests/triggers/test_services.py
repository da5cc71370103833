"""S3, SQS and Lambda as destinations and targets, with the SDK's own stub in the place of AWS."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber

from app.config import ConfigError
from app.triggers.destinations import (
    FileDestination,
    KeepFailed,
    QueueDestination,
    S3Destination,
    open_destination,
)
from app.triggers.targets import InvocationFailed, LambdaTarget, open_target

from .conftest import ACCESS

DOCUMENT = {"reason": "Grüße", "record": {"dynamodb": {}}}
EVENT: dict[str, Any] = {"Records": []}


@contextmanager
def stubbed(service: str) -> Iterator[tuple[Any, Stubber]]:
    client = boto3.client(service, region_name="us-east-1", **ACCESS)
    with Stubber(client) as stub:
        yield client, stub
        stub.assert_no_pending_responses()
    client.close()


async def test_an_object_of_a_bucket() -> None:
    wanted = {"Bucket": "kept", "Key": ANY, "Body": json.dumps(DOCUMENT).encode()}
    with stubbed("s3") as (client, stub):
        stub.add_response("put_object", {}, wanted)
        await S3Destination(client, "kept", "records").keep(DOCUMENT)


async def test_a_message_of_a_queue() -> None:
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/kept"
    wanted = {"QueueUrl": url, "MessageBody": json.dumps(DOCUMENT)}
    with stubbed("sqs") as (client, stub):
        stub.add_response("send_message", {"MessageId": "1"}, wanted)
        await QueueDestination(client, url).keep(DOCUMENT)


# It must not count as kept.
async def test_a_destination_that_refuses() -> None:
    with stubbed("s3") as (client, stub):
        stub.add_client_error("put_object", "AccessDenied", "no")
        with pytest.raises(KeepFailed, match="AccessDenied"):
            await S3Destination(client, "kept", "").keep(DOCUMENT)


async def test_a_file(tmp_path: Path) -> None:
    destination = open_destination(f"file://{tmp_path}/new/kept%20ones.jsonl")
    assert destination == FileDestination(tmp_path / "new" / "kept ones.jsonl")
    await destination.keep(DOCUMENT)
    await destination.keep(DOCUMENT)
    lines = (tmp_path / "new" / "kept ones.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [DOCUMENT, DOCUMENT]
    with pytest.raises(KeepFailed):
        await FileDestination(tmp_path).keep(DOCUMENT)


@pytest.mark.parametrize("url", ["", "kept", "file://", "s3://", "https://sqs/one", "ftp://a/b/c"])
def test_what_is_no_destination(url: str) -> None:
    with pytest.raises(ConfigError, match="is no destination"):
        open_destination(url)


def answer(body: bytes, **more: Any) -> dict[str, Any]:
    payload = StreamingBody(io.BytesIO(body), len(body))
    return {"StatusCode": 200, "Payload": payload, **more}


async def test_a_function_of_lambda() -> None:
    failures = {"batchItemFailures": [{"itemIdentifier": "1"}]}
    with stubbed("lambda") as (client, stub):
        wanted = {"FunctionName": "orders", "Payload": json.dumps(EVENT).encode()}
        stub.add_response("invoke", answer(json.dumps(failures).encode()), wanted)
        assert await LambdaTarget("lambda:orders", client).invoke(EVENT) == failures


async def test_a_function_of_lambda_that_fails() -> None:
    with stubbed("lambda") as (client, stub):
        stub.add_response("invoke", answer(b'{"errorMessage": "bad"}', FunctionError="Unhandled"))
        stub.add_client_error("invoke", "TooManyRequestsException", "later")
        target = LambdaTarget("lambda:orders", client)
        with pytest.raises(InvocationFailed, match="bad"):
            await target.invoke(EVENT)
        with pytest.raises(InvocationFailed, match="later"):
            await target.invoke(EVENT)


# An exception of the function is a failed batch, whatever it is.
async def test_a_python_function_that_raises() -> None:
    target = open_target("tests.triggers.recorder:handler", 5.0)
    with pytest.raises(InvocationFailed, match="IndexError"):
        await target.invoke(EVENT)
