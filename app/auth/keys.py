"""Access keys: ids to secrets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..config import ConfigError, Settings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.parameters import SecretsProvider

_SECRET_SECONDS = 60


class KeyRing(Protocol):
    def secret(self, key_id: str) -> str | None:
        """The secret access key of `key_id`, or None if there is no such key. Never blocks."""
        ...


@dataclass(frozen=True, slots=True)
class StaticKeys:
    """Keys that are known at start."""

    # Not in the repr, which ends up in tracebacks.
    secrets: Mapping[str, str] = field(repr=False)

    def secret(self, key_id: str) -> str | None:
        return self.secrets.get(key_id)


def key_ring(settings: Settings) -> KeyRing:
    """The keys of `access_keys`, `access_keys_file` and `access_keys_secret`, which are read now.

    Raises ConfigError.
    """
    given = settings.access_keys.get_secret_value()
    keys = _parse(given.split(","), "access_keys")
    path = settings.access_keys_file
    if path is not None:
        keys |= _parse(_lines(path), str(path))
    if settings.access_keys_secret is not None:
        keys |= _parse(_secret(settings.access_keys_secret), settings.access_keys_secret)
    return StaticKeys(keys)


def _secret(name: str) -> list[str]:
    """Lines of ID:SECRET, or of a JSON object from ids to secrets, as the console makes it."""
    # Imported here: it loads boto3, which takes a tenth of a second.
    from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
    from botocore.exceptions import BotoCoreError

    try:
        text = str(_provider().get(name, max_age=_SECRET_SECONDS))
    except (GetParameterError, BotoCoreError) as fault:
        raise ConfigError(f"access_keys_secret {name} cannot be read: {fault}") from None
    if not text.lstrip().startswith("{"):
        return text.splitlines()
    try:
        return [f"{key_id}:{secret}" for key_id, secret in json.loads(text).items()]
    except ValueError:
        raise ConfigError(f"access_keys_secret {name} is neither lines nor JSON") from None


@cache
def _provider() -> SecretsProvider:
    """One for all, as its cache is. It gives up within seconds: a function that reads its keys
    again has a request to answer."""
    from aws_lambda_powertools.utilities.parameters import SecretsProvider
    from botocore.config import Config

    retries = {"mode": "standard", "total_max_attempts": 2}
    return SecretsProvider(boto_config=Config(connect_timeout=2, read_timeout=2, retries=retries))


def _lines(path: Path) -> list[str]:
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigError(f"access_keys_file {path} cannot be read: {fault}") from None
    return [line for line in lines if not line.lstrip().startswith("#")]


def _parse(entries: Iterable[str], source: str) -> dict[str, str]:
    keys: dict[str, str] = {}
    for number, entry in enumerate(entries, 1):
        if not entry.strip():
            continue
        key_id, _, secret = (part.strip() for part in entry.partition(":"))
        # The entry itself is not shown: half of it is a secret.
        if not key_id or not secret:
            raise ConfigError(f"{source}: entry {number} is not ID:SECRET")
        if key_id in keys:
            raise ConfigError(f"{source}: access key {key_id} is given twice")
        keys[key_id] = secret
    return keys
