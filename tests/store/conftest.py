"""The stores that the contract suite is held against: SQLite in a file and in memory, Cassandra."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from app.clock import SystemClock
from app.config import load_settings
from app.metrics import Metrics
from app.store.base import Store
from app.store.open import open_store as unopened_store

pytest.register_assert_rewrite("app.testing.contract")

_MEMORY = "sqlite://"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "contract_url" in metafunc.fixturenames:
        kind = metafunc.config.getoption("--store")
        places = ["file", "memory"] if kind == "sqlite" else [kind]
        metafunc.parametrize("contract_url", places, indirect=True, scope="module")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    # Its own tests: they run once, whatever other store the contract is held against.
    if config.getoption("--store") != "sqlite" and collection_path.name == "sqlite":
        return True
    return None


@pytest.fixture(scope="module")
def contract_url(request: pytest.FixtureRequest, new_store_url: Callable[[], str]) -> str:
    return _MEMORY if request.param == "memory" else new_store_url()


@pytest.fixture(scope="session", autouse=True)
def _ways(pytestconfig: pytest.Config) -> None:
    # Imported here: its assertions must be rewritten first.
    from app.testing.contract import support

    support.translator = pytestconfig.getoption("--translator")
    support.layout = pytestconfig.getoption("--layout")


@pytest.fixture(scope="module")
def open_store(contract_url: str) -> Callable[[], AbstractAsyncContextManager[Store]]:
    @asynccontextmanager
    async def open_store() -> AsyncIterator[Store]:
        settings = load_settings({"store": contract_url})
        store = unopened_store(settings, SystemClock(), Metrics())
        await store.open()
        try:
            yield store
        finally:
            await store.close()

    return open_store


@pytest.fixture(scope="module")
def examples(store_kind: str) -> int:
    """A step costs a round of consensus on Cassandra, and microseconds in memory."""
    return 15 if store_kind == "cassandra" else 200
