"""From a store's URL to a store that is not opened yet."""

from __future__ import annotations

from ..clock import Clock
from ..config import ConfigError, Settings
from ..metrics import Metrics
from .base import Store


def open_store(settings: Settings, clock: Clock, metrics: Metrics) -> Store:
    """Raises ConfigError for a URL of no known kind. `Store.open` does the first I/O."""
    scheme, separator, _ = settings.store.partition("://")
    # Each imported here: who uses SQLite never loads the driver, and the other way round.
    if separator and scheme == "sqlite":
        from .sqlite import SqliteStore

        return SqliteStore(settings.store, clock=clock)
    if separator and scheme == "cassandra":
        from .cassandra import CassandraStore

        return CassandraStore(
            settings.store, clock=clock, metrics=metrics, deadline=settings.deadline
        )
    raise ConfigError(
        f"store: {settings.store_for_display!r} is no store URL; "
        "use sqlite:///FILE or cassandra://HOST:PORT"
    )
