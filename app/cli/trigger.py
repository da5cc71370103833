"""dynaspan trigger"""

from __future__ import annotations

import asyncio
import logging
import signal
from pathlib import Path
from typing import Annotated, Any

import typer

from ..config import ConfigError

_log = logging.getLogger("dynaspan")


def trigger(
    stream: Annotated[str, typer.Option(metavar="ARN", help="The stream.")],
    to: Annotated[
        str, typer.Option(help="MODULE:HANDLER, an http URL, or lambda:NAME.", metavar="TARGET")
    ],
    endpoint_url: Annotated[
        str | None, typer.Option(help="Of the stream; AWS otherwise.", metavar="URL")
    ] = None,
    region: Annotated[
        str | None, typer.Option(help="Of the endpoint; that in the ARN otherwise.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Of this mapping, by which it finds its checkpoints.")
    ] = None,
    checkpoints: Annotated[
        str,
        typer.Option(help="table:NAME at the endpoint, for several processes, or file:PATH."),
    ] = "table:dynaspan.triggers",
    start: Annotated[
        str, typer.Option("--from", help="trim-horizon or latest: where a new mapping begins.")
    ] = "trim-horizon",
    batch_size: Annotated[
        int, typer.Option(min=1, max=10_000, help="Most records of an event.")
    ] = 100,
    window: Annotated[
        float, typer.Option(min=0, max=300, help="Seconds to wait for a batch to become full.")
    ] = 0.0,
    filter: Annotated[
        list[str] | None,
        typer.Option(help="Pattern of records to deliver, as Lambda takes it; up to ten times."),
    ] = None,
    parallelization: Annotated[
        int, typer.Option(min=1, max=10, help="Batches of a shard that are delivered at once.")
    ] = 1,
    report_failures: Annotated[
        bool, typer.Option("--report-failures", help="The target answers batchItemFailures.")
    ] = False,
    retries: Annotated[
        int, typer.Option(min=-1, max=10_000, help="Of a batch; -1: without end.")
    ] = -1,
    bisect: Annotated[
        bool, typer.Option("--bisect", help="A batch that fails is cut in two.")
    ] = False,
    max_age: Annotated[
        float, typer.Option(min=-1, max=604_800, help="Seconds; older records are given up.")
    ] = -1.0,
    on_failure: Annotated[
        str | None,
        typer.Option(
            help="Where records go that are given up: file:///PATH, s3://BUCKET/PREFIX or the URL "
            "of an SQS queue; only the log otherwise."
        ),
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=0.1, max=900, help="Seconds that the target has to answer.")
    ] = 60.0,
) -> None:
    """Deliver the records of a stream to a function, as Lambda does for AWS's own streams.

    For streams of dynaspan, of DynamoDB Local and of DynamoDB. A record is delivered at least once,
    those of an item in their order. Several processes with the same name share the shards evenly,
    and take over those of one that dies. Ends at SIGTERM or Ctrl-C. Credentials are found as AWS's
    SDK finds them.

    Example: dynaspan trigger --stream ARN --to orders:handler --endpoint-url http://127.0.0.1:8000
    """
    # Imported here: --help needs none of it.
    from ..clock import SystemClock
    from ..config import load_settings
    from ..triggers.checkpoints import Checkpoints, FileCheckpoints, TableCheckpoints
    from ..triggers.delivery import Counts, Delivery, Rules
    from ..triggers.destinations import open_destination
    from ..triggers.filters import Filters
    from ..triggers.mapper import Batching, Mapper
    from ..triggers.source import Source, SourceFailed
    from ..triggers.targets import open_target
    from .logs import configure_logging

    configure_logging(load_settings({}))
    if start not in ("trim-horizon", "latest"):
        raise ConfigError(f"from: {start!r} is neither trim-horizon nor latest")
    parts = stream.split(":", 5)
    if len(parts) < 6 or "/stream/" not in parts[5]:
        raise ConfigError(f"stream: {stream!r} is no ARN of a stream")
    rules = Rules(retries, max_age, bisect, report_failures)
    batching = Batching(batch_size, window, parallelization, start == "latest")
    filters = Filters(filter or [])
    destination = open_destination(on_failure) if on_failure else None
    target = open_target(to, timeout)

    def client(service: str) -> Any:
        import boto3

        return boto3.client(service, endpoint_url=endpoint_url, region_name=region or parts[3])

    async def run() -> None:
        ended = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        clock, counts = SystemClock(), Counts()
        source = Source(client("dynamodbstreams"), stream)
        kind, _, place = checkpoints.partition(":")
        kept: Checkpoints
        try:
            await source.shards()
            if kind == "file" and place:
                kept = FileCheckpoints(Path(place))
            elif kind == "table" and place:
                table = TableCheckpoints(client("dynamodb"), place, name or f"{stream} {to}")
                await table.open()
                kept = table
            else:
                raise ConfigError(f"checkpoints: {checkpoints!r} is none of table:NAME, file:PATH")
        except SourceFailed as fault:
            raise ConfigError(f"{stream} cannot be read: {fault}") from fault
        delivery = Delivery(target, rules, destination, clock=clock, counts=counts)
        mapper = Mapper(
            source, delivery, kept, filters, batching, destination, clock=clock, counts=counts
        )
        _log.info("dynaspan delivers %s to %s", stream, to)
        await mapper.run(ended)
        _log.info(
            "%d delivered, %d filtered, %d given up", counts.delivered, counts.filtered, counts.kept
        )

    asyncio.run(run())
