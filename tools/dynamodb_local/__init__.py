"""Amazon's DynamoDB Local from Maven jars: a reference to compare with, in memory.

`python -m tools.dynamodb_local` for people, `DynamoDBLocal` for tests.
"""

from __future__ import annotations

from ..process import StartFailed
from ..runtime import Unavailable
from .server import VERSION, DynamoDBLocal

__all__ = ["VERSION", "DynamoDBLocal", "StartFailed", "Unavailable"]
