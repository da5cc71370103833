"""The file: its URL, the connections to it, and what marks it as dynaspan's."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from ...config import ConfigError
from ...errors import StoreUnavailable
from . import statements, streams
from .errors import FAULTS, raise_store_error

# An older dynaspan refuses the file of a newer one.
FORMAT = 3
_APPLICATION = int.from_bytes(b"dyns")

# FULL: an acknowledged commit is synced, so that it also survives a loss of power.
# secure_delete is off in SQLite but on in some builds, where it rewrites each page of a dropped
# table. 16 MiB hold the inner pages of an index over some million items.
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = OFF",
    "PRAGMA cache_size = -16384",
)


def path_of(url: str) -> Path | None:
    """None for memory. Raises ConfigError."""
    if url == "sqlite://":
        return None
    path = url.removeprefix("sqlite:///")
    if path in (url, "", ":memory:"):
        raise ConfigError(
            f"store: {url!r} names no file; use sqlite:///relative.db, sqlite:////absolute.db, "
            "or sqlite:// for memory"
        )
    return Path(path)


def open_file(path: Path | None, busy_seconds: float) -> sqlite3.Connection:
    """A connection to the file, made first if it is not there. Raises StoreUnavailable."""
    try:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        # Used by one thread at a time: opened here, the writer's goes to the writer's thread.
        connection = sqlite3.connect(
            path or ":memory:",
            timeout=busy_seconds,
            isolation_level=None,
            cached_statements=512,
            check_same_thread=False,
        )
    except OSError as fault:
        raise StoreUnavailable(f"{path}: {fault.strerror}") from fault
    except FAULTS as fault:
        raise_store_error(fault)
    try:
        _prepare(connection, path)
    except FAULTS as fault:
        connection.close()
        raise_store_error(fault)
    except StoreUnavailable:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path | None) -> None:
    found = _format(connection, path)
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    if found < FORMAT:
        # Whoever comes second finds all of it there.
        connection.execute("BEGIN IMMEDIATE")
        for statement in (*statements.STATE, *streams.STATE):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute("COMMIT")


def _format(connection: sqlite3.Connection, path: Path | None) -> int:
    """0 for a new file. Raises StoreUnavailable for one that is not to be touched."""
    # One statement sees one state of the file, which another process may be making.
    entries, application, found = connection.execute(
        "SELECT (SELECT count(*) FROM sqlite_schema), application_id, user_version"
        " FROM pragma_application_id, pragma_user_version"
    ).fetchone()
    if application != _APPLICATION and (entries or found):
        raise StoreUnavailable(f"{path} is a SQLite file, but none of dynaspan's")
    if found > FORMAT:
        raise StoreUnavailable(
            f"{path} has format {found}, and this dynaspan knows formats up to {FORMAT}: "
            "upgrade dynaspan"
        )
    return int(found)
