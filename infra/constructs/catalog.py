"""The catalog's tables on Amazon Keyspaces."""

from __future__ import annotations

from aws_cdk import CfnTag
from aws_cdk import aws_cassandra as cassandra
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.catalog import CatalogTable, catalog_tables
from infra.constructs.removal import removal
from infra.stages import Capacity, Keyspaces, Stage

# The longest there is. Every statement that lets a row expire says when; without a default
# CloudFormation makes tables that refuse such statements.
# https://docs.aws.amazon.com/keyspaces/latest/devguide/TTL-how-it-works.html
_TWENTY_YEARS = 630_720_000


class Catalog(Construct):
    """`keyspace` with all of its tables that CloudFormation can make."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage: Stage,
        store: Keyspaces,
        keyspace: cassandra.CfnKeyspace,
        key: kms.IKey | None,
    ) -> None:
        super().__init__(scope, id)
        self._stage, self._store, self._key = stage, store, key
        for described in catalog_tables():
            table = self._table(described, keyspace.keyspace_name or "")
            table.add_dependency(keyspace)
            table.apply_removal_policy(removal(stage))

    def _table(self, table: CatalogTable, keyspace: str) -> cassandra.CfnTable:
        capacity = self._store.catalog
        return cassandra.CfnTable(
            self,
            table.name.title(),
            keyspace_name=keyspace,
            table_name=table.name,
            partition_key_columns=_columns(table.partition),
            clustering_key_columns=[
                cassandra.CfnTable.ClusteringKeyColumnProperty(column=column, order_by="ASC")
                for column in _columns(table.clustering)
            ]
            or None,
            regular_columns=_columns(table.regular) or None,
            client_side_timestamps_enabled=table.timestamps,
            default_time_to_live=_TWENTY_YEARS if table.expires else None,
            point_in_time_recovery_enabled=self._store.recovery,
            encryption_specification=self._encryption(),
            billing_mode=_billing(capacity),
            auto_scaling_specifications=None if capacity is None else _scaling(capacity),
            tags=[CfnTag(key="dynaspan:stage", value=self._stage.name)],
        )

    def _encryption(self) -> cassandra.CfnTable.EncryptionSpecificationProperty:
        if self._key is None:
            return cassandra.CfnTable.EncryptionSpecificationProperty(
                encryption_type="AWS_OWNED_KMS_KEY"
            )
        return cassandra.CfnTable.EncryptionSpecificationProperty(
            encryption_type="CUSTOMER_MANAGED_KMS_KEY", kms_key_identifier=self._key.key_arn
        )


def _columns(named: tuple[tuple[str, str], ...]) -> list[cassandra.CfnTable.ColumnProperty]:
    return [
        cassandra.CfnTable.ColumnProperty(column_name=name, column_type=kind)
        for name, kind in named
    ]


def _billing(capacity: Capacity | None) -> cassandra.CfnTable.BillingModeProperty:
    if capacity is None:
        return cassandra.CfnTable.BillingModeProperty(mode="ON_DEMAND")
    return cassandra.CfnTable.BillingModeProperty(
        mode="PROVISIONED",
        provisioned_throughput=cassandra.CfnTable.ProvisionedThroughputProperty(
            read_capacity_units=capacity.minimum, write_capacity_units=capacity.minimum
        ),
    )


def _scaling(capacity: Capacity) -> cassandra.CfnTable.AutoScalingSpecificationProperty:
    tracking = cassandra.CfnTable.TargetTrackingScalingPolicyConfigurationProperty(
        target_value=capacity.percent
    )
    setting = cassandra.CfnTable.AutoScalingSettingProperty(
        minimum_units=capacity.minimum,
        maximum_units=capacity.maximum,
        scaling_policy=cassandra.CfnTable.ScalingPolicyProperty(
            target_tracking_scaling_policy_configuration=tracking
        ),
    )
    return cassandra.CfnTable.AutoScalingSpecificationProperty(
        read_capacity_auto_scaling=setting, write_capacity_auto_scaling=setting
    )
