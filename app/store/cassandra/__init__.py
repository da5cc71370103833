"""The store over Apache Cassandra."""

from __future__ import annotations

from .store import CassandraStore

__all__ = ["CassandraStore"]
