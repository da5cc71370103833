"""sqlite3's errors as the store's."""

from __future__ import annotations

import sqlite3

import pytest

from app.errors import StoreUnavailable, StoreUnknown, TableGone
from app.store.sqlite.errors import FAULTS, MEANINGS, store_error

CLASSES = {
    value
    for value in vars(sqlite3).values()
    if isinstance(value, type) and issubclass(value, Exception) and value is not sqlite3.Warning
}


def with_code(code: int, text: str = "some fault") -> sqlite3.OperationalError:
    fault = sqlite3.OperationalError(text)
    fault.sqlite_errorcode = code
    return fault


# A new one in a later Python must be looked at, and not be found out by a customer.
def test_every_class_of_sqlite3_has_a_meaning() -> None:
    assert set(MEANINGS) == CLASSES | {MemoryError}
    assert all(issubclass(kind, FAULTS) for kind in MEANINGS)


@pytest.mark.parametrize(
    "kind", [sqlite3.OperationalError, sqlite3.DatabaseError, sqlite3.InternalError, MemoryError]
)
def test_faults_of_the_machine_may_be_tried_again(kind: type[Exception]) -> None:
    fault = kind("disk I/O error")
    error = store_error(fault)
    assert type(error) is StoreUnavailable
    assert error.__cause__ is fault
    assert "disk I/O error" in str(error)


# Their base class, DatabaseError, means a corrupt file: the most specific class wins.
@pytest.mark.parametrize(
    "kind",
    [
        sqlite3.IntegrityError,
        sqlite3.ProgrammingError,
        sqlite3.DataError,
        sqlite3.NotSupportedError,
        sqlite3.InterfaceError,
    ],
)
def test_bugs_stay_what_they_are(kind: type[sqlite3.Error]) -> None:
    bug = kind("bug")
    assert store_error(bug) is bug


def test_a_class_that_derives_from_a_known_one() -> None:
    class Later(sqlite3.IntegrityError): ...

    bug = Later()
    assert store_error(bug) is bug


def test_a_missing_item_table_is_a_stale_catalog_copy() -> None:
    assert type(store_error(sqlite3.OperationalError("no such table: t_0a"))) is TableGone
    assert type(store_error(sqlite3.OperationalError("no such table: main"))) is StoreUnavailable


# When the sync of COMMIT fails, the disk may have the transaction or not.
def test_only_a_failed_sync_of_a_commit_is_unknown() -> None:
    sync = with_code(sqlite3.SQLITE_IOERR_FSYNC)
    assert type(store_error(sync, committing=True)) is StoreUnknown
    assert type(store_error(sync)) is StoreUnavailable
    full = with_code(sqlite3.SQLITE_FULL)
    assert type(store_error(full, committing=True)) is StoreUnavailable
