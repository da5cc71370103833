"""The pytest plugin: fixture `dynaspan` gives each test an empty DynamoDB of its own.

    def test_my_application(dynaspan):
        table = boto3.resource("dynamodb").create_table(...)

For the time of the test the AWS SDKs of this process and of those it starts are pointed at the
server through their own environment variables, with a made-up region and key: no test reaches AWS.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .server import LocalServer

_ENDPOINTS = ("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_DYNAMODB_STREAMS")
_IDENTITY = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "dynaspan",
    "AWS_SECRET_ACCESS_KEY": "dynaspan",
}


@pytest.fixture(scope="session")
def dynaspan_server() -> Iterator[LocalServer]:
    """The server behind `dynaspan`, one for the whole run."""
    # Imported here: the plugin is loaded in every pytest run of the environment it is installed in.
    from .server import LocalServer

    server = LocalServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def dynaspan(
    dynaspan_server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalServer]:
    """An empty server; `dynaspan.url` is its address. All tables are dropped after the test."""
    for name in _ENDPOINTS:
        monkeypatch.setenv(name, dynaspan_server.url)
    for name, value in _IDENTITY.items():
        monkeypatch.setenv(name, value)
    yield dynaspan_server
    dynaspan_server.reset()
