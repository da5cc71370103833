"""The catalog's tables in the templates, against the statements by which a server makes them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.store.cassandra.keyspaces_statements import Keyspaces
from app.store.cassandra.schema import CATALOG_TABLES, catalog_table
from app.store.cassandra.statements import CatalogStatements
from app.store.cassandra.stream_statements import LogStatements
from app.store.cassandra.transaction_statements import TransactionStatements
from tests.infra.conftest import Assembly

ON_KEYSPACES = ("dev", "staging", "prod")
# CloudFormation knows no static columns.
LEFT_TO_SERVERS = {"tables"}


def tables(assembly: Assembly, stage: str) -> dict[str, dict[str, Any]]:
    found = assembly.resources(stage, "data", "AWS::Cassandra::Table")
    assert {one["KeyspaceName"] for one in found} == {"dynaspan_catalog"}
    return {one["TableName"]: one for one in found}


def cql_of(table: dict[str, Any], recovery: bool) -> str:
    """The statement that would make what the template describes."""
    partition = [column["ColumnName"] for column in table["PartitionKeyColumns"]]
    clustering = [each["Column"] for each in table.get("ClusteringKeyColumns", [])]
    columns = [*table["PartitionKeyColumns"], *clustering, *table.get("RegularColumns", [])]
    assert all(each["OrderBy"] == "ASC" for each in table.get("ClusteringKeyColumns", []))
    assert table["PointInTimeRecoveryEnabled"] is recovery
    names = sorted(f"{column['ColumnName']} {column['ColumnType']}" for column in columns)
    key = [f"({', '.join(partition)})", *(column["ColumnName"] for column in clustering)]
    timed = " timed" if table["ClientSideTimestampsEnabled"] else ""
    return f"{', '.join(names)}, PRIMARY KEY ({', '.join(key)}){timed}"


def plain(cql: str) -> str:
    """A CREATE TABLE in the same form."""
    found = re.fullmatch(r"CREATE TABLE IF NOT EXISTS \S+ \((.*)\) WITH (.*)", cql)
    assert found is not None
    body, options = found.groups()
    columns, _, key = body.partition(", PRIMARY KEY ")
    if not key:
        columns = columns.replace(" PRIMARY KEY", "")
        key = f"({columns.split()[0]})"
    first, *rest = re.findall(r"\([^()]*\)|\w+", key[1:-1])
    key = f"({', '.join([first if first.startswith('(') else f'({first})', *rest])})"
    timed = " timed" if "client_side_timestamps" in options else ""
    return f"{', '.join(sorted(columns.split(', ')))}, PRIMARY KEY {key}{timed}"


# A table that was made otherwise would be found by servers, and taken for theirs.
@pytest.mark.parametrize("stage", ON_KEYSPACES)
def test_tables_are_as_servers_make_them(assembly: Assembly, stage: str) -> None:
    found = tables(assembly, stage)
    assert found.keys() == CATALOG_TABLES.keys() - LEFT_TO_SERVERS
    for name, table in found.items():
        made = catalog_table("dynaspan_catalog", name, Keyspaces())
        assert cql_of(table, recovery=stage != "dev") == plain(made)


def test_what_servers_make_has_static_columns() -> None:
    assert {name for name, text in CATALOG_TABLES.items() if "static" in text} == LEFT_TO_SERVERS


# Keyspaces refuses USING TTL on a table for which it was not enabled.
def test_rows_may_expire_where_a_statement_says_so(assembly: Assembly) -> None:
    made = (
        Keyspaces().catalog("k"),
        CatalogStatements("k"),
        LogStatements("k"),
        TransactionStatements("k"),
    )
    texts = [each.cql for one in made for each in vars(one).values() if hasattr(each, "cql")]
    expiring = {
        name
        for text in texts
        if "USING TTL" in text
        for name in re.findall(r"(?:INTO|UPDATE) k\.(\w+)", text)
    }
    assert {"members", "leases", "heads", "tokens"} <= expiring
    found = tables(assembly, "dev")
    assert {name for name, table in found.items() if "DefaultTimeToLive" in table} == expiring
    assert {found[name]["DefaultTimeToLive"] for name in expiring} == {630_720_000}


def test_capacity_is_on_demand_or_scales(assembly: Assembly) -> None:
    for table in tables(assembly, "prod").values():
        assert table["BillingMode"] == {"Mode": "ON_DEMAND"}
        assert "AutoScalingSpecifications" not in table
    for table in tables(assembly, "staging").values():
        assert table["BillingMode"]["Mode"] == "PROVISIONED"
        for kind in ("ReadCapacityAutoScaling", "WriteCapacityAutoScaling"):
            setting = table["AutoScalingSpecifications"][kind]
            assert (setting["MinimumUnits"], setting["MaximumUnits"]) == (5, 1000)


def test_tables_are_encrypted_by_a_key_of_the_account(assembly: Assembly) -> None:
    for table in tables(assembly, "prod").values():
        how = table["EncryptionSpecification"]
        assert how["EncryptionType"] == "CUSTOMER_MANAGED_KMS_KEY"
        assert how["KmsKeyIdentifier"]
    # Those of users, too, which servers make.
    (task,) = assembly.resources("prod", "service", "AWS::ECS::TaskDefinition")
    settings = {one["Name"]: one["Value"] for one in task["ContainerDefinitions"][0]["Environment"]}
    assert "&key=" in str(settings["DYNASPAN_STORE"])
    for table in tables(assembly, "dev").values():
        assert table["EncryptionSpecification"] == {"EncryptionType": "AWS_OWNED_KMS_KEY"}
