"""Other people's clients against one real `dynaspan serve` over the store that --store chooses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="session")
def client_endpoint(start_server: Callable[..., Any], store_url: str) -> str:
    url: str = start_server("--store", store_url).url
    return url
