"""Where records are kept that nobody could use: a file, an S3 bucket or an SQS queue.

As the on-failure destinations of an event source mapping:
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
"""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from ..config import ConfigError


class KeepFailed(Exception):
    """The destination did not take the document: nothing is known to be kept."""


class Destination(Protocol):
    async def keep(self, document: dict[str, Any]) -> None:
        """Returns when the document is safe. Raises KeepFailed."""
        ...


@dataclass(frozen=True, slots=True)
class FileDestination:
    """One line of JSON for each document, synced before `keep` returns."""

    path: Path

    async def keep(self, document: dict[str, Any]) -> None:
        try:
            await asyncio.to_thread(self._append, json.dumps(document).encode() + b"\n")
        except OSError as fault:
            raise KeepFailed(f"{self.path}: {fault.strerror}") from fault

    def _append(self, line: bytes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # One write of a file opened to append: lines of several processes do not mix.
        with self.path.open("ab", buffering=0) as file:
            file.write(line)
            os.fsync(file.fileno())


@dataclass(frozen=True, slots=True)
class S3Destination:
    """An object for each document: `PREFIX/2026/01/31/<time>-<random>.json`."""

    client: Any
    bucket: str
    prefix: str

    async def keep(self, document: dict[str, Any]) -> None:
        now = datetime.now(UTC)
        name = f"{now:%Y/%m/%d/%H%M%S}-{uuid4().hex}.json"
        key = f"{self.prefix}/{name}" if self.prefix else name
        body = json.dumps(document).encode()
        await _ask(self.client.put_object, Bucket=self.bucket, Key=key, Body=body)


@dataclass(frozen=True, slots=True)
class QueueDestination:
    """A message for each document; what is too large for a message is refused by the queue."""

    client: Any
    url: str

    async def keep(self, document: dict[str, Any]) -> None:
        await _ask(self.client.send_message, QueueUrl=self.url, MessageBody=json.dumps(document))


def open_destination(url: str) -> Destination:
    """From `file:///PATH`, `s3://BUCKET/PREFIX` or a queue's `https://sqs...` URL. Endpoint and
    credentials of AWS are found as its SDK finds them. Raises ConfigError."""
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path:
        return FileDestination(Path(unquote(parts.netloc + parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        return S3Destination(_client("s3"), parts.netloc, parts.path.strip("/"))
    if parts.scheme in ("https", "http") and parts.path.count("/") == 2:
        return QueueDestination(_client("sqs"), url)
    raise ConfigError(
        f"on_failure: {url!r} is no destination; use file:///PATH, s3://BUCKET/PREFIX or the URL "
        "of an SQS queue"
    )


def _client(service: str) -> Any:
    # Imported here: it takes a quarter of a second, and most do without.
    import boto3

    return boto3.client(service)


async def _ask(call: Any, **parameters: Any) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        await asyncio.to_thread(call, **parameters)
    except (BotoCoreError, ClientError) as fault:
        raise KeepFailed(str(fault)) from fault
