"""Features of the service that this server does not have, as tools read them back.

One module for each feature, `async def <operation>(ctx, request)`. What the service answers of a
table on which the feature was never used is the truth here; what would switch it on is refused.

`RUNS` has module and function of each operation, for `OPERATIONS`.
"""

from __future__ import annotations

from collections.abc import Mapping

RUNS: Mapping[str, str] = {
    "CreateBackup": "backups.create",
    "CreateGlobalTable": "global_tables.create",
    "DeleteBackup": "backups.refer",
    "DeleteResourcePolicy": "resource_policies.delete",
    "DescribeBackup": "backups.refer",
    "DescribeContributorInsights": "contributor_insights.describe",
    "DescribeExport": "exports.describe",
    "DescribeGlobalTable": "global_tables.refer",
    "DescribeGlobalTableSettings": "global_tables.refer",
    "DescribeImport": "imports.describe",
    "DescribeKinesisStreamingDestination": "kinesis.describe",
    "DescribeTableReplicaAutoScaling": "replica_scaling.refer",
    "DisableKinesisStreamingDestination": "kinesis.disable",
    "EnableKinesisStreamingDestination": "kinesis.enable",
    "ExportTableToPointInTime": "exports.create",
    "GetResourcePolicy": "resource_policies.get",
    "ListBackups": "backups.list_all",
    "ListContributorInsights": "contributor_insights.list_all",
    "ListExports": "exports.list_all",
    "ListGlobalTables": "global_tables.list_all",
    "ListImports": "imports.list_all",
    "PutResourcePolicy": "resource_policies.put",
    "RestoreTableFromBackup": "backups.refer",
    "RestoreTableToPointInTime": "point_in_time_recovery.restore",
    "UpdateContinuousBackups": "point_in_time_recovery.update",
    "UpdateContributorInsights": "contributor_insights.update",
    "UpdateGlobalTable": "global_tables.refer",
    "UpdateGlobalTableSettings": "global_tables.refer",
    "UpdateKinesisStreamingDestination": "kinesis.update",
    "UpdateTableReplicaAutoScaling": "replica_scaling.refer",
}
