"""`make bench-coldstart`: what a new Lambda environment costs before and with its first request.

CPU of importing and building the handler beside that of the packages it is made of, in turns, for
a store on Cassandra; then a first GetItem and a first PutItem, on SQLite, in processes of their
own. Compiled modules are there, as in a deployment.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console

_ROOT = Path(__file__).resolve().parent.parent
_ROUNDS = 7

_CASSANDRA = "cassandra://127.0.0.1:9042"
_BARE = "import fastapi, mangum, cassandra.cluster, orjson"
_HANDLER = "from app.lambda_handler import handler"
# Python's own start is in neither.
_TIMED = """
import json, sys, time
begin = time.process_time()
{imports}
built = time.process_time()
{first}
print(json.dumps([built - begin, time.process_time() - built, sorted(sys.modules)]))
"""
_FIRST = """
class Context:
    aws_request_id = "0"
    function_name = "f"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:f"
    def get_remaining_time_in_millis(self): return 30000
import contextlib, io
with contextlib.redirect_stdout(io.StringIO()):
    answer = handler(json.loads({event!r}), Context())
assert answer["statusCode"] == 200, answer
"""
# Of no use to most environments, and so imported when first used.
LAZY = (
    *("boto3", "botocore.session", "fastapi", "starlette", "uvicorn", "prometheus_client"),
    "aws_xray_sdk",
    *("typer", "rich", "app.cli", "app.http.application", "app.jobs.running", "app.partiql"),
    *("app.operations.create_table", "app.operations.get_records", "app.operations.scan"),
    *("app.operations.transactions", "app.operations.absent.backups", "app.replication"),
    *("app.store.cassandra.columns", "app.store.cassandra.doctor"),
)
# Of use to nearly all, with their first request.
EARLY = ("app.expressions", "app.operations.get_item", "app.operations.validate")

_TABLE = {
    "TableName": "cold",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
_GET = {"TableName": "cold", "Key": {"pk": {"S": "a"}}}
_PUT = {"TableName": "cold", "Item": {"pk": {"S": "a"}, "n": {"N": "1"}}}


def _request(operation: str, body: dict[str, Any]) -> str:
    """As the first of an environment: an event of a function URL."""
    claim = "Credential=a/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host"
    event = {
        "version": "2.0",
        "rawPath": "/",
        "rawQueryString": "",
        "headers": {
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": f"DynamoDB_20120810.{operation}",
            "authorization": f"AWS4-HMAC-SHA256 {claim}, Signature={'0' * 64}",
            "x-amz-date": "20260101T000000Z",
            "host": "localhost",
        },
        "requestContext": {"http": {"method": "POST", "path": "/", "sourceIp": "127.0.0.1"}},
        "body": orjson.dumps(body).decode(),
        "isBase64Encoded": False,
    }
    return _FIRST.format(event=orjson.dumps(event).decode())


def _timed(imports: str, first: str, store: str) -> tuple[float, float, list[str]]:
    """Seconds of CPU of each, and the modules that are there then."""
    settings = {
        "DYNASPAN_STORE": store,
        "DYNASPAN_AUTH": "off",
        "DYNASPAN_INSECURE": "true",
    }
    done = subprocess.run(
        [sys.executable, "-c", _TIMED.format(imports=imports, first=first)],
        cwd=_ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        check=True,
    )
    build, request, modules = orjson.loads(done.stdout.splitlines()[-1])
    return build, request, modules


def imported() -> list[str]:
    """Modules that the handler of a store on Cassandra has imported. That is opened with the first
    event: no node is needed."""
    return _timed(_HANDLER, "", _CASSANDRA)[2]


def imported_by_get_item(store: str) -> list[str]:
    """Modules that are there after one GetItem of a new environment on an embedded store."""
    _timed(_HANDLER, _request("CreateTable", _TABLE), store)
    return _timed(_HANDLER, _request("GetItem", _GET), store)[2]


def main() -> int:
    console = Console(highlight=False)
    bare, built, gets, puts, ratios = [], [], [], [], []
    with tempfile.TemporaryDirectory() as home:
        sqlite = f"sqlite:///{home}/cold.db"
        late = set(imported_by_get_item(sqlite))
        for _ in range(_ROUNDS):
            bare.append(_timed(_BARE, "", sqlite)[0])
            built.append(_timed(_HANDLER, "", _CASSANDRA)[0])
            gets.append(_timed(_HANDLER, _request("GetItem", _GET), sqlite)[1])
            puts.append(_timed(_HANDLER, _request("PutItem", _PUT), sqlite)[1])
            ratios.append(built[-1] / bare[-1])
    for title, values in (
        ("fastapi, mangum, cassandra.cluster and orjson", bare),
        ("the handler, built", built),
        ("a first GetItem, beside that", gets),
        ("a first PutItem, beside that", puts),
    ):
        console.print(f"{title}: {_milliseconds(values)} of CPU")
    console.print(
        f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f}), goal 1.25; "
        f"imported although hardly used: {', '.join(late.intersection(LAZY)) or 'nothing'}"
    )
    slow = statistics.median(ratios) > 1.25 or statistics.median(gets) > 0.1
    return int(slow or not late.isdisjoint(LAZY))


def _milliseconds(values: list[float]) -> str:
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle * 1e3:.0f} ms ({low * 1e3:.0f}-{high * 1e3:.0f})"


if __name__ == "__main__":
    sys.exit(main())
