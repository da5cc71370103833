"""A record processor for the Kinesis Client Library's multi-language daemon.

    python tests/clients/kcl_processor.py FILE

Appends a line of JSON for each record to FILE: the shard, the sequence number and the record.
Messages and answers are lines of JSON; each batch is checkpointed when it is written.
https://github.com/awslabs/amazon-kinesis-client-python
"""

from __future__ import annotations

import base64
import json
import sys
from typing import Any


def answer(**message: Any) -> None:
    sys.stdout.write(f"\n{json.dumps(message)}\n")
    sys.stdout.flush()


def checkpoint(number: str | None) -> None:
    answer(action="checkpoint", sequenceNumber=number, subSequenceNumber=None)
    reply = json.loads(sys.stdin.readline())
    if reply["error"] is not None:
        raise SystemExit(reply["error"])


def main() -> None:
    shard = ""
    with open(sys.argv[1], "a", buffering=1) as file:
        for line in sys.stdin:
            message = json.loads(line)
            action = message["action"]
            if action == "initialize":
                shard = message["shardId"]
            elif action == "processRecords" and message["records"]:
                for record in message["records"]:
                    content = json.loads(base64.b64decode(record["data"]))
                    file.write(json.dumps([shard, record["sequenceNumber"], content]) + "\n")
                checkpoint(message["records"][-1]["sequenceNumber"])
            elif action == "shutdown" and message["reason"] == "TERMINATE":
                # The shard was closed and read to its end.
                checkpoint(None)
            answer(action="status", responseFor=action)


if __name__ == "__main__":
    main()
