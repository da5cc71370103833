"""A look at a cluster, also at one on which no store can be opened."""

from __future__ import annotations

from ...clock import Clock
from ...errors import StoreUnavailable
from ..base import Finding
from .doctor import Doctor
from .python_driver import PythonDriver
from .url import parse, password


async def examine(url: str, *, clock: Clock, deadline: float) -> list[Finding]:
    """As the store's. Raises ConfigError."""
    address = parse(url)
    driver = PythonDriver(address, password(address.password_env))
    try:
        await driver.open(deadline)
    except StoreUnavailable as fault:
        return [Finding("connection", str(fault), "start Cassandra, or correct the URL")]
    try:
        return await Doctor(driver, address, clock, deadline).examine()
    finally:
        await driver.close()
