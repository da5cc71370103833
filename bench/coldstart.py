"""`make bench-coldstart`: what a new Lambda environment costs before and with its first request.

CPU of importing and building the handler beside that of the packages it cannot do without, in
turns, for a store on Cassandra; then the first request, on SQLite. Compiled modules are there, as
in a deployment.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import orjson
from rich.console import Console

_ROOT = Path(__file__).resolve().parent.parent
_ROUNDS = 7

_CASSANDRA = "cassandra://127.0.0.1:9042"
_BARE = "import fastapi, mangum, cassandra.cluster, orjson"
_HANDLER = "from app.lambda_handler import handler"
_EVENT = {
    "version": "2.0",
    "rawPath": "/",
    "rawQueryString": "",
    "headers": {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": "DynamoDB_20120810.ListTables",
        "authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, "
        "SignedHeaders=host, Signature=" + "0" * 64,
        "x-amz-date": "20260101T000000Z",
        "host": "localhost",
    },
    "requestContext": {"http": {"method": "POST", "path": "/", "sourceIp": "127.0.0.1"}},
    "body": "{}",
    "isBase64Encoded": False,
}
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
# They belong to operations that most environments never see.
LAZY = ("boto3", "app.partiql", "app.cli", "app.migrate", "prometheus_client")


def _timed(imports: str, first: str, store: str) -> tuple[float, float, list[str]]:
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


def main() -> int:
    console = Console(highlight=False)
    first = _FIRST.format(event=orjson.dumps(_EVENT).decode())
    bare, built, requests, ratios = [], [], [], []
    modules: list[str] = []
    with tempfile.TemporaryDirectory() as home:
        sqlite = f"sqlite:///{home}/cold.db"
        _timed(_HANDLER, first, sqlite)
        for _ in range(_ROUNDS):
            bare.append(_timed(_BARE, "", sqlite)[0])
            # The store is opened with the first event: no node is needed.
            build, _, modules = _timed(_HANDLER, "", _CASSANDRA)
            built.append(build)
            requests.append(_timed(_HANDLER, first, sqlite)[1])
            ratios.append(build / bare[-1])
    early = [name for name in LAZY if name in modules]
    for title, values in (
        ("fastapi, mangum, cassandra.cluster and orjson", bare),
        ("the handler, built", built),
        ("the first request, beside that", requests),
    ):
        console.print(f"{title}: {_milliseconds(values)} of CPU")
    console.print(
        f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f}), goal 1.25; "
        f"imported already: {', '.join(early) or 'none of ' + ', '.join(LAZY)}"
    )
    return int(statistics.median(ratios) > 1.25 or bool(early))


def _milliseconds(values: list[float]) -> str:
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle * 1e3:.0f} ms ({low * 1e3:.0f}-{high * 1e3:.0f})"


if __name__ == "__main__":
    sys.exit(main())
