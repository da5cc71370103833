"""Amazon's own local server, which results are compared with."""

from __future__ import annotations

from pathlib import Path

import boto3

from tools.dynamodb_local import DynamoDBLocal
from tools.loopback import free_port


def test_it_answers_an_sdk_and_ends(tmp_path: Path) -> None:
    with DynamoDBLocal(tmp_path, port=free_port()) as server:
        client = boto3.client(
            "dynamodb",
            endpoint_url=server.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        assert client.list_tables()["TableNames"] == []
        client.close()
    assert not server.alive()
