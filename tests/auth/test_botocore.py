"""Whatever botocore signs is let in."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSResponse
from botocore.config import Config
from botocore.credentials import Credentials

from .conftest import HOST, KEY_ID, SECRET, Door, FixedClock, Sign, Signed, as_received


def _client(service: str, **more: Any) -> Any:
    return boto3.client(
        service,
        endpoint_url=f"http://{HOST}",
        region_name="eu-central-1",
        aws_access_key_id=KEY_ID,
        aws_secret_access_key=SECRET,
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
        **more,
    )


def _operations() -> list[tuple[str, str]]:
    return [
        (service, name)
        for service in ("dynamodb", "dynamodbstreams")
        for name in _client(service).meta.method_to_api_mapping
    ]


def _sent(client: Any, method: str, **parameters: Any) -> Signed:
    """The request that `client.method(...)` would have put on the wire."""
    caught: list[Signed] = []

    def instead_of_sending(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        caught.append(as_received(request))
        raw = type("Raw", (), {"stream": staticmethod(lambda: iter([b"{}"]))})()
        return AWSResponse(request.url, 200, {}, raw)

    client.meta.events.register("before-send", instead_of_sending)
    getattr(client, method)(**parameters)
    (request,) = caught
    return request


@pytest.mark.parametrize(("service", "method"), _operations())
def test_every_operation_of_the_model(service: str, method: str, door: Door) -> None:
    # botocore's own endpoint rules read the tables out of this parameter.
    parameters = {"RequestItems": {}} if method in ("batch_get_item", "batch_write_item") else {}
    assert door.admits(_sent(_client(service), method, **parameters)) == KEY_ID


def test_unicode_and_large_bodies(door: Door) -> None:
    item = {"pk": {"S": "naïve 🐍 \u2028"}, "b": {"B": bytes(range(256)) * 400}}
    assert door.admits(_sent(_client("dynamodb"), "put_item", TableName="t", Item=item)) == KEY_ID


def test_session_token_is_signed_and_tolerated(door: Door) -> None:
    client = _client("dynamodb", aws_session_token="FwoGZXIvYXdzEXAMPLE//////////==")
    request = _sent(client, "list_tables")
    assert b"x-amz-security-token" in request.headers
    assert door.admits(request) == KEY_ID


def test_a_day_old_key_cache_does_not_outlive_a_secret(sign: Sign) -> None:
    # Signing keys are cached: after a rotation the same id must not be let in by the old secret.
    clock = FixedClock(time.time())
    old = sign()
    assert Door(clock=clock).admits(old) == KEY_ID
    assert Door(clock=clock).refuses(sign(secret="another")).code == "InvalidSignatureException"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Odd": "  spaces   inside   and around  "},
        {"X-Odd": "tab\tinside"},
        {"X-Odd": 'quoted "two  spaces"'},
        {"X-Odd": ""},
        {"X-Odd": "a,b , c"},
        {"X-Odd": "ünïcödé"},
        {"Content-Type": "application/x-amz-json-1.0; charset=utf-8"},
    ],
)
def test_odd_headers(headers: dict[str, str], sign: Sign, door: Door) -> None:
    assert door.admits(sign(headers=headers)) == KEY_ID


@pytest.mark.parametrize("query", ["a=b", "b=2&a=1&a=0", "x=%2F%20y~-_.", "flag=", "k=%C3%BC"])
def test_a_query_string_is_signed(query: str, sign: Sign, door: Door) -> None:
    request = sign(query=query)
    assert door.admits(request) == KEY_ID
    assert door.refuses(replace(request, query=b"")).code == "InvalidSignatureException"


BODY = b'{"Limit":1}'


class _QueryAuth(SigV4QueryAuth):
    """botocore would put the members of a JSON body into the query, where no server looks."""

    def payload(self, request: AWSRequest) -> str:
        return hashlib.sha256(BODY).hexdigest()


def presign(seconds: int = 60, secret: str = SECRET, **more: str) -> Signed:
    request = AWSRequest(
        "POST",
        f"http://{HOST}/",
        headers={"X-Amz-Target": "DynamoDB_20120810.ListTables", **more},
        params={"odd": "a b"},
    )
    credentials = Credentials(KEY_ID, secret, "a/token=")
    _QueryAuth(credentials, "dynamodb", "us-east-1", seconds).add_auth(request)
    received = as_received(request.prepare())
    return replace(received, query=request.url.partition("?")[2].encode(), body=BODY)


def test_a_signature_in_the_query() -> None:
    door = Door(clock=FixedClock(time.time()))
    request = presign()
    assert door.admits(request) == KEY_ID
    for changed in (
        replace(request, body=b"{}"),
        replace(request, query=request.query.replace(b"odd", b"even")),
        replace(request, query=request.query.replace(b"Expires=60", b"Expires=600")),
        request.with_header(b"x-amz-target", b"DynamoDB_20120810.DeleteTable"),
        presign(secret="another"),
    ):
        assert door.refuses(changed).code == "InvalidSignatureException"
    unsigned = request.query.replace(b"x-amz-target", b"x-amz-other")
    assert "'X-Amz-Target' must be a" in (
        door.refuses(replace(request, query=unsigned)).message or ""
    )


@pytest.mark.parametrize("seconds", [60, 3600])
def test_a_signature_in_the_query_has_its_own_lifetime(seconds: int) -> None:
    door = Door(clock=FixedClock(time.time() + seconds - 2))
    assert door.admits(presign(seconds)) == KEY_ID
    door.clock.now += 4
    fault = door.refuses(presign(seconds))
    assert (fault.message or "").startswith("Signature expired: ")
    assert (fault.message or "").endswith(f" - {seconds // 60} min.)")
