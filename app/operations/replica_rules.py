"""ReplicaUpdates of UpdateTable: a table has no replica, and none can be added.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ReplicationGroupUpdate.html
"""

from __future__ import annotations

from .. import errors
from .registry import Request
from .table_rules import ineffective


def refuse_replicas(request: Request, region: str) -> None:
    """Raises what the service says of replicas that are not there, and of one to be added.

    `region`: the table's own.
    """
    updates = request.get("ReplicaUpdates") or []
    if any(not update for update in updates):
        raise errors.validation(
            "There are no actions specified in the Replica Update Action of the request."
        )
    actions = [(kind, each["RegionName"]) for update in updates for kind, each in update.items()]
    if any(kind != "Update" and name == region for kind, name in actions):
        raise errors.validation(
            "Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, "
            "DeleteTable, or UpdateTable as required."
        )
    absent = [name for kind, name in actions if kind != "Create"]
    if absent:
        raise errors.validation(
            "Update global table operation failed because one or more replicas were not part of "
            f"the global table. Please retry the request without these replicas: "
            f"[{', '.join(absent)}]."
        )
    if updates:
        raise ineffective("ReplicaUpdates")
