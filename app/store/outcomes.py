"""What became of a commit: values for what callers expect, see `base`."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..model.rows import Key


@dataclass(frozen=True, slots=True)
class Committed:
    """Acknowledged: all writes are durable and every later consistent read sees them.

    versions: of what was written, in the order of the batch; no other item of a key ever has the
    version of one. None where nothing was written; empty where they are not known.
    """

    versions: tuple[int | None, ...] = field(default=(), compare=False)


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
