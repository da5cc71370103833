"""Caches of parsed expressions and of signing keys, as /metrics tells of them."""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Callable

import boto3

from app.auth import Authenticator, StaticKeys
from app.clock import SystemClock
from app.expressions import Placeholders, condition
from app.http.caches import CacheCounts
from app.metrics import Metrics
from app.operations.recent import Recent
from tools.server import Server

EXPRESSION = "attribute_not_exists(cache_counts_test)"
SECONDS = 30.0


# A counter of a killed worker goes on: what was told already must not be added again.
def test_each_hit_is_counted_once() -> None:
    metrics = Metrics()
    caches = CacheCounts(metrics, Recent())
    for _ in range(3):
        condition(EXPRESSION, Placeholders(None, None), "FilterExpression")
    for _ in range(2):
        caches.report()
    assert metrics.value("ExpressionCacheMisses") == 1
    assert metrics.value("ExpressionCacheHits") == 2


# Several applications may live in one process: what was before belongs to none of them.
def test_what_was_counted_before_is_left_out() -> None:
    condition(EXPRESSION, Placeholders(None, None), "FilterExpression")
    metrics = Metrics()
    CacheCounts(metrics, Recent()).report()
    assert metrics.value("ExpressionCacheHits") == metrics.value("ExpressionCacheMisses") == 0


def test_a_server_tells(start_server: Callable[..., Server]) -> None:
    server = start_server(
        *("--store", "sqlite://", "--auth", "enforce"), env={"DYNASPAN_ACCESS_KEYS": "AK:secret"}
    )
    client = boto3.client(
        "dynamodb",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="AK",
        aws_secret_access_key="secret",
    )
    client.create_table(
        TableName="caches",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.get_waiter("table_exists").wait(TableName="caches", WaiterConfig={"Delay": 1})
    for _ in range(5):
        client.update_item(
            TableName="caches", Key={"pk": {"S": "a"}}, UpdateExpression="REMOVE absent"
        )
    client.close()
    expected = {"expression_cache_hits": 4, "expression_cache_misses": 1}
    end = time.monotonic() + SECONDS
    # They are told within a second.
    while (found := counters(server)).get("expression_cache_hits") != 4:
        assert time.monotonic() < end, found
        time.sleep(0.05)
    assert found | expected == found
    # By the date, region and secret of all requests; midnight may be among them.
    assert 1 <= found["signing_key_cache_misses"] <= 2
    assert found["signing_key_cache_hits"] >= 5


# Whether the signature is right does not matter: none of these is.
def test_a_signing_key_is_derived_once_a_day() -> None:
    metrics = Metrics()
    caches = CacheCounts(metrics, Recent())
    door = Authenticator(
        "warn", StaticKeys({"AK": "of this test"}), clock=SystemClock(), metrics=metrics
    )
    now = time.gmtime()
    claim = b"AWS4-HMAC-SHA256 Credential=AK/%b/us-east-1/dynamodb/aws4_request, " % (
        time.strftime("%Y%m%d", now).encode()
    )
    headers = {
        b"host": b"localhost",
        b"x-amz-date": time.strftime("%Y%m%dT%H%M%SZ", now).encode(),
        b"x-amz-target": b"DynamoDB_20120810.ListTables",
        b"authorization": claim
        + b"SignedHeaders=host;x-amz-date;x-amz-target, Signature="
        + b"0" * 64,
    }
    for _ in range(3):
        door.authenticate(headers, b"", b"{}")
    caches.report()
    assert metrics.value("SigningKeyCacheMisses") == 1
    assert metrics.value("SigningKeyCacheHits") == 2


def counters(server: Server) -> dict[str, float]:
    with urllib.request.urlopen(f"{server.url}/metrics") as answer:
        text = answer.read().decode()
    found = re.findall(r"^dynaspan_(\w+_cache_\w+)_total (\S+)$", text, re.MULTILINE)
    return {name: float(value) for name, value in found}
