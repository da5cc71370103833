"""Headers and bodies of answers."""

from __future__ import annotations

import gzip
import json
import re
import zlib

import boto3
import pytest
from botocore.config import Config

from .conftest import Client, Server


def test_headers_of_a_success(client: Client) -> None:
    answer = client.post({"a": "ü"})
    assert answer.status == 200
    assert answer.content == '{"a":"ü"}'.encode()
    assert answer.headers["content-length"] == "10"
    assert answer.headers["server"] == "Server"
    assert answer.headers["date"]
    assert answer.headers["connection"] == "keep-alive"
    assert client.post({}, Connection="close").headers["connection"] == "close"
    assert int(answer.headers["x-amz-crc32"]) == zlib.crc32(answer.content)
    assert re.fullmatch("[0-9A-V]{52}", answer.headers["x-amzn-RequestId"])


def test_headers_of_an_error(client: Client) -> None:
    answer = client.post({"how": "validation"}, "Fail")
    assert answer.json() == {
        "__type": "com.amazon.coral.validate#ValidationException",
        "message": "No.",
    }
    assert int(answer.headers["x-amz-crc32"]) == zlib.crc32(answer.content)
    assert answer.headers["content-type"] == "application/x-amz-json-1.0"


def test_an_error_with_more_members(client: Client) -> None:
    body = client.post({"how": "condition"}, "Fail").json()
    assert body["Item"] == {"pk": {"S": "a"}}


def test_request_ids_differ(client: Client) -> None:
    ids = {client.post({}).headers["x-amzn-RequestId"] for _ in range(50)}
    assert len(ids) == 50


def test_connections_are_kept(client: Client) -> None:
    client.post({})
    sock = client.connection.sock
    client.post({"how": "validation"}, "Fail")
    client.post(b"{")
    client.send("GET", "/nowhere")
    client.post({})
    assert client.connection.sock is sock


@pytest.mark.parametrize("size", [0, 1, 8191, 8192, 300_000])
def test_finished_bytes(size: int, client: Client) -> None:
    answer = client.post({"size": size}, "Raw")
    assert answer.content == b"x" * size
    assert int(answer.headers["x-amz-crc32"]) == zlib.crc32(answer.content)


def test_chunks_of_finished_bytes(client: Client) -> None:
    answer = client.post({"size": 100_000, "count": 11}, "Chunks")
    assert answer.json() == {"a": "y" * 1_100_000}
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert int(answer.headers["x-amz-crc32"]) == zlib.crc32(answer.content)


# 20 KB is compressed in place, 1 MB in a thread.
@pytest.mark.parametrize("count", [2, 100])
def test_a_gzipped_answer_has_the_checksum_of_what_is_sent(count: int, client: Client) -> None:
    answer = client.post({"size": 10_000, "count": count}, "Chunks", Accept_Encoding="gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["x-amz-crc32"]) == zlib.crc32(answer.content)
    assert int(answer.headers["content-length"]) == len(answer.content) < 10_000
    assert json.loads(gzip.decompress(answer.content)) == {"a": "y" * 10_000 * count}


@pytest.mark.parametrize(
    ("accepted", "size", "zipped"),
    [
        (None, 10_000, False),
        ("identity", 10_000, False),
        ("deflate, br", 10_000, False),
        ("gzip;q=0", 10_000, False),
        ("gzip; q=0.0, br", 10_000, False),
        ("br;q=1, gzip;q=0.1", 10_000, True),
        ("GZIP", 10_000, True),
        # Not worth the work.
        ("gzip", 8191, False),
        ("gzip", 8192, True),
    ],
)
def test_when_an_answer_is_gzipped(
    accepted: str | None, size: int, zipped: bool, client: Client
) -> None:
    # http.client would add identity by itself.
    answer = client.post({"size": size}, "Raw", Accept_Encoding=accepted or "identity")
    assert (answer.headers["content-encoding"] == "gzip") is zipped


def test_errors_are_not_gzipped(client: Client) -> None:
    answer = client.post({"how": "validation"}, "Fail", Accept_Encoding="gzip")
    assert answer.headers["content-encoding"] is None


def test_botocore_accepts_the_checksum(server: Server) -> None:
    client = boto3.client(
        "dynamodb",
        endpoint_url=f"http://127.0.0.1:{server.port}",
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(retries={"total_max_attempts": 1}),
    )

    def aim(request: object, **_: object) -> None:
        request.headers.replace_header("X-Amz-Target", "DynamoDB_20120810.Chunks")  # type: ignore[attr-defined]
        request.data = b'{"size": 20000, "count": 2}'  # type: ignore[attr-defined]

    client.meta.events.register("before-sign.dynamodb.ListTables", aim)
    answer = client.list_tables()
    client.close()
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert answer["ResponseMetadata"]["RetryAttempts"] == 0
