"""The interface endpoints that a stage needs, and what for: pure.

Subnets have no other way out. What is not here nobody asks for: roles are told to tasks and
functions without STS, metrics are lines of logs, and Lambda itself reads streams and writes what a
mapping gives up.
"""

from __future__ import annotations

from infra.stages import Keyspaces, Stage

_TASKS = {
    "ecr.api": "tasks find their image",
    "ecr.dkr": "tasks fetch its manifest; the layers come from S3",
    "logs": "tasks write their logs, and metrics with them",
}


def interface_endpoints(stage: Stage) -> dict[str, str]:
    """Names of services in com.amazonaws.REGION, and why."""
    found = {"secretsmanager": "tasks and functions read access keys and passwords"}
    if stage.service is not None or stage.jobs == "service":
        found |= _TASKS
    if isinstance(stage.store, Keyspaces):
        found["cassandra"] = "Amazon Keyspaces"
    return found
