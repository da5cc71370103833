"""The tag `dynaspan:keyspace_layout`: whether a table has a keyspace of its own."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from app.config import ConfigError, load_settings
from app.main import create_app

pytestmark = pytest.mark.own_answer("this tag has a meaning here")

TAG = "dynaspan:keyspace_layout"


def _table(layout: str) -> dict[str, Any]:
    return {
        "TableName": f"placed-{uuid.uuid4().hex[:8]}",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "Tags": [{"Key": TAG, "Value": layout}],
    }


def test_an_unknown_layout_is_refused(client: Any, fails: Callable[..., None]) -> None:
    message = (
        f"One or more parameter values were invalid: Tag {TAG}: this store has no layout nosuch"
    )
    table = _table("nosuch")
    fails("create_table", "ValidationException", message, **table)
    assert table["TableName"] not in client.list_tables()["TableNames"]


def test_a_store_without_keyspaces_has_no_layout_but_one(
    fails: Callable[..., None], store_kind: str
) -> None:
    if store_kind != "sqlite":
        pytest.skip("tables may have keyspaces of their own here")
    message = (
        f"One or more parameter values were invalid: Tag {TAG}: this store has no layout per-table"
    )
    fails("create_table", "ValidationException", message, **_table("per-table"))
    settings = load_settings({"store": "sqlite://", "keyspace_layout": "per-table"})
    with pytest.raises(ConfigError, match="keyspace_layout: sqlite:// has no layout per-table"):
        create_app(settings)


@pytest.mark.parametrize("layout", ["shared", "per-table"])
def test_the_layout_stays(
    client: Any, fails: Callable[..., None], store_kind: str, layout: str
) -> None:
    if store_kind == "sqlite" and layout != "shared":
        pytest.skip("SQLite has no keyspaces")
    table = _table(layout)
    arn = client.create_table(**table)["TableDescription"]["TableArn"]
    name = table["TableName"]
    deadline = time.monotonic() + 30
    while client.describe_table(TableName=name)["Table"]["TableStatus"] != "ACTIVE":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    client.tag_resource(ResourceArn=arn, Tags=table["Tags"])
    message = (
        f"One or more parameter values were invalid: Tag {TAG} is given when a table is made: "
        f"{name} has {layout}"
    )
    other = {"Key": TAG, "Value": "shared" if layout != "shared" else "per-table"}
    fails("tag_resource", "ValidationException", message, ResourceArn=arn, Tags=[other])
    fails("untag_resource", "ValidationException", message, ResourceArn=arn, TagKeys=[TAG])
    item = {"pk": {"S": "a"}, "v": {"S": "b"}}
    client.put_item(TableName=name, Item=item)
    got = client.get_item(TableName=name, Key={"pk": {"S": "a"}}, ConsistentRead=True)
    assert got["Item"] == item
    client.delete_table(TableName=name)
