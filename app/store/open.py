"""From a store's URL to a store that is not opened yet."""

from __future__ import annotations

from ..clock import Clock
from ..config import ConfigError, Settings, is_loopback
from ..errors import StoreError
from ..faults import NO_FAULTS, Faults
from ..metrics import Metrics
from .base import Finding, Store


def open_store(
    settings: Settings, clock: Clock, metrics: Metrics, faults: Faults = NO_FAULTS
) -> Store:
    """Raises ConfigError for a URL of no known kind. `Store.open` does the first I/O."""
    scheme, separator, _ = settings.store.partition("://")
    # Each imported here: who uses SQLite never loads the driver, and the other way round.
    if separator and scheme == "sqlite":
        from .sqlite import SqliteStore

        return SqliteStore(settings.store, clock=clock)
    if separator and scheme == "cassandra":
        from .cassandra import CassandraStore

        return CassandraStore(
            settings.store,
            clock=clock,
            metrics=metrics,
            faults=faults,
            deadline=settings.deadline,
            # What they tell of the cluster is not for everybody who can reach the server.
            system_tables=settings.auth == "enforce" or is_loopback(settings.host),
        )
    if separator and scheme == "keyspaces":
        from .cassandra.keyspaces import KeyspacesStore

        return KeyspacesStore(
            settings.store,
            clock=clock,
            metrics=metrics,
            faults=faults,
            deadline=settings.deadline,
        )
    raise ConfigError(
        f"store: {settings.store_for_display!r} is no store URL; "
        "use sqlite:///FILE, cassandra://HOST:PORT or keyspaces://REGION"
    )


def open_existing_store(settings: Settings, clock: Clock, metrics: Metrics) -> Store:
    """`open_store` for who looks after data that is there. Raises ConfigError also for a SQLite
    file that is not: opening it would make it."""
    if absent := _absent_file(settings):
        raise ConfigError(absent)
    return open_store(settings, clock, metrics)


async def examine(settings: Settings, clock: Clock) -> list[Finding]:
    """What `Store.examine` finds, and what keeps a store from being opened. Raises ConfigError."""
    if settings.store.startswith("cassandra://"):
        from .cassandra.examination import examine

        return await examine(settings.store, clock=clock, deadline=settings.deadline)
    if absent := _absent_file(settings):
        return [Finding("file", absent, "correct the URL, or run dynaspan serve, which makes it")]
    store = open_store(settings, clock, Metrics())
    try:
        await store.open()
    except StoreError as fault:
        if settings.store.startswith("keyspaces://"):
            remedy = "correct region, credentials or endpoint"
            return [Finding("connection", str(fault), remedy)]
        return [Finding("file", str(fault), "give a path that this user may write to")]
    try:
        return await store.examine()
    finally:
        await store.close()


def _absent_file(settings: Settings) -> str | None:
    """A sentence if the store is a SQLite file that is not there. Raises ConfigError."""
    if not settings.store.startswith("sqlite://"):
        return None
    from .sqlite.file import path_of

    path = path_of(settings.store)
    return None if path is None or path.exists() else f"there is no file {path}"
