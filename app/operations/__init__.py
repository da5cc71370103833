"""The API: one module for each operation, `async def run(ctx, request)`.

Those of features that this server does not have are in `absent`.

`OPERATIONS` is what this server answers, keyed by target; every other operation of the API is
UnknownOperationException.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from . import (
    absent,
    batch_get_item,
    batch_write_item,
    create_table,
    delete_item,
    delete_table,
    describe_continuous_backups,
    describe_endpoints,
    describe_limits,
    describe_stream,
    describe_table,
    describe_time_to_live,
    get_item,
    get_records,
    get_shard_iterator,
    list_streams,
    list_tables,
    list_tags_of_resource,
    put_item,
    query,
    scan,
    tag_resource,
    transact_get_items,
    transact_write_items,
    untag_resource,
    update_item,
    update_table,
    update_time_to_live,
)
from .context import Context
from .registry import Answer, Operation, Request, Run
from .validate import patient_validator, validator


def _later(module: str) -> Run:
    """Its `run`, imported when first used: PartiQL is a quarter of what there is to import."""
    found: Run | None = None

    async def run(ctx: Context, request: Request) -> Answer:
        nonlocal found
        found = found or import_module(f".{module}", __package__).run
        return await found(ctx, request)

    return run


_RUNS: Mapping[str, Run] = {
    "BatchExecuteStatement": _later("batch_execute_statement"),
    "BatchGetItem": batch_get_item.run,
    "BatchWriteItem": batch_write_item.run,
    "CreateTable": create_table.run,
    "DeleteItem": delete_item.run,
    "DeleteTable": delete_table.run,
    "DescribeContinuousBackups": describe_continuous_backups.run,
    "DescribeEndpoints": describe_endpoints.run,
    "DescribeLimits": describe_limits.run,
    "DescribeTable": describe_table.run,
    "DescribeTimeToLive": describe_time_to_live.run,
    "ExecuteStatement": _later("execute_statement"),
    "ExecuteTransaction": _later("execute_transaction"),
    "GetItem": get_item.run,
    "ListTables": list_tables.run,
    "ListTagsOfResource": list_tags_of_resource.run,
    "PutItem": put_item.run,
    "Query": query.run,
    "Scan": scan.run,
    "TagResource": tag_resource.run,
    "TransactGetItems": transact_get_items.run,
    "TransactWriteItems": transact_write_items.run,
    "UntagResource": untag_resource.run,
    "UpdateItem": update_item.run,
    "UpdateTable": update_table.run,
    "UpdateTimeToLive": update_time_to_live.run,
    **absent.RUNS,
}
# Their tables may have limits of their own.
_BATCHES = frozenset(("BatchGetItem", "BatchWriteItem"))
_STREAM_RUNS: Mapping[str, Run] = {
    "DescribeStream": describe_stream.run,
    "GetRecords": get_records.run,
    "GetShardIterator": get_shard_iterator.run,
    "ListStreams": list_streams.run,
}


def _checked(name: str, run: Run) -> Operation:
    def check(request: Request) -> None:
        # Compiled when first used: a cold start pays for the operations it serves only.
        (patient_validator if name in _BATCHES else validator)(name)(request)

    return Operation(name, check, run)


OPERATIONS: Mapping[str, Operation] = {
    f"{prefix}.{name}": _checked(name, run)
    for prefix, runs in (("DynamoDB_20120810", _RUNS), ("DynamoDBStreams_20120810", _STREAM_RUNS))
    for name, run in runs.items()
}
