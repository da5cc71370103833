"""DescribeContinuousBackups.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeContinuousBackups.html
"""

from __future__ import annotations

from typing import Any, Final

from .context import Context
from .registry import Answer, Request
from .tables import table_to_back_up

# The service has continuous backups of every table; recovery from them is what is disabled.
DISABLED: Final[dict[str, Any]] = {
    "ContinuousBackupsDescription": {
        "ContinuousBackupsStatus": "ENABLED",
        "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"},
    }
}


async def run(ctx: Context, request: Request) -> Answer:
    await table_to_back_up(ctx, request["TableName"])
    return DISABLED
