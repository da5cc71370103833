"""The AWS CLI, as its users run it, against a real server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest

AWS = Path(sys.executable).with_name("aws")


@pytest.fixture
def aws(client_endpoint: str, tmp_path: Path) -> Any:
    """`aws("list-tables", "--max-items", "5")` -> the parsed answer; None if there is no output."""
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL_DYNAMODB": client_endpoint,
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "HOME": str(tmp_path),
    }

    def run(*arguments: str, expect: int = 0) -> Any:
        done = subprocess.run(
            [sys.executable, AWS, "dynamodb", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == expect, done.stderr
        if expect:
            return done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    return run


def test_a_table_and_an_item_through_the_command_line(aws: Any) -> None:
    name = f"cli-{uuid.uuid4().hex[:12]}"
    aws(
        *("create-table", "--table-name", name, "--billing-mode", "PAY_PER_REQUEST"),
        *("--attribute-definitions", "AttributeName=pk,AttributeType=S"),
        *("--key-schema", "AttributeName=pk,KeyType=HASH"),
    )
    aws("wait", "table-exists", "--table-name", name)
    item = {"pk": {"S": "Ünïcode"}, "n": {"N": "1.50"}, "l": {"L": [{"BOOL": True}]}}
    aws("put-item", "--table-name", name, "--item", json.dumps(item))
    found = aws("get-item", "--table-name", name, "--key", '{"pk": {"S": "Ünïcode"}}')
    assert found["Item"] == item | {"n": {"N": "1.5"}}
    refused = aws(
        *("put-item", "--table-name", name, "--item", '{"pk": {"S": "Ünïcode"}}'),
        *("--condition-expression", "attribute_not_exists(pk)"),
        expect=255,
    )
    assert "ConditionalCheckFailedException" in refused
    aws("delete-table", "--table-name", name)
    aws("wait", "table-not-exists", "--table-name", name)
    assert name not in aws("list-tables")["TableNames"]
