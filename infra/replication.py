"""Replication: the records of a DynamoDB stream, applied to a table of dynaspan."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import jsii
from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.code import Code
from infra.constructs.reasons import acknowledge
from infra.constructs.removal import removal
from infra.data import DataStack
from infra.network import NetworkStack
from infra.stages import Replication, Stage


@jsii.implements(functions.IEventSourceDlq)
class _Destination:
    """Where an event source mapping keeps what it gives up; CDK's own grants far more rights."""

    def __init__(self, arn: str) -> None:
        self._arn = arn

    def bind(
        self, target: functions.IEventSourceMapping, target_handler: functions.IFunction
    ) -> functions.DlqDestinationConfig:
        return functions.DlqDestinationConfig(destination=self._arn)


class ReplicationStack(Stack):
    """`function`, and `kept`, the bucket of what could not be applied."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage: Stage,
        wanted: Replication,
        network: NetworkStack,
        data: DataStack,
        bundles: Path,
        **more: Any,
    ) -> None:
        super().__init__(scope, id, **more)
        self.kept = self._kept(stage)
        table_arn, _, _ = wanted.stream_arn.partition("/stream/")
        source = table_arn.rpartition("/")[2]
        made = Code(
            self,
            "Replicator",
            stage=stage,
            network=network,
            data=data,
            bundles=bundles,
            architecture=wanted.architecture,
            handler="dynaspan.replication.stream_handler.handler",
            memory=1024,
            timeout=60,
            settings={
                "DYNASPAN_REPLICATION_TABLES": f"{source}={wanted.target_table}",
                "DYNASPAN_ON_FAILURE": f"s3://{self.kept.bucket_name}/records",
            },
        )
        self.function, self.log = made.function, made.log
        self._may_keep(made.role)
        table = dynamodb.Table.from_table_attributes(
            self, "Source", table_arn=table_arn, table_stream_arn=wanted.stream_arn
        )
        self.function.add_event_source(
            sources.DynamoEventSource(
                table,
                starting_position=functions.StartingPosition.TRIM_HORIZON,
                batch_size=wanted.batch,
                max_batching_window=Duration.seconds(wanted.window),
                parallelization_factor=wanted.parallelization,
                report_batch_item_failures=True,
                bisect_batch_on_error=True,
                retry_attempts=wanted.retries,
                max_record_age=Duration.seconds(wanted.age),
                # S3 keeps the records themselves; a queue would keep where they were.
                on_failure=_Destination(self.kept.bucket_arn),
                metrics_config=functions.MetricsConfig(metrics=[functions.MetricType.EVENT_COUNT]),
            )
        )
        CfnOutput(self, "KeptBucket", value=self.kept.bucket_name)

    def _may_keep(self, role: iam.Role) -> None:
        """The function keeps records under records/, the event source mapping under aws/lambda/."""
        prefixes = ("records/*", "aws/lambda/*")
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:PutObject"],
                resources=[self.kept.arn_for_objects(prefix) for prefix in prefixes],
            )
        )
        role.add_to_policy(
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self.kept.bucket_arn])
        )
        bucket = cast("s3.CfnBucket", self.kept.node.default_child)
        for prefix in prefixes:
            acknowledge(
                role,
                f"IAM5[Resource::<{self.get_logical_id(bucket)}.Arn>/{prefix}]",
                "Each record is kept under a name of its own.",
            )

    def _kept(self, stage: Stage) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "Kept",
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            versioned=True,
            removal_policy=removal(stage),
        )
        acknowledge(bucket, "S1", "One function writes here, and its log tells what.")
        return bucket
