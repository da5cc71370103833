"""The same requests to dynaspan and to DynamoDB Local: every difference has a known reason."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.conftest import LONG, StartServer
from tools.dynamodb_local import DynamoDBLocal
from tools.loopback import free_port

from .known import known, same
from .requests import programs
from .servers import Endpoint

_numbers = itertools.count(1)
# Programs on one table: their items are all scanned, and together less than a page.
_FRESH = 300


@pytest.fixture(scope="module")
def ours(start_server: StartServer, store_url: str) -> Iterator[Endpoint]:
    endpoint = Endpoint(start_server("--store", store_url).url)
    endpoint.create_table()
    yield endpoint
    endpoint.close()


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    folder: Path = tmp_path_factory.mktemp("local")
    with DynamoDBLocal(folder, port=free_port()) as server:
        endpoint = Endpoint(server.url)
        endpoint.create_table()
        yield endpoint
        endpoint.close()


@settings(
    max_examples=1500 if LONG else 150,
    deadline=None,
    # Two servers remember what they were sent: a smaller example is another one.
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_random_programs(ours: Endpoint, local: Endpoint, data: st.DataObject) -> None:
    number = next(_numbers)
    if number % _FRESH == 0:
        for server in (ours, local):
            server.fresh_table()
    partition = f"{number}-{uuid.uuid4().hex[:6]}"
    for step in data.draw(programs(partition)):
        found, expected = ours.send(step), local.send(step)
        if same(step, found, expected):
            continue
        why = known(step, found, expected)
        assert why is not None, (step, found, expected)
        if (found[0] == 200) != (expected[0] == 200):
            # From here on their items differ.
            return
