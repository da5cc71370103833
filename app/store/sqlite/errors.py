"""sqlite3's errors as the store's, at one place."""

from __future__ import annotations

import sqlite3
from typing import NoReturn

from ...errors import StoreError, StoreUnavailable, StoreUnknown, TableGone

# Each class of sqlite3, the most specific one wins. None: a bug of this package, stays as it is.
# OperationalError is a full disk, a read-only, locked or missing file; a file that is corrupt or
# no database is the bare DatabaseError; MemoryError is how sqlite3 says SQLITE_NOMEM.
MEANINGS: dict[type[Exception], type[StoreError] | None] = {
    MemoryError: StoreUnavailable,
    sqlite3.Error: StoreUnavailable,
    sqlite3.DatabaseError: StoreUnavailable,
    sqlite3.OperationalError: StoreUnavailable,
    sqlite3.InternalError: StoreUnavailable,
    sqlite3.InterfaceError: None,
    sqlite3.ProgrammingError: None,
    sqlite3.IntegrityError: None,
    sqlite3.DataError: None,
    sqlite3.NotSupportedError: None,
}
FAULTS = (sqlite3.Error, MemoryError)
_NO_ITEM_TABLE = "no such table: t_"
_PRIMARY_CODE = 0xFF


def store_error(fault: Exception, *, committing: bool = False) -> Exception:
    """What to raise for `fault`: a StoreError, or `fault` itself where it is a bug.

    committing: it came from COMMIT, where a failed sync leaves open what is on the disk.
    """
    meaning = next(MEANINGS[kind] for kind in type(fault).__mro__ if kind in MEANINGS)
    if meaning is None:
        return fault
    if str(fault).startswith(_NO_ITEM_TABLE):
        meaning = TableGone
    elif committing and _code(fault) == sqlite3.SQLITE_IOERR:
        meaning = StoreUnknown
    error = meaning(f"SQLite: {fault}")
    error.__cause__ = fault
    return error


def raise_store_error(fault: Exception) -> NoReturn:
    raise store_error(fault)


def _code(fault: Exception) -> int:
    # Errors that the module itself raises have no code.
    return getattr(fault, "sqlite_errorcode", 0) & _PRIMARY_CODE
