"""dynaspan check"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import typer

from ..config import ConfigError

_NO_CREDENTIALS = (
    "no credentials are found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, to anything for a "
    "server with auth off"
)
_KEY = {"pk": {"S": "dynaspan"}, "sk": {"N": "1"}}
_ITEM = {**_KEY, "text": {"S": "Grüße, 世界"}, "photo": {"B": b"\x00\xff"}}
_WAIT = {"Delay": 1, "MaxAttempts": 60}


def check(
    url: Annotated[str, typer.Argument(help="Of the endpoint.")],
    region: Annotated[str, typer.Option(help="For which requests are signed.")] = "us-east-1",
) -> None:
    """Try an endpoint after a deploy: a table of its own is made, used and deleted.

    Prints a line for each step and exits with 1 if one fails. Credentials are found as AWS's SDK
    finds them.

    Example: dynaspan check https://dynamodb.example.com
    """
    # Imported here: --help needs none of it.
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    config = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 3})
    try:
        client = boto3.client("dynamodb", endpoint_url=url, region_name=region, config=config)
    except ValueError as fault:
        raise ConfigError(f"{fault}; give it as http://127.0.0.1:8000") from None
    name = f"dynaspan-check-{uuid.uuid4().hex[:12]}"
    failed = False
    made = False
    for step, work in _steps(client, name):
        # The table goes whatever became of the steps before.
        if (failed and step != "DeleteTable") or (step == "DeleteTable" and not made):
            continue
        begun = time.monotonic()
        try:
            work()
        except NoCredentialsError:
            raise ConfigError(_NO_CREDENTIALS) from None
        except (BotoCoreError, ClientError, _Wrong) as fault:
            failed = True
            typer.echo(f"FAILED  {step}: {fault}")
            continue
        made = made or step == "CreateTable"
        typer.echo(f"ok      {step} ({(time.monotonic() - begun) * 1000:.0f} ms)")
    client.close()
    if failed:
        raise typer.Exit(1)


class _Wrong(Exception):
    """An answer is not what it must be."""


def _steps(client: Any, name: str) -> Iterator[tuple[str, Callable[[], None]]]:
    table = {"TableName": name}

    def create() -> None:
        client.create_table(
            **table,
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "N"},
            ],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )

    def wait() -> None:
        client.get_waiter("table_exists").wait(**table, WaiterConfig=_WAIT)

    def put() -> None:
        client.put_item(**table, Item=_ITEM)

    def get() -> None:
        _same(client.get_item(**table, Key=_KEY, ConsistentRead=True).get("Item"), _ITEM)

    def update() -> None:
        answer = client.update_item(
            **table,
            Key=_KEY,
            UpdateExpression="ADD visits :one",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeValues={":one": {"N": "1"}},
            ReturnValues="UPDATED_NEW",
        )
        _same(answer.get("Attributes"), {"visits": {"N": "1"}})

    def query() -> None:
        answer = client.query(
            **table,
            KeyConditionExpression="pk = :pk AND sk > :low",
            ExpressionAttributeValues={":pk": _KEY["pk"], ":low": {"N": "0"}},
            ConsistentRead=True,
        )
        _same(answer["Items"], [_ITEM | {"visits": {"N": "1"}}])

    def delete() -> None:
        client.delete_item(**table, Key=_KEY)
        _same(client.get_item(**table, Key=_KEY, ConsistentRead=True).get("Item"), None)

    def drop() -> None:
        client.delete_table(**table)
        client.get_waiter("table_not_exists").wait(**table, WaiterConfig=_WAIT)

    yield "CreateTable", create
    yield "the table becomes ACTIVE", wait
    yield "PutItem", put
    yield "GetItem", get
    yield "UpdateItem", update
    yield "Query", query
    yield "DeleteItem", delete
    yield "DeleteTable", drop


def _same(found: Any, wanted: Any) -> None:
    if found != wanted:
        raise _Wrong(f"the answer is {found!r}, it must be {wanted!r}")
