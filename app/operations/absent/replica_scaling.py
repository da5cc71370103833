"""Auto scaling of replicas: a table here has no replicas, so that it is no global table.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTableReplicaAutoScaling.html
"""

from __future__ import annotations

from ... import errors
from ..context import Context
from ..names import table_name
from ..registry import Answer, Request


async def refer(ctx: Context, request: Request) -> Answer:
    """To describe it and to change it, of a table that is there or not."""
    raise errors.resource_not_found(
        f"Global table with name: '{table_name(request['TableName'])}' does not exist."
    )
