"""Other people's clients against one real `dynaspan serve` over the store that --store chooses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import LONG


@pytest.fixture(scope="session")
def client_endpoint(start_server: Callable[..., Any], store_url: str) -> str:
    url: str = start_server("--store", store_url).url
    return url


@pytest.fixture
def once(store_kind: str) -> None:
    """For what takes long and does not depend on the store, in `make test`."""
    if store_kind != "sqlite" and not LONG:
        pytest.skip("what is under test is not the store: once, on SQLite, is enough")
