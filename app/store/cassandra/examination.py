"""A look at a cluster, also at one on which no store can be opened."""

from __future__ import annotations

from ...clock import Clock
from ...config import ConfigError, environment
from ...errors import StoreUnavailable
from ..base import Finding
from .doctor import Doctor
from .python_driver import PythonDriver
from .url import parse


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


def password(variable: str | None) -> str | None:
    """What the environment variable says that a URL names. Raises ConfigError."""
    if variable is None:
        return None
    found = environment(variable)
    if found is None:
        raise ConfigError(f"store: password_env names {variable}, which is not set")
    return found
