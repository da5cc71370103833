"""botocore signs, `app.auth` verifies."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.credentials import Credentials

from app.auth import Authenticator, StaticKeys
from app.errors import ApiError
from app.metrics import Metrics

KEY_ID, SECRET = "AKIAEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
HOST = "127.0.0.1:8000"


@dataclass
class FixedClock:
    now: float

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now


@dataclass(frozen=True)
class Signed:
    """A request as the server sees it: header names in lower case."""

    headers: Mapping[bytes, bytes]
    body: bytes
    query: bytes = b""

    def with_header(self, name: bytes, value: bytes | None) -> Signed:
        headers = {key: kept for key, kept in self.headers.items() if key != name}
        return replace(self, headers=headers if value is None else headers | {name: value})


def as_received(request: AWSPreparedRequest, query: bytes = b"") -> Signed:
    headers = {
        name.lower().encode(): value if isinstance(value, bytes) else value.encode()
        for name, value in request.headers.items()
    }
    body = request.body or b""
    # http.client adds Host when it sends.
    return Signed(
        {b"host": HOST.encode()} | headers, body.encode() if isinstance(body, str) else body, query
    )


@dataclass
class Door:
    """An authenticator with the key KEY_ID."""

    mode: str = "enforce"
    clock: FixedClock = field(default_factory=lambda: FixedClock(0.0))
    metrics: Metrics = field(default_factory=Metrics)

    def __post_init__(self) -> None:
        self.authenticator = Authenticator(
            self.mode,  # type: ignore[arg-type]
            StaticKeys({KEY_ID: SECRET}),
            clock=self.clock,
            metrics=self.metrics,
        )

    def admits(self, request: Signed) -> str:
        """The key id of who is let in."""
        return self.authenticator.authenticate(request.headers, request.query, request.body).key_id

    def refuses(self, request: Signed) -> ApiError:
        with pytest.raises(ApiError) as caught:
            self.admits(request)
        assert caught.value.status == 400
        return caught.value


Sign = Callable[..., Signed]


@pytest.fixture
def sign() -> Sign:
    return sign_request


def sign_request(
    body: bytes = b"{}",
    *,
    key_id: str = KEY_ID,
    secret: str = SECRET,
    token: str | None = None,
    region: str = "us-east-1",
    service: str = "dynamodb",
    headers: Mapping[str, str] | None = None,
    query: str = "",
) -> Signed:
    url = f"http://{HOST}/" + (f"?{query}" if query else "")
    all_headers = {
        "X-Amz-Target": "DynamoDB_20120810.ListTables",
        "Content-Type": "application/x-amz-json-1.0",
    } | dict(headers or {})
    request = AWSRequest("POST", url, headers=all_headers, data=body)
    SigV4Auth(Credentials(key_id, secret, token), service, region).add_auth(request)
    return as_received(request.prepare(), query.encode())


@pytest.fixture
def door() -> Door:
    return Door(clock=FixedClock(time.time()))
