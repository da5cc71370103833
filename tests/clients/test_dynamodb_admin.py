"""dynamodb-admin, which many look at their tables with, in a real browser."""

from __future__ import annotations

import html
import re
import shutil
import socket
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tools.loopback import own_address
from tools.node import node, packages
from tools.process import Process
from tools.runtime import Unavailable

FOLDER = Path(__file__).parent / "admin"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture
def browser(tmp_path: Path) -> Callable[[str], str]:
    """`browser(url)` -> the page as it is when its scripts have run."""
    binary = next(filter(None, map(shutil.which, BROWSERS)), None)
    if binary is None:
        pytest.skip(f"there is no browser here: install one of {', '.join(BROWSERS)}")

    def show(url: str) -> str:
        done = subprocess.run(
            [
                *(binary, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
                *("--no-first-run", "--disable-background-networking", "--no-proxy-server"),
                *(f"--user-data-dir={tmp_path}/profile", "--virtual-time-budget=5000"),
                *("--dump-dom", url),
            ],
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return show


@pytest.fixture
def admin(
    start_server: Callable[..., Any], store_url: str, tmp_path: Path
) -> Iterator[tuple[Any, str]]:
    """A client of the server, and where dynamodb-admin shows it."""
    try:
        binary, home = node(), packages(FOLDER)
    except Unavailable as missing:
        pytest.skip(str(missing))
    url = start_server("--store", store_url).url
    host, (port,) = own_address()
    keys = {"region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    client = boto3.client("dynamodb", endpoint_url=url, **keys)
    program = home / "node_modules" / "dynamodb-admin" / "dist" / "dynamodb-admin.js"
    process = Process(
        [
            *(binary, program, "--host", host, "--port", str(port)),
            *("--dynamo-endpoint", url, "--skip-default-credentials"),
        ],
        log_path=tmp_path / "admin.log",
        cwd=home,
        env={"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"},
    )
    try:
        process.wait_until(lambda: _accepts(host, port), 60)
        yield client, f"http://{host}:{port}"
    finally:
        process.kill()
        client.close()


def _accepts(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


@pytest.mark.usefixtures("once")
def test_it_shows_tables_and_items(admin: tuple[Any, str], browser: Callable[[str], str]) -> None:
    client, url = admin
    table = f"admin-{uuid.uuid4().hex[:8]}"
    client.create_table(
        TableName=table,
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
            {"AttributeName": "city", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-city",
                "KeySchema": [{"AttributeName": "city", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    client.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1})
    for number in range(3):
        item = {"pk": {"S": "Grüße"}, "sk": {"N": str(number)}, "city": {"S": f"city-{number}"}}
        client.put_item(TableName=table, Item=item)
    assert table in _text(browser(url))
    items = _text(browser(f"{url}/tables/{table}"))
    assert all(f"city-{number}" in items for number in range(3))
    assert "Grüße" in items
    assert "by-city" in items
    client.delete_table(TableName=table)


def _text(page: str) -> str:
    """What it shows: no scripts, no data in them."""
    return html.unescape(re.sub(r"(?s)<script.*?</script>|<[^>]+>", " ", page))
