"""A handler that keeps the records it is given as lines of a file: `tests.triggers.recorder`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    assert context.get_remaining_time_in_millis() > 0
    path = Path(event["Records"][0]["dynamodb"]["NewImage"]["path"]["S"])
    with path.open("a") as file:
        file.writelines(json.dumps(record) + "\n" for record in event["Records"])
    return {"batchItemFailures": []}
