"""Bodies at random: whatever is sent, the answer is one of DynamoDB's errors, never a 500."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.conftest import LONG, StartServer

from .mutations import mutated
from .requests import programs
from .servers import Endpoint


@settings(
    max_examples=2000 if LONG else 200,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(program=programs("fuzz"), seed=st.integers(0, 2**32))
def test_nothing_is_answered_500(server: Endpoint, program: list, seed: int) -> None:  # type: ignore[type-arg]
    chance = random.Random(seed)
    for step in program:
        body = mutated(step.request, chance)
        status, answer = server.send_body(step.operation, body)
        assert status in (200, 400, 413), (step.operation, body, answer)


@pytest.fixture(scope="module")
def server(start_server: StartServer, new_store_url: Callable[[], str]) -> Iterator[Endpoint]:
    endpoint = Endpoint(start_server("--store", new_store_url()).url)
    endpoint.create_table()
    yield endpoint
    endpoint.close()
