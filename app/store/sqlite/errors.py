"""sqlite3's errors as the store's, at one place."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from ...errors import StoreError, StoreUnavailable, TableGone

# Faults of the file or the machine, of which the caller may try again. Every other class is a bug
# of this package and stays as it is.
_UNAVAILABLE = (sqlite3.OperationalError, sqlite3.DatabaseError)
_BUGS = (
    sqlite3.ProgrammingError,
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.NotSupportedError,
)
_NO_SUCH_TABLE = "no such table: t_"


def translated(fault: sqlite3.Error) -> StoreError | None:
    """The store's error for one of sqlite3's; None for a bug."""
    if isinstance(fault, _BUGS) or not isinstance(fault, _UNAVAILABLE):
        return None
    if str(fault).startswith(_NO_SUCH_TABLE):
        return TableGone(str(fault))
    return StoreUnavailable(f"SQLite: {fault}")


@contextmanager
def store_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as fault:
        known = translated(fault)
        if known is None:
            raise
        raise known from fault
