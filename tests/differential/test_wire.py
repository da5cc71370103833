"""HTTP at random: nothing is answered 5xx, no fault escapes, and the server goes on."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.conftest import LONG, StartServer
from tools.server import Server

from .mutations import mutated
from .servers import Endpoint
from .steps import Step
from .wire import message, statuses

STEPS = (
    Step("PutItem", {"TableName": "things", "Item": {"pk": {"S": "a"}, "sk": {"N": "1"}}}),
    Step("GetItem", {"TableName": "things", "Key": {"pk": {"S": "a"}, "sk": {"N": "1"}}}),
    Step("Scan", {"TableName": "things", "Limit": 5, "ReturnConsumedCapacity": "TOTAL"}),
    Step("ListTables", {}),
)


@dataclass(frozen=True)
class Target:
    endpoint: Endpoint
    address: tuple[str, int]
    server: Server


@pytest.fixture(scope="module")
def target(start_server: StartServer) -> Iterator[Target]:
    server = start_server("--store", "sqlite://")
    endpoint = Endpoint(server.url)
    endpoint.create_table()
    url = urlsplit(server.url)
    assert url.hostname is not None
    assert url.port is not None
    yield Target(endpoint, (url.hostname, url.port), server)
    endpoint.close()


@settings(
    max_examples=5000 if LONG else 500,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 2**32))
def test_odd_http_is_never_answered_500(target: Target, seed: int) -> None:
    chance = random.Random(seed)
    step = chance.choice(STEPS)
    sent = message(step.operation, mutated(step.request, chance), chance)
    found = statuses(target.address, sent)
    assert all(status < 500 for status in found), (sent, found)
    assert found or not sent.whole, sent


def test_nothing_escaped(target: Target) -> None:
    assert target.endpoint.send(STEPS[0])[0] == 200
    assert "Traceback" not in target.server.log()
