"""Tokens of batches, kept for ten minutes in the transaction that commits the batch."""

from __future__ import annotations

import sqlite3

from ..base import Replayed, Spent, Token, TokenMismatch
from . import statements as sql

KEPT_MICROSECONDS = 600 * 1_000_000


def spent(connection: sqlite3.Connection, token: Token, now: int) -> Spent | None:
    """`now`: microseconds since the epoch."""
    found = connection.execute(sql.TOKEN_GET, (token.text, now)).fetchone()
    if found is None:
        return None
    return Replayed() if found[0] == token.digest else TokenMismatch()


def spend(connection: sqlite3.Connection, token: Token, now: int) -> None:
    connection.execute(sql.TOKENS_FORGET, (now,))
    connection.execute(sql.TOKEN_PUT, (token.text, token.digest, now + KEPT_MICROSECONDS))
