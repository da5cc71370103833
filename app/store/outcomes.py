"""What became of a commit: values for what callers expect, see `base`."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..model.rows import Key


@dataclass(frozen=True, slots=True)
class Committed:
    """Acknowledged: all writes are durable and every later consistent read sees them.

    version: of the item if a single one was written; no other item of its key ever has it. None
    where that is not known.
    """

    version: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Nothing was written: some row had not the expected version. Read again and decide anew."""


@dataclass(frozen=True, slots=True)
class Locked:
    """Nothing was written: a transaction has prepared these keys."""

    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """Nothing was written: a batch with this token was committed in the last ten minutes."""


@dataclass(frozen=True, slots=True)
class TokenMismatch:
    """Nothing was written: the token is that of another request."""


@dataclass(frozen=True, slots=True)
class InProgress:
    """Nothing was written: a batch with this token is being committed now."""


Spent = Replayed | TokenMismatch | InProgress
Outcome = Committed | Conflict | Locked | Spent
