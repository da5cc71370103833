"""The API: one module for each operation, `async def run(ctx, request)`.

Those of features that this server does not have are in `absent`.

`OPERATIONS` is what this server answers, keyed by target; every other operation of the API is
UnknownOperationException. Each is imported with its first request, and only here is it said where
it is: all of them take as long to import as the driver of a database.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from . import absent
from .registry import Check, Operation, Run

# Module and function.
_RUNS: Mapping[str, str] = {
    "BatchExecuteStatement": "batch_execute_statement.run",
    "BatchGetItem": "batch_get_item.run",
    "BatchWriteItem": "batch_write_item.run",
    "CreateTable": "create_table.run",
    "DeleteItem": "delete_item.run",
    "DeleteTable": "delete_table.run",
    "DescribeContinuousBackups": "describe_continuous_backups.run",
    "DescribeEndpoints": "describe_endpoints.run",
    "DescribeLimits": "describe_limits.run",
    "DescribeTable": "describe_table.run",
    "DescribeTimeToLive": "describe_time_to_live.run",
    "ExecuteStatement": "execute_statement.run",
    "ExecuteTransaction": "execute_transaction.run",
    "GetItem": "get_item.run",
    "ListTables": "list_tables.run",
    "ListTagsOfResource": "list_tags_of_resource.run",
    "PutItem": "put_item.run",
    "Query": "query.run",
    "Scan": "scan.run",
    "TagResource": "tag_resource.run",
    "TransactGetItems": "transact_get_items.run",
    "TransactWriteItems": "transact_write_items.run",
    "UntagResource": "untag_resource.run",
    "UpdateItem": "update_item.run",
    "UpdateTable": "update_table.run",
    "UpdateTimeToLive": "update_time_to_live.run",
    **{name: f"absent.{where}" for name, where in absent.RUNS.items()},
}
_STREAM_RUNS: Mapping[str, str] = {
    "DescribeStream": "describe_stream.run",
    "GetRecords": "get_records.run",
    "GetShardIterator": "get_shard_iterator.run",
    "ListStreams": "list_streams.run",
}
COMMON = frozenset(
    (
        *("BatchGetItem", "BatchWriteItem", "DeleteItem", "DescribeTable", "GetItem", "PutItem"),
        *("Query", "Scan", "TransactGetItems", "TransactWriteItems", "UpdateItem"),
    )
)
"""Names of those that a server is sent sooner or later."""
# Their tables may have limits of their own.
_BATCHES = frozenset(("BatchGetItem", "BatchWriteItem"))


def _operation(name: str, where: str) -> Operation:
    def find_check() -> Check:
        # Compiled for each operation: so is this.
        from .validate import patient_validator, validator

        return (patient_validator if name in _BATCHES else validator)(name)

    def find_run() -> Run:
        module, _, function = where.rpartition(".")
        found: Run = getattr(import_module(f".{module}", __package__), function)
        return found

    return Operation(name, find_check, find_run)


OPERATIONS: Mapping[str, Operation] = {
    f"{prefix}.{name}": _operation(name, where)
    for prefix, runs in (("DynamoDB_20120810", _RUNS), ("DynamoDBStreams_20120810", _STREAM_RUNS))
    for name, where in runs.items()
}
