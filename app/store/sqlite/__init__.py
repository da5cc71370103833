"""The embedded store: laptop, tests, and the readable specification of the contract."""

from .store import SqliteStore

__all__ = ["SqliteStore"]
