"""Who is compared, started and filled."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from tools.process import StartFailed
from tools.runtime import Unavailable

from . import servers
from .measurement import Order
from .servers import Running
from .signing import ACCESS_KEY, REGION, SECRET_KEY
from .statements import Statements
from .worker import Failed, Worker
from .workloads import Workload, table_definition

ECHO = "raw ASGI echo"
SQLITE = "dynaspan, SQLite"
CASSANDRA = "dynaspan, Cassandra"
FORBID_RMW = "dynaspan, Cassandra, forbid_rmw"
READING = "dynaspan, Cassandra, remembering nothing"
LOCAL = "DynamoDB Local"
DYNALITE = "dynalite"
MOTO = "moto server"
PYTHON_DRIVER = "bare cassandra-driver"
OWN_DRIVER = "bare driver of dynaspan"
CPP_DRIVER = "bare acsylla (C++)"
_DRIVERS = {PYTHON_DRIVER: "python", OWN_DRIVER: "own", CPP_DRIVER: "cpp"}

# By a tag of the table; both share the server's process.
_ISOLATION = {CASSANDRA: "always_use_lwt", FORBID_RMW: "forbid_rmw"}
# What is changed is read first, as if another process had written it since.
_REMEMBERING_NOTHING = ("--remember-bytes", "0")
_CHANGES = frozenset(("UpdateItem", "conditional PutItem", "TransactWriteItems of 4"))
_SETUP_CONNECTIONS = 8
_SETUP_TRIES = 3


@dataclass(frozen=True, slots=True)
class Contender:
    """worker: the load generator, or a driver's own process, which takes part in no other. only:
    names of workloads, if not of all."""

    name: str
    running: Running
    worker: Worker
    table: str = "bench"
    is_driver: bool = False
    statements: Statements | None = None
    only: frozenset[str] | None = None

    def order(self, workload: Workload, *, seconds: float, warm_up: float, **more: object) -> Order:
        running = self.running
        told = {
            "server": running.pids,
            "storage": running.storage,
            "connections": workload.connections,
            **more,
        }
        return Order(
            *(workload.name, self.table, running.url),
            seconds=seconds,
            warm_up=warm_up,
            **told,  # type: ignore[arg-type]
        )

    def takes(self, workload: Workload) -> bool:
        if self.only is not None and workload.name not in self.only:
            return False
        if workload.own and not self.name.startswith("dynaspan"):
            return False
        return bool(workload.driver) or not self.is_driver


@dataclass(slots=True)
class Field:
    """`absent`: name -> why."""

    contenders: list[Contender] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)


@contextmanager
def field_of(
    home: Path,
    load: Worker,
    only: Callable[[str], bool],
    contents: Sequence[str] = ("contents",),
) -> Iterator[Field]:
    """All contenders that `only` lets in, with their tables filled."""
    found = Field()
    with ExitStack() as stack:
        for name, start in _PLAIN.items():
            if only(name):
                folder = _folder(home, name)
                with _told(found, name):
                    running = stack.enter_context(start(folder))
                    contender = Contender(name, running, load)
                    if name != ECHO:
                        fill(contender, contents)
                    found.contenders.append(contender)
        if any(only(name) for name in (*_ISOLATION, READING, *_DRIVERS)):
            with _told(found, CASSANDRA):
                _on_cassandra(stack, found, home, load, only, contents)
        yield found


def _on_cassandra(
    stack: ExitStack,
    found: Field,
    home: Path,
    load: Worker,
    only: Callable[[str], bool],
    contents: Sequence[str],
) -> None:
    node = stack.enter_context(servers.cassandra(_folder(home, "cassandra")))
    assert node.pid is not None
    statements = stack.enter_context(Statements(node.address, node.port))
    if any(only(name) for name in _ISOLATION):
        store = f"cassandra://{node.contact_point}"
        running = stack.enter_context(
            servers.dynaspan(_folder(home, "dynaspan"), store, storage=[node.pid])
        )
        for name, isolation in _ISOLATION.items():
            if only(name):
                contender = Contender(name, running, load, isolation, statements=statements)
                with _told(found, name):
                    fill(contender, contents, {"system:write_isolation": isolation})
                    found.contenders.append(contender)
    if only(READING):
        store = f"cassandra://{node.contact_point}"
        folder = _folder(home, "reading")
        reading = servers.dynaspan(folder, store, *_REMEMBERING_NOTHING, storage=[node.pid])
        with _told(found, READING):
            contender = Contender(
                *(READING, stack.enter_context(reading), load, "reading"),
                statements=statements,
                only=_CHANGES,
            )
            fill(contender, contents, {"system:write_isolation": "always_use_lwt"})
            found.contenders.append(contender)
    for name, kind in _DRIVERS.items():
        if only(name):
            driver = Worker("bench.bare_driver", kind, node.contact_point)
            stack.enter_context(driver)
            running = Running("", (), (node.pid,))
            found.contenders.append(
                Contender(name, running, driver, is_driver=True, statements=statements)
            )


_PLAIN: Mapping[str, Callable[[Path], AbstractContextManager[Running]]] = {
    ECHO: servers.echo,
    SQLITE: lambda home: servers.dynaspan(home, f"sqlite:///{home}/bench.db"),
    LOCAL: servers.dynamodb_local,
    DYNALITE: servers.dynalite,
    MOTO: servers.moto,
}


def fill(
    contender: Contender, contents: Sequence[str], tags: Mapping[str, str] | None = None
) -> None:
    """Raises ClientError where tags are refused, Failed."""
    create(contender.running.url, contender.table, tags)
    for name in contents:
        fill_with(contender, name)


def fill_with(contender: Contender, contents: str) -> None:
    order = Order(
        *(contents, contender.table, contender.running.url, contender.running.pids),
        connections=_SETUP_CONNECTIONS,
    )
    # The same again where a busy machine has let some of it time out.
    for _ in range(_SETUP_TRIES):
        done = contender.worker.run(order)
        if not done.failed:
            return
    raise Failed(f"the table could not be filled: {done.failure}")


def _client(url: str) -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(retries={"total_max_attempts": 1}, read_timeout=60),
    )


def isolate(url: str, table: str, isolation: str) -> None:
    """A table of dynaspan's is written in this way from now on."""
    client = _client(url)
    arn = client.describe_table(TableName=table)["Table"]["TableArn"]
    tags = [{"Key": "system:write_isolation", "Value": isolation}]
    client.tag_resource(ResourceArn=arn, Tags=tags)
    client.get_waiter("table_exists").wait(
        TableName=table, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


def create(url: str, table: str, tags: Mapping[str, str] | None = None) -> None:
    client = _client(url)
    given = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
    client.create_table(**table_definition(table), **({"Tags": given} if given else {}))
    client.get_waiter("table_exists").wait(
        TableName=table, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


@contextmanager
def _told(found: Field, name: str) -> Iterator[None]:
    """A contender that cannot take part is named with the reason; the others go on."""
    try:
        yield
    except (Unavailable, StartFailed, Failed, ClientError) as exc:
        found.absent[name] = str(exc)


def _folder(home: Path, name: str) -> Path:
    folder = home / name.replace(" ", "-").replace(",", "")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
