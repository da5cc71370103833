"""A gate for each test module, and stores that reach a real Cassandra only through it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from app.clock import SystemClock
from app.metrics import Metrics
from app.store.base import Store
from app.store.cassandra.keyspaces import KeyspacesStore
from tests.keyspaces.endpoint import credentials, gate_before, new_url, write_certificate
from tests.keyspaces.gate import Gate

pytest.register_assert_rewrite("app.testing.contract")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("certificate") / "endpoint.pem"
    write_certificate(path)
    return path


@pytest.fixture(scope="session", autouse=True)
def _credentials() -> Iterator[None]:
    with credentials():
        yield


@pytest.fixture(scope="module")
def gate(cassandra_contact: str, certificate: Path) -> Iterator[Gate]:
    with gate_before(cassandra_contact, certificate) as gate:
        yield gate


@pytest.fixture(scope="module")
def url(gate: Gate, certificate: Path) -> str:
    return new_url(gate, certificate)


@pytest.fixture(scope="module")
def open_store(url: str) -> Callable[[], AbstractAsyncContextManager[Store]]:
    @asynccontextmanager
    async def open_store() -> AsyncIterator[Store]:
        store = KeyspacesStore(url, clock=SystemClock(), metrics=Metrics())
        await store.open()
        try:
            yield store
        finally:
            await store.close()

    return open_store


@pytest.fixture(scope="module")
def examples() -> int:
    return 3
