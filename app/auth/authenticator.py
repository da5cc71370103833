"""Whether a request is let in, by the server's mode."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..clock import Clock
from ..errors import ApiError
from ..metrics import Metrics
from . import sigv4
from .authorization import Presigned, read_claim, read_query
from .keys import KeyRing

_log = logging.getLogger("dynaspan.auth")
_SECONDS_BETWEEN_WARNINGS = 10.0


@dataclass(frozen=True, slots=True)
class Principal:
    """Who sent a request: proved in mode enforce, merely claimed in the others."""

    key_id: str


class Authenticator:
    """Every mode refuses a request without an Authorization header of the right shape, or the same
    in its query, as the service does. Beyond that `enforce` verifies the signature, `warn` only
    says and counts what `enforce` would refuse, and `off` verifies nothing.
    """

    def __init__(
        self,
        mode: Literal["off", "warn", "enforce"],
        keys: KeyRing,
        *,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._verifies = mode != "off"
        self._refuses = mode == "enforce"
        self._keys = keys
        self._clock = clock
        self._metrics = metrics
        self._warn_again = 0.0
        self._unsaid = 0

    def authenticate(self, headers: Mapping[bytes, bytes], query: bytes, body: bytes) -> Principal:
        """Raises MissingAuthenticationTokenException, IncompleteSignatureException,
        UnrecognizedClientException or InvalidSignatureException. `body` is as on the wire.
        """
        presigned: Presigned | None = None
        if query and (presigned := read_query(headers, query)) is not None:
            claim, signature, query = presigned.claim, presigned.signature, presigned.query
        else:
            claim, signature = read_claim(headers)
        if self._verifies:
            try:
                sigv4.verify(
                    claim,
                    signature,
                    headers=headers,
                    query=query,
                    presigned=presigned,
                    body=body,
                    secret=self._keys.secret(claim.key_id),
                    now=self._clock.time(),
                )
            except ApiError as fault:
                if self._refuses:
                    raise
                self._warn(claim.key_id, fault)
        return Principal(claim.key_id)

    def _warn(self, key_id: str, fault: ApiError) -> None:
        self._metrics.add("AuthWarnings")
        now = self._clock.monotonic()
        if now < self._warn_again:
            self._unsaid += 1
            return
        _log.warning(
            "auth=enforce would refuse access key %.64r: %s (%d more since the last warning)",
            key_id,
            fault.code,
            self._unsaid,
        )
        self._warn_again = now + _SECONDS_BETWEEN_WARNINGS
        self._unsaid = 0
