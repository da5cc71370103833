"""Every file of events/ through the handler that gets it, against a store of its own."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.auth import keys
from app.config import Settings
from app.lambda_handler.function import Function, Jobs, shape

EVENTS = Path(__file__).parents[2] / "events"
ROWS = re.findall(
    r"^\| `(\S+)\.json` \| .* \| `(\w+)` \|", (EVENTS / "README.md").read_text(), re.M
)
ITEM = {
    "customer": {"S": "anna"},
    "number": {"N": "1"},
    "text": {"S": "Grüße, 世界"},
    "photo": {"B": "AAEC/w=="},
}


class Context:
    """Of an invocation."""

    aws_request_id = "1"
    function_name = "dynaspan"

    def get_remaining_time_in_millis(self) -> int:
        return 6_000


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    path = tmp_path_factory.mktemp("lambda") / "data.db"
    return Settings(store=f"sqlite:///{path}", auth="off", insecure=True)


Call = Callable[[Any, Any], dict[str, Any]]


@contextmanager
def running(settings: Settings) -> Iterator[Call]:
    """A function in a thread of its own: it takes the thread's event loop for itself."""
    with ThreadPoolExecutor(1) as thread:
        function = thread.submit(Function, settings).result()
        yield lambda event, context: thread.submit(function, event, context).result()
        thread.submit(function.close).result()


@pytest.fixture(scope="module")
def function(settings: Settings) -> Iterator[Call]:
    with running(settings) as call:
        yield call


def load(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event


def test_every_file_is_in_the_table() -> None:
    assert {name for name, _ in ROWS} == {path.stem for path in EVENTS.glob("*.json")}


EXPECTED: dict[str, tuple[int, Any]] = {
    "alb-create-table": (200, None),
    "alb-put-item": (200, {}),
    "alb-multi-value-get-item": (200, {"Item": ITEM}),
    "alb-health": (200, {"status": "ok"}),
    "alb-invalid-request": (400, None),
    "alb-not-found": (404, None),
    "http-api-get-item": (200, {"Item": ITEM}),
    "http-api-query-plain-body": (200, {"Items": [ITEM], "Count": 1, "ScannedCount": 1}),
    "rest-api-get-item": (200, {"Item": ITEM}),
    "function-url-get-item": (200, {"Item": ITEM}),
    "function-url-health": (200, None),
    "unknown-s3": (400, {"message": "this function answers HTTP requests only"}),
    "unknown-broken-alb": (400, {"message": "this function answers HTTP requests only"}),
}


def headers_of(answer: dict[str, Any]) -> dict[str, str]:
    found = {name.lower(): value for name, value in (answer.get("headers") or {}).items()}
    for name, values in (answer.get("multiValueHeaders") or {}).items():
        assert len(values) == 1
        found[name.lower()] = values[0]
    return found


def body_of(answer: dict[str, Any]) -> bytes:
    body: str = answer.get("body", "")
    return base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()


# One test, as the events tell one story.
def test_each_event_is_answered(function: Call, settings: Settings) -> None:
    for name, handler in ROWS:
        event = load(name)
        if handler == "stream_handler":
            # Those of a stream have a target of their own: tests/replication/test_events.py
            continue
        if handler == "jobs_handler":
            with ThreadPoolExecutor(1) as thread:
                done = thread.submit(Jobs(settings), event, Context()).result()
            assert done["seconds"] >= 1.0
            continue
        answer = function(event, Context())
        status, body = EXPECTED[name]
        # What Lambda does with it.
        assert json.loads(json.dumps(answer)) == answer
        assert answer["statusCode"] == status, name
        if body is not None:
            assert json.loads(body_of(answer)) == body, name
        headers = headers_of(answer)
        if "x-amz-crc32" in headers:
            assert int(headers["x-amz-crc32"]) == zlib.crc32(body_of(answer)), name
            assert int(headers["content-length"]) == len(body_of(answer)), name
            assert not answer["isBase64Encoded"], name
        if name.startswith("alb-multi"):
            assert "headers" not in answer
            assert answer["multiValueHeaders"]["content-type"] == ["application/x-amz-json-1.0"]


def test_a_compressed_answer_is_base64(function: Call) -> None:
    for name, member in (("alb-put-item", "headers"), ("http-api-get-item", "headers")):
        event = load(name)
        event[member]["accept-encoding"] = "gzip"
        event[member]["x-amz-target"] = "DynamoDB_20120810.PutItem"
        big = {"TableName": "orders", "Item": ITEM | {"text": {"S": "x" * 20_000}}}
        event["body"] = base64.b64encode(json.dumps(big).encode()).decode()
        assert function(event, Context())["statusCode"] == 200
    event = load("http-api-query-plain-body")
    event["headers"]["accept-encoding"] = "gzip"
    answer = function(event, Context())
    assert answer["isBase64Encoded"]
    headers, body = headers_of(answer), body_of(answer)
    assert headers["content-encoding"] == "gzip"
    assert int(headers["x-amz-crc32"]) == zlib.crc32(body)
    assert json.loads(zlib.decompress(body, 31))["Count"] == 1


def test_a_compressed_request(function: Call) -> None:
    event = load("alb-multi-value-get-item")
    request = base64.b64decode(event["body"])
    packer = zlib.compressobj(wbits=31)
    packed = packer.compress(request) + packer.flush()
    event["body"] = base64.b64encode(packed).decode()
    event["multiValueHeaders"]["content-encoding"] = ["gzip"]
    event["multiValueHeaders"]["content-length"] = [str(len(packed))]
    assert function(event, Context())["statusCode"] == 200


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"requestContext": None},
        {"version": "2.0", "requestContext": {}},
        {"resource": "/", "requestContext": {}},
        load("alb-put-item") | {"body": "no base64!"},
    ],
)
def test_what_is_no_request(function: Call, event: dict[str, Any]) -> None:
    answer = function(event, Context())
    assert answer["statusCode"] == 400


def test_only_the_shape_of_an_unknown_event_is_logged(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with running(settings) as function:
        function({"secret": "hidden", "list": [1], "inner": {"deep": {"x": 1}}}, Context())
    (record,) = caplog.records
    assert record.__dict__["shape"] == {
        "secret": "str",
        "list": "list",
        "inner": {"deep": "dict"},
    }
    assert "hidden" not in str(record.__dict__)
    assert shape(5) == "int"


def test_metrics_are_lines_of_the_log(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(settings) as function:
        for cold in (True, False):
            function(load("http-api-get-item"), Context())
            blobs = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
            (found,) = [blob for blob in blobs if blob.get("Operation") == "GetItem"]
            assert found["SuccessfulRequests"] == [1.0]
            assert found["cold_start"] is cold
            assert found["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "dynaspan"


class SecretsManager:
    """What AWS's own answers to GetSecretValue. `text` None: nobody may read it."""

    def __init__(self) -> None:
        self.text: str | None = "OLD:secret"
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                denied = {"__type": "AccessDeniedException", "message": "no"}
                answer = denied if outer.text is None else {"SecretString": outer.text}
                body = json.dumps(answer).encode()
                self.send_response(400 if outer.text is None else 200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretsManager]:
    manager = SecretsManager()
    thread = threading.Thread(target=manager.server.serve_forever, args=(0.05,))
    thread.start()
    for name, value in {
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": manager.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    keys._provider.cache_clear()
    yield manager
    keys._provider().client.close()
    keys._provider.cache_clear()
    manager.server.shutdown()
    manager.server.server_close()
    thread.join()


class LaterClock:
    """`later` seconds are added."""

    later = 0.0

    def time(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic() + self.later


# While Secrets Manager does not answer those who could sign still can: a function that knew its
# keys would otherwise fail with it.
def test_access_keys_are_read_again_and_kept_where_they_cannot_be(
    secrets: SecretsManager, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = f"sqlite:///{tmp_path}/x.db"
    settings = Settings(store=path, auth="enforce", access_keys_secret="keys")
    clock = LaterClock()

    def signed(key: str) -> bool:
        """Whether the key is known: the signature is wrong in any case."""
        event = load("function-url-get-item")
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        claim = event["headers"]["authorization"].replace(
            "EXAMPLEKEYID/20260101", f"{key}/{now[:8]}"
        )
        event["headers"] |= {"authorization": claim, "x-amz-date": now}
        answer = thread.submit(function, event, Context()).result()
        kind = json.loads(answer["body"])["__type"].rpartition("#")[2]
        assert kind in ("UnrecognizedClientException", "InvalidSignatureException")
        return bool(kind == "InvalidSignatureException")

    with ThreadPoolExecutor(1) as thread:
        function = thread.submit(Function, settings, clock).result()
        assert (signed("OLD"), signed("NEW")) == (True, False)
        secrets.text = '{"NEW": "secret"}'
        assert (signed("OLD"), signed("NEW")) == (True, False)
        clock.later += 301
        # Powertools has a cache of its own, and a clock.
        keys._provider().clear_cache()
        assert (signed("OLD"), signed("NEW")) == (False, True)
        secrets.text = None
        clock.later += 301
        keys._provider().clear_cache()
        assert (signed("OLD"), signed("NEW")) == (False, True)
        assert "the access keys stay as they were: access_keys_secret keys" in caplog.text
        thread.submit(function.close).result()
